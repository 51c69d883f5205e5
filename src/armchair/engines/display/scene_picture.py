"""Pictures of recorded poses in any scene that was written for the page; needs OpenGL, see `gl.py`."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.display.camera import DEFAULT_CAMERA, Camera
from armchair.engines.display.gl import choose_gl, has_display
from armchair.engines.display.picture import add_body, add_material
from armchair.engines.display.scene_file import SceneFile, read_scene
from armchair.engines.display.surroundings import add_sky
from armchair.errors import InvalidInput, MissingDependency


class SceneDisplay:
    """A model without physics, each body put where a pose says."""

    def __init__(self, asset: bytes) -> None:
        """asset: see `scene_asset`."""
        self._scene = read_scene(asset)
        self.rows = len(self._scene.bodies) + 1
        self.model = _model_of(self._scene)
        self.data = mujoco.MjData(self.model)
        self.camera = mujoco.MjvCamera()
        Camera.between(self._scene.eye, self._scene.target).aim(self.camera)
        self._lines = [
            (mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_GEOM, f"line_{k}_{j}"), start, end)
            for k, tendon in enumerate(self._scene.tendons)
            for j, (start, end) in enumerate(zip(tendon.rows, tendon.rows[1:], strict=False))
        ]

    def show(self, poses: Tensor | NDArray[np.float32]) -> None:
        """Put all bodies where `poses` (B + 1, 7) says; InvalidInput for another shape."""
        rows = np.asarray(poses.detach().cpu() if isinstance(poses, Tensor) else poses, dtype=np.float64)
        if rows.shape != (self.rows, 7) or not np.isfinite(rows).all():
            raise InvalidInput(f"poses must be ({self.rows}, 7) and finite, got {rows.shape}")
        self.data.mocap_pos[: self.rows], self.data.mocap_quat[: self.rows] = rows[:, :3], rows[:, 3:]
        for at, (geom, start, end) in enumerate(self._lines, start=self.rows):
            way = rows[end, :3] - rows[start, :3]
            self.data.mocap_pos[at] = (rows[start, :3] + rows[end, :3]) / 2
            mujoco.mju_quatZ2Vec(self.data.mocap_quat[at], way)
            self.model.geom_size[geom, 1] = max(float(np.linalg.norm(way)) / 2, 1e-4)
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)


class SceneRenderer:
    """Draws poses off-screen; a context manager. Raises MissingDependency where there is no OpenGL."""

    def __init__(self, asset: bytes, width: int, height: int) -> None:
        choose_gl()
        self._display = SceneDisplay(asset)
        self._display.model.vis.global_.offwidth = width
        self._display.model.vis.global_.offheight = height
        self._renderer = mujoco.Renderer(self._display.model, height, width)

    def render(self, poses: Tensor | NDArray[np.float32]) -> NDArray[np.uint8]:
        """A picture of `poses` (B + 1, 7). -> (height, width, 3) RGB."""
        self._display.show(poses)
        self._renderer.update_scene(self._display.data, self._display.camera)
        return self._renderer.render().copy()

    def aim(self, camera: Camera) -> None:
        """Look from there from now on."""
        camera.aim(self._display.camera)
        self._display.model.vis.global_.fovy = camera.fovy

    def close(self) -> None:
        """Free the GL context; calling it twice is harmless."""
        self._renderer.close()

    def __enter__(self) -> SceneRenderer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


class SceneWindow:
    """A window that shows poses as they come. Raises MissingDependency where there is no display."""

    def __init__(self, asset: bytes) -> None:
        if not has_display():
            raise MissingDependency("there is no display to open a window on", "--video to draw without one")
        import mujoco.viewer  # opens GLFW, which fails without a display

        self._display = SceneDisplay(asset)
        self._window = mujoco.viewer.launch_passive(
            self._display.model, self._display.data, show_left_ui=False, show_right_ui=False
        )
        with self._window.lock():
            camera, mine = self._window.cam, self._display.camera
            camera.lookat[:], camera.distance = mine.lookat, mine.distance
            camera.azimuth, camera.elevation = mine.azimuth, mine.elevation

    @property
    def is_open(self) -> bool:
        """False once the person has closed the window."""
        return bool(self._window.is_running())

    def show(self, poses: Tensor) -> None:
        """Show `poses` (B + 1, 7); does nothing once the window is closed."""
        if not self.is_open:
            return
        with self._window.lock():
            self._display.show(poses)
        self._window.sync()

    def close(self) -> None:
        """Close the window; calling it twice is harmless."""
        self._window.close()


def _model_of(scene: SceneFile) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.memory = 2**18
    spec.visual.global_.fovy = DEFAULT_CAMERA.fovy
    spec.default.geom.contype = spec.default.geom.conaffinity = 0  # nothing collides
    size = float(np.linalg.norm(np.subtract(scene.eye, scene.target)))
    spec.stat.extent, spec.stat.center = size, scene.target
    add_sky(spec)
    spec.worldbody.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=np.add(scene.target, (0.3 * size, 0.4 * size, size)),
        dir=(-0.3, -0.4, -1.0),
        diffuse=[0.5] * 3,
        castshadow=True,
    )
    for number, parts in enumerate((*scene.bodies, scene.goal)):
        add_body(spec, f"body_{number}", parts)
    for k, tendon in enumerate(scene.tendons):
        material = add_material(spec, f"line_{k}", tendon.material)
        for j in range(len(tendon.rows) - 1):
            body = spec.worldbody.add_body(name=f"line_{k}_{j}", mocap=True)
            body.add_geom(
                name=f"line_{k}_{j}",
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[tendon.radius, 0.1, 0.0],
                material=material,
            )
    add_body(spec, "surroundings", scene.surroundings)
    return spec.compile()
