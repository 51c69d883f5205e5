"""The few facts that engines and tasks must agree on: names and sizes of things, the arm's home posture."""

from __future__ import annotations

from typing import Literal, get_args

GoalMarker = Literal["ball", "disc", "cube", "none"]
GOAL_MARKERS: tuple[GoalMarker, ...] = get_args(GoalMarker)

BLOCK_SIZE = 0.05  # m, the cube's edge
MAX_OPENING = 0.08  # m, gap between the finger pads when the gripper is open

# the tool at (0.56, 0, 0.15) m, pointing down
HOME = (0.0, 0.6664, 0.0, -1.6257, 0.0, 0.8495, 0.0)  # rad
HOME_TOOL = (0.56, 0.0, 0.15)  # m


def block_names(num_blocks: int) -> list[str]:
    """block_a, block_b, ..."""
    return [f"block_{chr(ord('a') + k)}" for k in range(num_blocks)]
