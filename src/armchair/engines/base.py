"""The narrow waist: what the rest of the package may ask of a simulator.

An engine steps N copies of one scene together. Above it nobody knows joint orders, addresses or handles.

The contract, which `tests/contract/test_engines.py` holds every engine to:

* The same seed and the same calls give the same numbers, with any number of threads.
* `state()` describes the moment after the last `reset`, `step` or `restore`, never a substep earlier.
* `reset(ids, layout)` touches only the copies it names.
* `snapshot()` followed by `restore()` and the same steps replays bit for bit.
* A copy whose simulation diverges (numbers not finite, or absurdly fast) is put back to its last layout,
  named in what `step` returns, and does not disturb the others.
* Wrong ids, shapes and numbers that are not finite raise `InvalidInput` before anything moves.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.engines.scene import Scene
from armchair.errors import InvalidInput
from armchair.types import ArmState, Layout

MAX_SPEED = 100.0  # rad/s or m/s; anything faster has diverged


class Engine(Protocol):
    """N copies of a scene."""

    scene: Scene
    num_envs: int
    device: torch.device
    dt: float  # s, one control step

    def reset(self, ids: Tensor, layout: Layout) -> None:
        """Put the copies `ids` (n,) at rest in `layout` (n rows)."""
        ...

    def step(self, targets: Tensor) -> Tensor:
        """Drive all copies for one control step.

        targets: (N, J + 1), joint positions in rad, then the opening in m; clipped to the limits.
        Returns (N,) bool: the copies that diverged and were put back to their last layout.
        """
        ...

    def state(self) -> ArmState:
        """The state of all copies now; the caller may keep it, later steps do not change it."""
        ...

    def body_names(self) -> list[str]:
        """Of the arm's bodies that are drawn, then of the blocks."""
        ...

    def poses(self) -> Tensor:
        """Where these bodies are now: position in m, quaternion w x y z, world frame. -> (N, B, 7)."""
        ...

    def snapshot(self) -> Tensor:
        """Everything that the future depends on, one row a copy. -> (N, S); S and dtype are the engine's."""
        ...

    def restore(self, ids: Tensor, snapshot: Tensor) -> None:
        """Bring the copies `ids` (n,) to the moments of the n rows of `snapshot`, taken of any copies."""
        ...

    def close(self) -> None:
        """Free what the engine holds; calling it twice is harmless."""
        ...


@runtime_checkable
class Unwatched(Protocol):
    """Of an engine that can be driven without waiting for what its device computes.

    While `unwatched` holds, `step` does not look at its targets: a copy whose are not finite diverges.
    """

    num_envs: int
    device: torch.device
    unwatched: bool

    def reset_where(self, chosen: Tensor, layout: Layout) -> None:
        """Put the chosen copies (N,) at rest in their rows of `layout` (N rows), which is not looked at."""
        ...

    def restore_where(self, chosen: Tensor, snapshot: Tensor) -> None:
        """Bring the chosen copies (N,) to the moments in their rows of `snapshot` (N, S)."""
        ...


class Commanded:
    """What an engine keeps of its N copies beside the physics: the commanded opening and the last layout."""

    def __init__(self, scene: Scene, num_envs: int, device: torch.device | None = None) -> None:
        self._scene = scene
        home = home_layout(scene, num_envs)
        flat = [field.reshape(num_envs, -1).to(device) for field in (home.opening, *home)]
        self.rows = torch.cat(flat, 1)  # (N, W), one row a copy, of which the other attributes are views
        opening, *fields = self.rows.split([part.shape[1] for part in flat], 1)
        self.opening = opening[:, 0]  # (N,) m
        self.layout = Layout(*(part.view(field.shape) for part, field in zip(fields, home, strict=True)))

    def reset(self, ids: Tensor, layout: Layout) -> Tensor:
        """Keep the layout (n rows) of the copies `ids`. -> the ids, checked.

        Raises InvalidInput, before anything is kept, for ids or a layout that are not right.
        """
        ids = check_ids(ids, len(self.rows))
        check_layout(layout, len(ids), self._scene)
        for mine, theirs in zip(self.layout, layout, strict=True):
            mine[ids] = theirs
        self.opening[ids] = layout.opening.clamp(0.0, self._scene.arm.stroke)
        return ids


def too_fast(velocities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows (N, V) have diverged: NaN, infinite or beyond MAX_SPEED. -> (N,)."""
    return ~(np.abs(velocities).max(1) < MAX_SPEED)  # NaN fails every comparison


def home_layout(scene: Scene, n: int = 1) -> Layout:
    """The arm at home, the gripper shut, the blocks in a row across the table. -> n equal rows."""
    space, num_blocks = scene.arm.space, scene.num_blocks
    near = space.spawn_low[0] + 0.03
    places = [[near, 0.12 * (k + 1), 0.025] for k in range(num_blocks)]
    pos = torch.tensor(places).reshape(num_blocks, 3).repeat(n, 1, 1)
    quat = torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(n, num_blocks, 1)
    return Layout(torch.tensor([scene.arm.home]).repeat(n, 1), torch.zeros(n), pos, quat, torch.zeros(n, 3))


def check_ids(ids: Tensor, num_envs: int) -> Tensor:
    """The ids as (n,) int64, or InvalidInput where they name no copy or one copy twice."""
    ids = torch.as_tensor(ids)
    if ids.ndim != 1 or ids.is_floating_point() or ids.dtype == torch.bool:
        raise InvalidInput(
            f"ids must be a list of whole numbers, got {ids.dtype} of shape {tuple(ids.shape)}"
        )
    ids = ids.long()
    if ids.numel() and (int(ids.min()) < 0 or int(ids.max()) >= num_envs):
        raise InvalidInput(f"ids must lie in 0..{num_envs - 1}, got {ids.tolist()}")
    if ids.unique().numel() != ids.numel():
        raise InvalidInput(f"ids must not repeat, got {ids.tolist()}")
    return ids


def check_shape(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """InvalidInput unless `value` has this shape."""
    if tuple(value.shape) != shape:
        raise InvalidInput(f"{name} must have shape {shape}, got {tuple(value.shape)}")


def check_finite(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    """InvalidInput unless `value` has this shape and all its numbers are finite; names the first bad row."""
    check_shape(name, value, shape)
    if not bool(torch.isfinite(value.sum())):
        row = int((~torch.isfinite(value.reshape(shape[0], -1))).any(1).nonzero()[0])
        raise InvalidInput(f"{name} must be finite, row {row} is {value[row].tolist()}")


def check_layout(layout: Layout, n: int, scene: Scene) -> None:
    """InvalidInput unless the layout has n rows for this scene."""
    num_blocks = scene.num_blocks
    check_finite("layout.joint_pos", layout.joint_pos, (n, scene.arm.num_joints))
    check_finite("layout.opening", layout.opening, (n,))
    check_finite("layout.block_pos", layout.block_pos, (n, num_blocks, 3))
    check_finite("layout.block_quat", layout.block_quat, (n, num_blocks, 4))
