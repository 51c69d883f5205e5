"""PyBullet, the engine of the project's first version: one world for each copy, in a client of its own.

How the worlds are made to agree with the other engine, and why they replay exactly: see `bullet_world`.
"""
# pyright: basic

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.base import Commanded, check_finite, check_ids, home_layout, too_fast
from armchair.engines.bullet_world import World, write_models
from armchair.engines.own_arm import plain_columns
from armchair.engines.scene import Scene, body_names
from armchair.engines.state import StateReader, body_poses
from armchair.errors import InvalidInput, MissingDependency
from armchair.types import ArmState, Layout
from armchair.world import MAX_OPENING

_CONTACT_BYTES = 1600  # of one pair's contact points in a .bullet file


class BulletEngine:
    """See `armchair.engines.base.Engine`."""

    def __init__(self, scene: Scene, num_envs: int, *, gui: bool = False) -> None:
        """`num_envs` copies, at most 1024 a process; with `gui=True` PyBullet's window shows the first."""
        if gui and sys.platform == "linux" and not os.environ.get("DISPLAY"):  # Bullet would end the process
            raise MissingDependency(
                "PyBullet's window needs a display, and DISPLAY is not set",
                "run it on a desktop, or choose render_mode 'rgb_array'",
            )
        self.scene = scene
        self.num_envs = num_envs
        self.device = torch.device("cpu")
        self.dt = scene.control_dt
        self._q = np.zeros((num_envs, scene.num_joints + 7 * scene.num_blocks))
        self._v = np.zeros((num_envs, scene.num_joints + 6 * scene.num_blocks))
        self._low = np.array([joint.lower for joint in scene.joints])
        self._high = np.array([joint.upper for joint in scene.joints])
        self._reader = StateReader(scene, plain_columns(scene))
        self._commanded = Commanded(scene, num_envs)
        self._worlds: list[World] = []
        self._folder = tempfile.TemporaryDirectory(prefix="armchair-bullet-")
        folder = Path(self._folder.name)
        write_models(scene, folder, drawn=gui)
        try:
            for i, (q, v) in enumerate(zip(self._q, self._v, strict=True)):
                self._worlds.append(World(scene, folder, q, v, gui=gui and i == 0))
        except BaseException:
            self.close()
            raise
        # at most so many pairs touch: each thing with the table, and the blocks with all but links
        things, blocks = sum(bool(body.geoms) for body in (*scene.links, *scene.blocks)), scene.num_blocks
        most_contacts = things + blocks * (things - blocks) + blocks * (blocks - 1) // 2
        self._room = len(self._worlds[0].save()) + _CONTACT_BYTES * most_contacts
        self.reset(torch.arange(num_envs), home_layout(scene, num_envs))

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ids = self._commanded.reset(ids, layout)
        rows = self._positions(layout.joint_pos, self._commanded.opening[ids]).tolist()
        poses = torch.cat((layout.block_pos, layout.block_quat), -1).tolist()
        for i, row, blocks in zip(ids.tolist(), rows, poses, strict=True):
            self._worlds[i].reset(row, blocks)

    def _positions(self, joints: Tensor, opening: Tensor) -> NDArray[np.float64]:
        """Of all motors: each finger takes half of the opening. (n, 7), (n,) -> (n, A)."""
        positions = np.empty((len(joints), self.scene.num_joints))
        positions[:, :7] = joints.numpy()
        positions[:, 7:] = opening.numpy()[:, None] / 2
        return positions

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step; see `Engine.step`."""
        check_finite("targets", targets, (self.num_envs, self.scene.num_targets))
        opening = targets[:, 7].clamp(0.0, MAX_OPENING)
        if self.scene.fingers:
            self._commanded.opening[:] = opening
        rows = self._positions(targets[:, :7], opening).clip(self._low, self._high).tolist()
        for world, row in zip(self._worlds, rows, strict=True):
            world.step(row)
        return self._revive()

    def _revive(self) -> Tensor:
        """Put diverged copies back to their layout and name them. -> (N,) bool."""
        diverged = torch.from_numpy(too_fast(self._v))
        if bool(diverged.any()):
            ids = diverged.nonzero().squeeze(1)
            for i in ids.tolist():
                self._worlds[i].build()  # Bullet switches off bodies that left the world, for good
            self.reset(ids, self._commanded.layout.select(ids))
        return diverged

    def state(self) -> ArmState:
        """The state of all copies now; see `Engine.state`."""
        return self._reader.state(self._q, self._v, self._commanded.opening)

    def body_names(self) -> list[str]:
        """Of the arm's bodies that are drawn, then of the blocks."""
        return body_names(self.scene.num_blocks)

    def poses(self) -> Tensor:
        """Where these bodies are now; see `Engine.poses`."""
        return body_poses(self.scene.arm, self.state())

    def snapshot(self) -> Tensor:
        """Length of the .bullet file, the file, padding; then what was commanded. -> (N, S) uint8."""
        files = np.zeros((self.num_envs, 8 + self._room), dtype=np.uint8)
        for row, world in zip(files, self._worlds, strict=True):
            saved = world.save()
            row[:8] = np.frombuffer(len(saved).to_bytes(8, "little"), np.uint8)
            row[8 : 8 + len(saved)] = np.frombuffer(saved, np.uint8)
        return torch.cat((torch.from_numpy(files), self._commanded.rows.view(torch.uint8)), 1)

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`."""
        ids = check_ids(ids, self.num_envs)
        widths = [8 + self._room, 4 * self._commanded.rows.shape[1]]
        check_finite("snapshot", snapshot, (len(ids), sum(widths)))
        if snapshot.dtype != torch.uint8:
            raise InvalidInput(f"snapshot must be of torch.uint8, got {snapshot.dtype}")
        files, numbers = snapshot.split(widths, 1)
        for i, row in zip(ids.tolist(), files.numpy(), strict=True):
            length = int.from_bytes(row[:8].tobytes(), "little")
            self._worlds[i].load(row[8 : 8 + length].tobytes())
        numbers = numbers.clone(memory_format=torch.contiguous_format)
        self._commanded.rows[ids] = numbers.view(torch.float32)

    def close(self) -> None:
        """Free the clients and the folder of the models; calling it twice is harmless."""
        for world in self._worlds:
            world.close()
        self._folder.cleanup()
