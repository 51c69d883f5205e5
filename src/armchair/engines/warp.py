"""MuJoCo's physics on a GPU, in single precision: N copies stepped together by `mujoco_warp`.

The model is the one of the default engine. Everything stays on the device: the state is read from Warp's
arrays without a copy, and the substeps of a control step are one CUDA graph. Warp's CPU backend does the same
numbers slowly; it is for tests.

More contacts than there is room for are left out by mujoco_warp, which marks the copies: they have diverged.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import NamedTuple

import mujoco
import torch
from torch import Tensor

from armchair.engines.base import (
    MAX_SPEED,
    TARGETS,
    Commanded,
    check_finite,
    check_ids,
    home_layout,
)
from armchair.engines.kinematics import arm_state
from armchair.engines.mujoco import build_model
from armchair.engines.scene import Scene
from armchair.types import ArmState, Layout
from armchair.world import MAX_OPENING

# Room, for a scene without blocks and for each block. A crowd of two blocks between the fingers takes 20
# contacts and 80 rows; the most that random actions at `stack` took was 12 on average and 88.
CONTACTS = (16, 16)  # a copy; all copies share it
CONSTRAINTS = (64, 32)  # rows of the solver, each copy's own


class _Arrays(NamedTuple):
    """Warp's arrays as tensors on the device, which share their memory."""

    q: Tensor  # (N, A + 7K)
    v: Tensor  # (N, A + 6K)
    ctrl: Tensor  # (N, A)
    warmstart: Tensor  # (N, A + 6K)
    overflow: Tensor  # (N,) int32

    @property
    def moving(self) -> tuple[Tensor, ...]:
        """What the future of the simulation depends on."""
        return self.q, self.v, self.ctrl, self.warmstart


