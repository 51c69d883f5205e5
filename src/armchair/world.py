"""The few facts that engines and tasks must agree on: names and sizes of things."""

from __future__ import annotations

from typing import Literal, get_args

GoalMarker = Literal["ball", "disc", "cube", "none"]
GOAL_MARKERS: tuple[GoalMarker, ...] = get_args(GoalMarker)

BLOCK_SIZE = 0.05  # m, the cube's edge
MAX_OPENING = 0.08  # m, gap between the finger pads when the gripper is open


def block_names(num_blocks: int) -> list[str]:
    """block_a, block_b, ..."""
    return [f"block_{chr(ord('a') + k)}" for k in range(num_blocks)]
