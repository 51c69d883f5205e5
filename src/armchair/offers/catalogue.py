"""What there is to choose from, as far as lists tell it, without what it takes to run any of it."""

from __future__ import annotations

from typing import NamedTuple

from armchair.world import GoalMarker


class Outline(NamedTuple):
    """A task as it is before anything is computed; see `armchair.tasks.base.Task`."""

    question: str
    num_blocks: int
    uses_gripper: bool
    horizon: int
    goal_marker: GoalMarker


TASK_OUTLINES: dict[str, Outline] = {
    "reach": Outline(
        "In which one is the tool closer to the red ball, over the whole clip?", 0, False, 50, "ball"
    ),
    "push": Outline(
        "In which one is the block closer to the disc, over the whole clip?", 1, False, 60, "disc"
    ),
    "pick_place": Outline(
        "In which one is the block closer to the see-through cube, over the whole clip?", 1, True, 75, "cube"
    ),
    "stack": Outline(
        "Which one is closer to putting the blue block on the yellow one, over the whole clip?",
        *(2, True, 75, "none"),
    ),
}
ANY_TASK = "Which one does better, over the whole clip?"  # the question of a task of others
CONTROL_WIDTHS: dict[str, tuple[int, ...]] = {"tool": (4,), "joint": (7, 8)}
"""Numbers in an action, by control mode: without a gripper in use, and with one where that differs."""
