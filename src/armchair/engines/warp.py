"""MuJoCo's physics on a GPU, in single precision: N copies stepped together by `mujoco_warp`.

The model is the one of the default engine. Everything stays on the device: the state is read from Warp's
arrays without a copy, and the substeps of a control step are one graph. Warp's CPU backend does the same
slowly; it is for tests.

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
    Commanded,
    check_finite,
    check_ids,
    home_layout,
)
from armchair.engines.mjcf import build_model
from armchair.engines.scene import Scene, body_names
from armchair.engines.state import arm_state, body_poses
from armchair.types import ArmState, Layout

# Room, for a scene without blocks and for each block. A crowd of two blocks between the fingers takes 20
# contacts and 80 rows; the most that random actions at `stack` took was 12 on average and 88.
CONTACTS = (16, 16)  # a copy; all copies share it
CONSTRAINTS = (64, 32)  # rows of the solver, each copy's own


class WarpEngine:
    """See `armchair.engines.base.Engine`; its snapshots are MuJoCo's."""

    def __init__(
        self, scene: Scene, num_envs: int, device: str = "cpu", *, deterministic: bool = True
    ) -> None:
        """device: "cpu" or "cuda". deterministic: whether equal calls give equal bits on a GPU, too, which
        costs speed there; Warp's CPU backend always does. The arm is the built-in one, see `check_arm_fits`:
        of others nobody knows how much room their contacts take.
        """
        self.scene = scene
        self._count, self._stroke = scene.arm.num_joints, scene.arm.stroke
        self.num_envs = num_envs
        self.dt = scene.control_dt
        model = build_model(scene)
        room = _Room(*(base + more * scene.num_blocks for base, more in (CONTACTS, CONSTRAINTS)))
        self._physics = _Physics(model, scene.num_substeps, num_envs, room, device, deterministic)
        self._arrays = self._physics.arrays
        self.device = self._arrays.q.device
        self.unwatched = self.device.type != "cpu"
        self._columns = _columns(model)
        self._commanded = Commanded(scene, num_envs, self.device)
        self.reset(torch.arange(num_envs), home_layout(scene, num_envs))

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        layout = Layout(*(field.to(self.device) for field in layout))
        ids = self._commanded.reset(ids.to(self.device), layout)
        for own, new in zip(self._arrays.moving, self._at_rest(layout), strict=True):
            own[ids] = new

    def reset_where(self, chosen: Tensor, layout: Layout) -> None:
        """Put the chosen copies (N,) at rest in their rows of `layout` (N rows); see `base.Unwatched`."""
        column = chosen.unsqueeze(1)
        for own, new in zip(self._commanded.layout, layout, strict=True):
            own.copy_(torch.where(chosen.view(-1, *[1] * (own.ndim - 1)), new, own))
        opening = self._commanded.opening
        opening.copy_(torch.where(chosen, layout.opening.clamp(0.0, self._stroke), opening))
        for own, new in zip(self._arrays.moving, self._at_rest(layout), strict=True):
            own.copy_(torch.where(column, new, own))

    def _at_rest(self, layout: Layout) -> tuple[Tensor | float, ...]:
        """What moves, of n copies at rest, in the order of `_Arrays.moving`: each finger takes half."""
        opening = layout.opening.clamp(0.0, self._stroke)
        fingers = [0.5 * opening.unsqueeze(1)] * (2 if self.scene.fingers else 0)
        ctrl = torch.cat((layout.joint_pos, *fingers), 1)
        blocks = torch.cat((layout.block_pos, layout.block_quat), -1).flatten(1)
        return torch.cat((ctrl, blocks), 1), 0.0, ctrl, 0.0

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        if not self.unwatched:
            check_finite("targets", targets, (self.num_envs, self.scene.num_targets))
        arrays, count = self._arrays, self._count
        arrays.ctrl[:, :count] = targets[:, :count]
        if self.scene.fingers:
            self._commanded.opening.copy_(targets[:, count].clamp(0.0, self._stroke))
            arrays.ctrl[:, count:] = 0.5 * self._commanded.opening.unsqueeze(1)
        self._physics.step()
        diverged = ~(arrays.v.abs().amax(1) < MAX_SPEED)  # NaN fails every comparison
        diverged |= (arrays.overflow & self._physics.left_out) != 0
        if self.unwatched:  # limits would make numbers of what is none
            diverged |= ~targets.sum(1).isfinite()
        arrays.overflow.zero_()
        self.reset_where(diverged, self._commanded.layout)
        return diverged

    def state(self) -> ArmState:
        """The state of all copies now; see `Engine.state`."""
        scene, count, blocks = self.scene, self._count, self.scene.num_joints
        q, v = self._arrays.q.clone(), self._arrays.v.clone()
        return arm_state(
            scene.arm,
            q[:, :count],
            v[:, :count],
            q[:, count:blocks].sum(1),
            self._commanded.opening.clone(),
            q[:, blocks:].unflatten(1, (scene.num_blocks, 7)),
            v[:, blocks:].unflatten(1, (scene.num_blocks, 6))[..., :3],
        )

    def body_names(self) -> list[str]:
        """Of the arm's bodies that are drawn, then of the blocks."""
        return body_names(self.scene.num_blocks)

    def poses(self) -> Tensor:
        """Where these bodies are now; see `Engine.poses`."""
        return body_poses(self.scene.arm, self.state())

    def snapshot(self) -> Tensor:
        """MuJoCo's integration state, its time left out, and what was commanded. -> (N, S) float64."""
        out = self._arrays.q.new_zeros(self.num_envs, self._columns.size, dtype=torch.float64)
        for columns, own in zip(self._columns.moving, self._arrays.moving, strict=True):
            out[:, columns] = own.double()
        return torch.cat((out, self._commanded.rows.double()), 1)

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`."""
        ids = check_ids(ids, self.num_envs).to(self.device)
        check_finite("snapshot", snapshot, (len(ids), self._columns.size + self._commanded.rows.shape[1]))
        for own, new in self._parts(snapshot):
            own[ids] = new

    def restore_where(self, chosen: Tensor, snapshot: Tensor) -> None:
        """Bring the chosen copies (N,) to their rows of `snapshot` (N, S); see `base.Unwatched`."""
        for own, new in self._parts(snapshot):
            own.copy_(torch.where(chosen.unsqueeze(1), new, own))

    def _parts(self, snapshot: Tensor) -> list[tuple[Tensor, Tensor]]:
        """What is kept, and what a snapshot has in its place."""
        numbers = snapshot.to(self.device, torch.float32)
        parts = [numbers[:, columns] for columns in self._columns.moving]
        own = (*self._arrays.moving, self._commanded.rows)
        return list(zip(own, (*parts, numbers[:, self._columns.size :]), strict=True))

    def close(self) -> None:
        """Nothing to free: Warp's memory goes with the object."""


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


class _Columns(NamedTuple):
    """Where they are in a row of MuJoCo's integration state."""

    moving: tuple[slice, ...]
    size: int


def _columns(model: mujoco.MjModel) -> _Columns:
    """By the order of the parts of a state, which is that of their bits."""
    bits = mujoco.mjtState
    wanted = (bits.mjSTATE_QPOS, bits.mjSTATE_QVEL, bits.mjSTATE_CTRL, bits.mjSTATE_WARMSTART)
    starts = [mujoco.mj_stateSize(model, int(bit) - 1) for bit in wanted]
    sizes = [mujoco.mj_stateSize(model, int(bit)) for bit in wanted]
    moving = tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))
    return _Columns(moving, mujoco.mj_stateSize(model, int(bits.mjSTATE_INTEGRATION)))


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