class WarpEngine:
    """See `armchair.engines.base.Engine`."""

    def __init__(
        self, scene: Scene, num_envs: int, device: str = "cpu", *, deterministic: bool = True
    ) -> None:
        """device: "cpu" or "cuda". deterministic: whether equal calls give equal bits on a GPU, too, which
        costs speed there; Warp's CPU backend always does.
        """
        self.scene = scene
        self.num_envs = num_envs
        self.device = torch.device(device)
        self.dt = scene.control_dt
        room = _Room(*(base + more * scene.num_blocks for base, more in (CONTACTS, CONSTRAINTS)))
        self._physics = _Physics(
            build_model(scene), scene.num_substeps, num_envs, room, device, deterministic
        )
        self._arrays = self._physics.arrays
        self._commanded = Commanded(scene.num_blocks, num_envs)
        self.reset(torch.arange(num_envs), home_layout(scene.num_blocks, num_envs))

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ids = self._commanded.reset(ids, layout)
        q, ctrl = self._at_rest(layout.joint_pos, self._commanded.opening[ids], layout)
        for own, new in zip(self._arrays.moving, (q, 0.0, ctrl, 0.0), strict=True):
            own[ids] = new

    def _at_rest(self, joints: Tensor, opening: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
        """Positions (n, A + 7K) and commands (n, A) of n copies at rest: each finger takes half."""
        fingers = [0.5 * opening.unsqueeze(1)] * (2 if self.scene.fingers else 0)
        ctrl = torch.cat((joints, *fingers), 1)
        blocks = torch.cat((layout.block_pos, layout.block_quat), -1).flatten(1)
        return torch.cat((ctrl, blocks), 1), ctrl

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        check_finite("targets", targets, (self.num_envs, TARGETS))
        arrays = self._arrays
        arrays.ctrl[:, :7] = targets[:, :7]
        if self.scene.fingers:
            self._commanded.opening[:] = targets[:, 7].clamp(0.0, MAX_OPENING)
            arrays.ctrl[:, 7:9] = 0.5 * self._commanded.opening.unsqueeze(1)
        self._physics.step()
        diverged = ~(arrays.v.abs().amax(1) < MAX_SPEED)  # NaN fails every comparison
        diverged |= (arrays.overflow & self._physics.left_out) != 0
        self._put_back(diverged)
        return diverged

    def _put_back(self, diverged: Tensor) -> None:
        """Put the copies that diverged (N,) back to their last layout, without asking whether any did."""
        layout, column = self._commanded.layout, diverged.unsqueeze(1)
        opening = layout.opening.clamp(0.0, MAX_OPENING)
        q, ctrl = self._at_rest(layout.joint_pos, opening, layout)
        for own, new in zip(self._arrays.moving, (q, 0.0, ctrl, 0.0), strict=True):
            own.copy_(torch.where(column, new, own))
        self._commanded.opening.copy_(torch.where(diverged, opening, self._commanded.opening))
        self._arrays.overflow.zero_()

    def state(self) -> ArmState:
        """The state of all copies now; see `Engine.state`."""
        scene, arm = self.scene, self.scene.num_joints
        q, v = self._arrays.q.clone(), self._arrays.v.clone()
        return arm_state(
            q[:, :7],
            v[:, :7],
            q[:, 7] + q[:, 8] if scene.fingers else torch.zeros_like(q[:, 0]),
            self._commanded.opening.clone(),
            q[:, arm:].unflatten(1, (scene.num_blocks, 7)),
            v[:, arm:].unflatten(1, (scene.num_blocks, 6))[..., :3],
        )

    def snapshot(self) -> Tensor:
        """Positions, velocities, commands, the solver's guess, what was commanded. -> (N, S) float32."""
        return torch.cat((*self._arrays.moving, self._commanded.rows), 1)

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`."""
        ids = check_ids(ids, self.num_envs)
        own = (*self._arrays.moving, self._commanded.rows)
        widths = [part.shape[1] for part in own]
        check_finite("snapshot", snapshot, (len(ids), sum(widths)))
        for mine, theirs in zip(own, snapshot.split(widths, 1), strict=True):
            mine[ids] = theirs.float()

    def close(self) -> None:
        """Nothing to free: Warp's memory goes with the object."""


class _Room(NamedTuple):
    """How much of what the copies may have."""

    contacts: int  # on average
    rows: int  # each


class _Physics:
    """mujoco_warp's model and data on one device, and how they are stepped."""

    def __init__(
        self,
        model: mujoco.MjModel,
        substeps: int,
        num_envs: int,
        room: _Room,
        device: str,
        deterministic: bool,
    ) -> None:
        self._wp, self._mjw = _load()
        wp, mjw = self._wp, self._mjw
        self._device, self._count = wp.get_device(device), substeps
        # mujoco_warp refuses the flag: it never resets by itself
        model.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        with wp.ScopedDevice(self._device):
            self._model = mjw.put_model(model)
            self._model.opt.deterministic = deterministic and not self._device.is_cpu
            self._model.opt.warn_overflow = (
                False  # five iterations are meant, contacts are told as divergence
            )
            self._data = mjw.make_data(model, nworld=num_envs, nconmax=room.contacts, njmax=room.rows)
        data, kinds = self._data, mjw.OverflowType
        shared = (data.qpos, data.qvel, data.ctrl, data.qacc_warmstart, data.overflow)
        self.arrays = _Arrays(*(wp.to_torch(array) for array in shared))
        self.left_out = int(  # bits of `overflow` that mean that contacts were left out
            kinds.NEFC | kinds.NJMAX_NNZ | kinds.BROADPHASE | kinds.NARROWPHASE | kinds.CCD
        )
        self._graph: object | None = None

    def step(self) -> None:
        """All substeps of a control step.

        Warp's own stream waits for PyTorch's default one, and the other way round.
        """
        if self._graph is None:
            self._graph = self._capture()
        self._wp.capture_launch(self._graph)

    def _capture(self) -> object:
        """One graph of all substeps. It holds pointers: the arrays are written into, never replaced."""
        before = [part.clone() for part in self.arrays]
        self._substeps()  # compiles and loads what may not be while a graph is made
        with self._wp.ScopedCapture(self._device, apic=self._device.is_cpu) as capture:
            self._substeps()
        for part, value in zip(self.arrays, before, strict=True):
            part.copy_(value)
        return capture.graph

    def _substeps(self) -> None:
        with self._wp.ScopedDevice(self._device):
            for _ in range(self._count):
                self._mjw.step(self._model, self._data)


def _load() -> tuple[ModuleType, ModuleType]:
    """Warp and mujoco_warp, which say nothing where others read."""
    warp = import_module("warp")
    warp.config.log_level = max(warp.config.log_level, warp.LOG_ERROR)
    return warp, import_module("mujoco_warp")
