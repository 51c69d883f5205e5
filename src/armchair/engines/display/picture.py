"""Pictures of recorded body poses: one display model, without physics, for every engine.

Every body is a MuJoCo mocap body, so that a pose is shown by writing it down. Needs OpenGL: see `gl.py`.
"""

from __future__ import annotations

import threading

import mujoco
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.display.appearance import GoalMark, Material, Part, body_parts, goal_mark
from armchair.engines.display.camera import DEFAULT_CAMERA, Camera
from armchair.engines.display.drawing_thread import DrawingThread
from armchair.engines.display.gl import choose_gl, has_display
from armchair.engines.display.surroundings import add_mesh, add_surroundings
from armchair.engines.scene import body_names
from armchair.errors import InvalidInput, MissingDependency

_GLOW = 0.12  # vivid colours glow a little, or shade makes them dull
_GOAL, _GROUND, _LINE = "goal", "goal_ground", "goal_line"


class Display:
    """The display model and the poses it shows."""

    def __init__(self, num_blocks: int, goal_marker: str = "none", camera: Camera = DEFAULT_CAMERA) -> None:
        self.num_bodies = len(body_names(num_blocks))
        goal = goal_mark(goal_marker)
        self._goal_parts = bool(goal.parts or goal.ground)
        self.model = _display_model(num_blocks, goal, camera)
        self.data = mujoco.MjData(self.model)
        self._line = mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_GEOM, _LINE)  # -1: none
        marks = {
            mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_BODY, name) for name in (_GOAL, _GROUND, _LINE)
        }
        self.goal_geoms = {geom for geom in range(self.model.ngeom) if self.model.geom_bodyid[geom] in marks}
        self.camera = mujoco.MjvCamera()
        camera.aim(self.camera)

    def show(self, poses: Tensor | NDArray[np.float32]) -> None:
        """Put all bodies where `poses` (B + 1, 7) says; the last row is the goal's.

        Rows are positions in m and quaternions w, x, y, z in the world's frame, in the order of
        `scene.body_names`. Raises InvalidInput for another shape or numbers that are not finite.
        """
        rows = np.asarray(poses.detach().cpu() if isinstance(poses, Tensor) else poses, dtype=np.float64)
        if rows.shape != (self.num_bodies + 1, 7):
            raise InvalidInput(
                f"poses must have shape {(self.num_bodies + 1, 7)}: a row for each of the {self.num_bodies} "
                f"bodies and one for the goal; got {rows.shape}"
            )
        if not np.isfinite(rows).all():
            raise InvalidInput(f"poses must be finite, row {np.argwhere(~np.isfinite(rows))[0, 0]} is not")
        n = self.num_bodies
        self.data.mocap_pos[:n], self.data.mocap_quat[:n] = rows[:n, :3], rows[:n, 3:]
        if self._goal_parts:
            self._show_goal(rows[n])
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)

    def _show_goal(self, row: NDArray[np.float64]) -> None:
        n, upright = self.num_bodies, (1.0, 0.0, 0.0, 0.0)
        self.data.mocap_pos[n], self.data.mocap_quat[n] = row[:3], row[3:]
        self.data.mocap_pos[n + 1], self.data.mocap_quat[n + 1] = (row[0], row[1], 0.0), upright
        if self._line >= 0:
            half = max(float(row[2]), 0.0) / 2
            self.model.geom_size[self._line, 1] = max(half, 1e-4)
            self.data.mocap_pos[n + 2], self.data.mocap_quat[n + 2] = (row[0], row[1], half), upright


