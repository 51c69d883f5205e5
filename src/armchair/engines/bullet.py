"""PyBullet, the engine of the project's first version: one world for each copy, in a client of its own.

How the worlds are made to agree with the other engine, and why they replay exactly: see `bullet_world`.
"""
# pyright: basic

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.base import MAX_SPEED, TARGETS, check_finite, check_ids, check_layout, home_layout
from armchair.engines.bullet_world import World, write_models
from armchair.engines.kinematics import state_of_rows
from armchair.engines.scene import Scene
from armchair.errors import InvalidInput, MissingDependency
from armchair.types import ArmState, Layout
from armchair.world import MAX_OPENING

_CONTACT_BYTES = 1600  # of one pair's contact points in a .bullet file


class BulletEngine:
    """See `armchair.engines.base.Engine`."""

    def __init__(self, scene: Scene, num_envs: int, *, gui: bool = False) -> None:
        """`num_envs` copies, at most 1024 a process; with `gui=True` PyBullet's window shows the first."""
        if gui and not os.environ.get("DISPLAY"):  # Bullet would end the process
            raise MissingDependency(
                "PyBullet's window needs a display, and DISPLAY is not set",
                "run it on a desktop, or choose render_mode 'rgb_array'",
            )
        self.scene = scene
        self.num_envs = num_envs
        self.device = torch.device("cpu")
        self._arm = 7 + 2 * scene.fingers  # degrees of freedom before the blocks'
        self._q = np.zeros((num_envs, self._arm + 7 * scene.num_blocks))
        self._v = np.zeros((num_envs, self._arm + 6 * scene.num_blocks))
        joints = [body.joint for body in scene.arm if body.joint]
        self._low = np.array([joint.lower for joint in joints])
        self._high = np.array([joint.upper for joint in joints])
        self._layout = home_layout(scene.num_blocks, num_envs)
        self._target = torch.zeros(num_envs)
        self._worlds: list[World] = []
        self._folder = tempfile.TemporaryDirectory(prefix="armchair-bullet-")
        folder = Path(self._folder.name)
        write_models(scene, folder, looks=gui)
        try:
            for i, (q, v) in enumerate(zip(self._q, self._v, strict=True)):
                self._worlds.append(World(scene, folder, q, v, gui=gui and i == 0))
        except BaseException:
            self.close()
            raise
        self._room = len(self._worlds[0].save()) + _CONTACT_BYTES * _most_contacts(scene)
        self.reset(torch.arange(num_envs), home_layout(scene.num_blocks, num_envs))

    @property
    def dt(self) -> float:
        """Length of one control step in s."""
        return self.scene.control_dt

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ids = check_ids(ids, self.num_envs)
        check_layout(layout, len(ids), self.scene.num_blocks)
        for mine, theirs in zip(self._layout, layout, strict=True):
            mine[ids] = theirs
        opening = layout.opening.clamp(0.0, MAX_OPENING)
        self._target[ids] = opening
        rows = self._positions(layout.joint_pos, opening).tolist()
        poses = torch.cat((layout.block_pos, layout.block_quat), -1).tolist()
        for i, row, blocks in zip(ids.tolist(), rows, poses, strict=True):
            self._worlds[i].reset(row, blocks)

    def _positions(self, joints: Tensor, opening: Tensor) -> NDArray[np.float64]:
        """Of all motors: each finger takes half of the opening. (n, 7), (n,) -> (n, A)."""
        positions = np.empty((len(joints), self._arm))
        positions[:, :7] = joints.numpy()
        positions[:, 7:] = opening.numpy()[:, None] / 2
        return positions

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        check_finite("targets", targets, (self.num_envs, TARGETS))
        opening = targets[:, 7].clamp(0.0, MAX_OPENING)
        if self.scene.fingers:
            self._target = opening
        rows = self._positions(targets[:, :7], opening).clip(self._low, self._high).tolist()
        for world, row in zip(self._worlds, rows, strict=True):
            world.step(row)
        return self._revive()

    def _revive(self) -> Tensor:
        """Put diverged copies back to their layout and name them. -> (N,) bool."""
        # NaN fails every comparison, so that this one test covers NaN, infinity and runaway speed
        diverged = torch.from_numpy(~(np.abs(self._v).max(1) < MAX_SPEED))
        if bool(diverged.any()):
            ids = diverged.nonzero().squeeze(1)
            for i in ids.tolist():
                self._worlds[i].build()  # Bullet switches off bodies that left the world, for good
            self.reset(ids, self._layout.select(ids))
        return diverged

    def state(self) -> ArmState:
        """The state of all copies now; see `Engine.state`."""
        return state_of_rows(self.scene, self._q, self._v, self._target)

    def snapshot(self) -> Tensor:
        """Length of the .bullet file, the file, padding; commanded opening, last layout. -> (N, S) uint8."""
        files = np.zeros((self.num_envs, 8 + self._room), dtype=np.uint8)
        for row, world in zip(files, self._worlds, strict=True):
            saved = world.save()
            row[:8] = np.frombuffer(len(saved).to_bytes(8, "little"), np.uint8)
            row[8 : 8 + len(saved)] = np.frombuffer(saved, np.uint8)
        fields = [field.reshape(self.num_envs, -1) for field in (self._target, *self._layout)]
        return torch.cat((torch.from_numpy(files), torch.cat(fields, 1).view(torch.uint8)), 1)

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`."""
        ids = check_ids(ids, self.num_envs)
        fields = (self._target, *self._layout)
        widths = [field[0].numel() for field in fields]
        check_finite("snapshot", snapshot, (len(ids), 8 + self._room + 4 * sum(widths)))
        if snapshot.dtype != torch.uint8:
            raise InvalidInput(f"snapshot must be of torch.uint8, got {snapshot.dtype}")
        files, numbers = snapshot.split([8 + self._room, 4 * sum(widths)], 1)
        for i, row in zip(ids.tolist(), files.numpy(), strict=True):
            length = int.from_bytes(row[:8].tobytes(), "little")
            self._worlds[i].load(row[8 : 8 + length].tobytes())
        parts = numbers.clone(memory_format=torch.contiguous_format).view(torch.float32).split(widths, 1)
        for mine, theirs in zip(fields, parts, strict=True):
            mine[ids] = theirs.reshape(len(ids), *mine.shape[1:])

    def close(self) -> None:
        """Free the clients and the folder of the models; calling it twice is harmless."""
        for world in self._worlds:
            world.close()
        self._folder.cleanup()


def _most_contacts(scene: Scene) -> int:
    """At most this many pairs of things touch: each with the table, and the blocks with all but links."""
    touching = sum(bool(body.geoms) for body in (*scene.arm, *scene.blocks))
    blocks = scene.num_blocks
    return touching + blocks * (touching - blocks) + blocks * (blocks - 1) // 2
