"""Moves that the tasks' scripted solvers are made of: pure functions of the arm's state."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.types import ArmState
from armchair.world import BLOCK_SIZE, MAX_OPENING

SCRIPT_GAIN = 15.0  # 1/m: full speed when farther than 7 cm; higher gains overshoot


def grasped(state: ArmState, k: int) -> Tensor:
    """Block k is held: the pads at its width, the tool within 3 cm of it, told to shut. -> (N,) bool."""
    wide = (state.opening - BLOCK_SIZE).abs() < 0.008
    near = (state.block_pos[:, k] - state.tool_pos).norm(dim=1) < 0.03
    return wide & near & (state.opening_target < 0.5 * MAX_OPENING)


def go(state: ArmState, place: Tensor, grip: float | Tensor) -> Tensor:
    """The action that moves the tool towards `place` (N, 3); grip -1 shuts, +1 opens. -> (N, 4)."""
    move = (SCRIPT_GAIN * (place - state.tool_pos)).clamp(-1.0, 1.0)
    if not isinstance(grip, Tensor):
        grip = torch.full_like(state.opening, grip)
    return torch.cat((move, grip.unsqueeze(1)), dim=1)


def raised(place: Tensor, height: float | Tensor) -> Tensor:
    """`place` (N, 3) lifted to this height in m above the table."""
    lifted = place.clone()
    lifted[:, 2] = height
    return lifted


def choose(when: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Rows of `first` where `when` (N,) holds, else of `second`."""
    return torch.where(when.unsqueeze(1), first, second)


def pick_up(state: ArmState, k: int) -> Tensor:
    """Hover over block k with the gripper open, come down, shut. -> (N, 4)."""
    block = state.block_pos[:, k]
    offset = (block - state.tool_pos)[:, :2].norm(dim=1)
    above = state.tool_pos[:, 2] > block[:, 2] + 0.03
    hover = go(state, raised(block, block[:, 2] + 0.10), 1.0)
    down = go(state, block, 1.0)
    near = (block - state.tool_pos).norm(dim=1) < 0.012
    shut = go(state, block, -1.0)
    lower = (offset < 0.012) | (~above & (offset < 0.02))
    return choose(near, shut, choose(lower, down, hover))