class Renderer:
    """Draws poses off-screen. Close it, or use it as a context manager: GL memory is not freed by itself.

    Raises MissingDependency where there is no OpenGL to draw with.
    """

    def __init__(
        self,
        num_blocks: int,
        goal_marker: str = "none",
        width: int = 480,
        height: int = 480,
        camera: Camera = DEFAULT_CAMERA,
    ) -> None:
        self._thread = DrawingThread(choose_gl() in ("egl", "osmesa"))
        self._lock, self._closed = threading.Lock(), False
        self.display = Display(num_blocks, goal_marker, camera)
        self.display.model.vis.global_.offwidth = width
        self.display.model.vis.global_.offheight = height
        try:
            self._renderer = self._thread.run(lambda: mujoco.Renderer(self.display.model, height, width))
        except BaseException:
            self._thread.end()
            raise

    def render(self, poses: Tensor | NDArray[np.float32]) -> NDArray[np.uint8]:
        """A picture of `poses` (B + 1, 7), see `Display.show`. -> (height, width, 3) RGB.

        From whichever thread. Raises InvalidInput in a process that was forked since this was made.
        """
        with self._lock:
            self.display.show(poses)
            self._renderer.update_scene(self.display.data, self.display.camera)
            scene = self._renderer.scene
            for geom in scene.geoms[: scene.ngeom]:
                if geom.objid in self.display.goal_geoms:  # a mark casts no shadow
                    geom.category = mujoco.mjtCatBit.mjCAT_DECOR
            return self._thread.run(lambda: self._renderer.render().copy())

    def aim(self, camera: Camera) -> None:
        """Look from there from now on."""
        with self._lock:
            camera.aim(self.display.camera)
            self.display.model.vis.global_.fovy = camera.fovy

    def close(self) -> None:
        """Free the GL context, from whichever thread; calling it twice is harmless."""
        if self._closed or self._thread.forked:
            return
        self._closed = True
        self._thread.run(self._renderer.close)
        self._thread.end()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


def with_goal(poses: Tensor, goal: Tensor) -> Tensor:
    """Append the goal's row to body poses. (B, 7), (3,) m -> (B + 1, 7)."""
    row = torch.cat((goal, goal.new_tensor((1.0, 0.0, 0.0, 0.0))))
    return torch.cat((poses, row.unsqueeze(0)))


# ------------------------------------------------------------------ the model


def _display_model(num_blocks: int, goal: GoalMark, camera: Camera) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.visual.global_.fovy = camera.fovy
    spec.memory = 2**18
    spec.default.geom.contype = spec.default.geom.conaffinity = 0  # nothing collides
    add_surroundings(spec)
    for name, parts in body_parts(num_blocks).items():
        add_body(spec, name, parts)
    if goal.parts or goal.ground:
        add_body(spec, _GOAL, goal.parts)
        add_body(spec, _GROUND, goal.ground)
    if goal.line_radius:
        body = spec.worldbody.add_body(name=_LINE, mocap=True)
        body.add_geom(
            name=_LINE,
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[goal.line_radius, 0.1, 0.0],
            material=add_material(spec, _LINE, goal.line),
        )
    return spec.compile()


def add_body(spec: mujoco.MjSpec, name: str, parts: tuple[Part, ...]) -> None:
    """Add a body that is put where a pose says."""
    body = spec.worldbody.add_body(name=name, mocap=True)
    for k, part in enumerate(parts):
        label = f"{name}_{k}"
        add_mesh(spec, label, part.mesh)
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=label,
            material=add_material(spec, label, part.material),
        )


def add_material(spec: mujoco.MjSpec, name: str, material: Material) -> str:
    """Add a material. -> its name."""
    spec.add_material(
        name=name,
        rgba=material.rgba,
        specular=material.shininess,
        shininess=(1.0 - material.roughness) ** 2,
        emission=_GLOW * (1.0 - min(material.rgba[:3])),
    )
    return name


# ------------------------------------------------------------------ a window


class Viewer:
    """A window that shows poses as they come; the mouse moves the camera.

    Raises MissingDependency where there is no display.
    """

    def __init__(self, num_blocks: int, goal_marker: str = "none", camera: Camera = DEFAULT_CAMERA) -> None:
        if not has_display():
            raise MissingDependency(
                "there is no display to open a window on",
                'render_mode="rgb_array" (or --video out.mp4) to draw without one',
            )
        import mujoco.viewer  # opens GLFW, which fails without a display

        self.display = Display(num_blocks, goal_marker, camera)
        self._window = mujoco.viewer.launch_passive(
            self.display.model, self.display.data, show_left_ui=False, show_right_ui=False
        )
        with self._window.lock():
            camera.aim(self._window.cam)

    @property
    def is_open(self) -> bool:
        """False once the person has closed the window."""
        return bool(self._window.is_running())

    def show(self, poses: Tensor | NDArray[np.float32]) -> None:
        """Show `poses` (B + 1, 7), see `Display.show`; does nothing once the window is closed."""
        if not self.is_open:
            return
        with self._window.lock():
            self.display.show(poses)
        self._window.sync()

    def close(self) -> None:
        """Close the window; calling it twice is harmless."""
        self._window.close()
