"""The default engine: N copies of one MuJoCo model, stepped together on C threads (`mujoco.batch`)."""

from __future__ import annotations

import mujoco
import numpy as np
import torch
from mujoco import batch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.base import Commanded, check_finite, check_ids, home_layout, too_fast
from armchair.engines.mjcf import build_model
from armchair.engines.own_arm import Slots, columns_of, driven_fingers, own_body_names
from armchair.engines.scene import Scene, body_names
from armchair.engines.state import StateReader, body_poses
from armchair.types import ArmState, Layout


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
        self._places = columns_of(self.model, scene)
        self._reader = StateReader(scene, self._places)
        self._commanded = Commanded(scene, num_envs)
        self._data: mujoco.MjData | None = None  # in which poses of bodies are computed
        if (gripper := scene.arm.gripper) and driven_fingers(scene):  # shut where they are not in use
            self._q[0, self._places[0].fingers] = self._ctrl[0, scene.arm.num_joints :] = gripper.shut
        self._fresh = self._batch.state[0].copy()
        self.reset(torch.arange(num_envs), home_layout(scene, num_envs))

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ids = self._commanded.reset(ids, layout)
        rows, count, places = ids.numpy(), self.scene.arm.num_joints, self._places[0]
        self._batch.state[rows] = self._fresh
        joints = layout.joint_pos.numpy()
        self._put(rows, places.joints, joints)
        self._ctrl[rows, :count] = joints
        blocks = torch.cat((layout.block_pos, layout.block_quat), -1).flatten(1)
        self._q[rows, places.blocks :] = blocks.numpy()
        if self._reader.fingers is not None:
            fingers = self._reader.fingers.positions(self._commanded.opening[ids])
            self._put(rows, places.fingers, fingers)
            self._ctrl[rows, count:] = fingers

    def _put(self, rows: NDArray[np.int64], columns: Slots, values: NDArray[np.generic]) -> None:
        """Put positions where these joints are, in these rows."""
        if isinstance(columns, slice):
            self._q[rows, columns] = values
        else:
            self._q[rows[:, None], columns] = values

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        count, fingers = self.scene.arm.num_joints, self._reader.fingers
        check_finite("targets", targets, (self.num_envs, self.scene.num_targets))
        self._ctrl[:, :count] = targets[:, :count].numpy()
        if fingers is not None:
            self._commanded.opening[:] = targets[:, count].clamp(0.0, fingers.stroke)
            self._ctrl[:, count:] = fingers.positions(self._commanded.opening)
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
        return self._reader.state(self._q, self._v, self._commanded.opening)

    def body_names(self) -> list[str]:
        """Of the arm's bodies that are drawn, then of the blocks."""
        own = self.scene.arm.model is not None
        return own_body_names(self.model) if own else body_names(self.scene.num_blocks)

    def poses(self) -> Tensor:
        """Where these bodies are now; see `Engine.poses`."""
        if self.scene.arm.model is None:
            return body_poses(self.scene.arm, self.state())
        data = self._data = self._data or mujoco.MjData(self.model)
        found = np.empty((self.num_envs, self.model.nbody - 1, 7), dtype=np.float32)
        for row, q in zip(found, self._q, strict=True):
            data.qpos[:] = q
            mujoco.mj_kinematics(self.model, data)
            row[:, :3], row[:, 3:] = data.xpos[1:], data.xquat[1:]
        return torch.from_numpy(found)

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
