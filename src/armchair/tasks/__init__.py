"""The tasks, by name."""

from __future__ import annotations

from dataclasses import replace

from armchair.arms import IIWA, Arm
from armchair.errors import InvalidInput, check_choice
from armchair.tasks.base import Task
from armchair.tasks.pick_place import PICK_PLACE
from armchair.tasks.push import PUSH
from armchair.tasks.reach import REACH
from armchair.tasks.stack import STACK
from armchair.world import BLOCK_SIZE

__all__ = ["TASKS", "Task", "get_task"]

WIDEST = BLOCK_SIZE + 0.014  # m, of a gripper that a block fits into with some room
TASKS: dict[str, Task] = {task.name: task for task in (REACH, PUSH, PICK_PLACE, STACK)}


def get_task(name: str, *, motion: bool = False, arm: Arm = IIWA) -> Task:
    """The task of this name; InvalidChoice names the nearest one. motion: see `Task.motion`.

    Raises InvalidInput where the task needs a gripper and the arm has none that opens wide enough.
    """
    task = TASKS[check_choice("task", name, TASKS)]
    task = replace(task, motion=motion, arm=arm, **task.fit(arm))
    if task.uses_gripper and arm.gripper is None:
        without = [one.name for one in TASKS.values() if not one.uses_gripper]
        raise InvalidInput(f"{name} needs a gripper, and {arm.name} has none: it can {', '.join(without)}")
    if task.uses_gripper and arm.stroke < WIDEST:
        raise InvalidInput(
            f"{name} needs a gripper that opens by {100 * WIDEST:.1f} cm, that of {arm.name} opens by "
            f"{100 * arm.stroke:.1f} cm"
        )
    return task
