"""The default engine: N copies of one MuJoCo model, stepped together on C threads (`mujoco.batch`)."""

from __future__ import annotations

import mujoco
import numpy as np
import torch
from mujoco import batch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.base import TARGETS, Commanded, check_finite, check_ids, home_layout, too_fast
from armchair.engines.kinematics import state_of_rows
from armchair.engines.scene import COLLISION_BITS, TABLE_BITS, Body, Box, Joint, Scene
from armchair.types import ArmState, Layout
from armchair.world import MAX_OPENING

# Contacts hold a grasp at a 10 ms step with these settings and not with cheaper ones: see the scripted
# solvers' test. Elliptic cones diverge below 20 iterations.
_ITERATIONS = 5
_LINE_SEARCH = 5


class MujocoEngine:
    """See `armchair.engines.base.Engine`."""

    def __init__(self, scene: Scene, num_envs: int, threads: int = 1) -> None:
        self.scene = scene
        self.num_envs = num_envs
        self.device = torch.device("cpu")
        self.dt = scene.control_dt
        self.model = build_model(scene)
        self._batch = batch.Batch(self.model, nsim=num_envs, nthread=threads)
        self._q: NDArray[np.float64] = self._batch.bind("qpos")
        self._v: NDArray[np.float64] = self._batch.bind("qvel")
        self._ctrl: NDArray[np.float64] = self._batch.bind("ctrl")
        self._commanded = Commanded(scene.num_blocks, num_envs)
        self.reset(torch.arange(num_envs), home_layout(scene.num_blocks, num_envs))

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ids = self._commanded.reset(ids, layout)
        rows = ids.numpy()
        self._batch.state[rows] = 0.0
        self._q[rows, :7] = self._ctrl[rows, :7] = layout.joint_pos.numpy()
        blocks = torch.cat((layout.block_pos, layout.block_quat), -1).flatten(1)
        self._q[rows, self.scene.num_joints :] = blocks.numpy()
        if self.scene.fingers:
            self._q[rows, 7:9] = self._ctrl[rows, 7:9] = self._commanded.opening[ids, None].numpy() / 2

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        check_finite("targets", targets, (self.num_envs, TARGETS))
        self._ctrl[:, :7] = targets[:, :7].numpy()
        if self.scene.fingers:
            self._commanded.opening[:] = targets[:, 7].clamp(0.0, MAX_OPENING)
            self._ctrl[:, 7:9] = self._commanded.opening.numpy()[:, None] / 2
        try:
            self._batch.step(nstep=self.scene.num_substeps)
            failed = []
        except batch.SimulationError as error:  # those copies kept their state; they count as diverged
            failed = error.ids
        bad = too_fast(self._v)
        bad[failed] = True
        diverged = torch.from_numpy(bad)
        if bad.any():
            ids = diverged.nonzero().squeeze(1)
            self.reset(ids, self._commanded.layout.select(ids))
        return diverged

    def state(self) -> ArmState:
        """The state of all copies now; see `Engine.state`."""
        return state_of_rows(self.scene, self._q, self._v, self._commanded.opening)

    def snapshot(self) -> Tensor:
        """MuJoCo's integration state and what was commanded. -> (N, S) float64."""
        state = torch.from_numpy(self._batch.state.copy())
        return torch.cat((state, self._commanded.rows.double()), 1)

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`."""
        ids = check_ids(ids, self.num_envs)
        own = self._batch.state.shape[1]
        check_finite("snapshot", snapshot, (len(ids), own + self._commanded.rows.shape[1]))
        self._batch.state[ids.numpy()] = snapshot[:, :own].numpy()
        self._commanded.rows[ids] = snapshot[:, own:].float()

    def close(self) -> None:
        """Nothing to free: MuJoCo's memory goes with the object."""


def build_model(scene: Scene) -> mujoco.MjModel:
    """Compile a scene to MuJoCo. Joints come in the order: arm, fingers, blocks."""
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.memory = 2**20 if scene.num_blocks else 2**18
    spec.option.timestep = scene.substep
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    spec.option.iterations = _ITERATIONS
    spec.option.ls_iterations = _LINE_SEARCH
    spec.option.disableflags = mujoco.mjtDisableBit.mjDSBL_AUTORESET
    table = spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    table.contype, table.conaffinity = TABLE_BITS
    made = {"": spec.worldbody}
    for body in (*scene.arm, *scene.blocks):
        made[body.name] = _add_body(spec, made[body.parent or ""], body, arm=body in scene.arm)
    if scene.fingers:  # their limits stop them at shut; a contact between them would only cost time
        spec.add_exclude(bodyname1="finger_left", bodyname2="finger_right")
    return spec.compile()


def _add_body(spec: mujoco.MjSpec, parent: mujoco.MjsBody, body: Body, *, arm: bool) -> mujoco.MjsBody:
    made = parent.add_body(name=body.name, pos=body.pos, gravcomp=float(arm))
    if body.mass:
        made.explicitinertial = True
        made.mass, made.ipos, made.inertia = body.mass, body.com, body.inertia
    if body.parent is None and not arm:
        made.add_freejoint()
    if body.joint is not None:
        _add_servo(spec, made, body.name, body.joint)
    for geom in body.geoms:
        if isinstance(geom.shape, Box):
            kind, size = mujoco.mjtGeom.mjGEOM_BOX, list(geom.shape.half_extents)
        else:
            kind, size = mujoco.mjtGeom.mjGEOM_CAPSULE, [geom.shape.radius, geom.shape.half_length, 0.0]
        friction = [geom.friction, 0.005, 0.0001]
        added = made.add_geom(type=kind, size=size, pos=geom.pos, condim=3, friction=friction)
        added.contype, added.conaffinity = COLLISION_BITS[geom.touches]
    return made


def _add_servo(spec: mujoco.MjSpec, made: mujoco.MjsBody, name: str, joint: Joint) -> None:
    kinds = {"hinge": mujoco.mjtJoint.mjJNT_HINGE, "slide": mujoco.mjtJoint.mjJNT_SLIDE}
    made.add_joint(
        name=name,
        type=kinds[joint.kind],
        axis=joint.axis,
        range=[joint.lower, joint.upper],
        limited=True,
        armature=joint.armature,
        # Not the servo's own: a servo at its force limit drops out of the implicit integration, damping and
        # all, and then swings from limit to limit.
        damping=[joint.damping, 0.0, 0.0],
    )
    servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.set_to_position(kp=joint.stiffness)
    servo.forcelimited, servo.forcerange = True, [-joint.effort, joint.effort]
    servo.ctrllimited, servo.ctrlrange = True, [joint.lower, joint.upper]
