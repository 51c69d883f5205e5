"""The tasks, by name."""

from __future__ import annotations

from dataclasses import replace

from armchair.errors import check_choice
from armchair.tasks.base import Task
from armchair.tasks.pick_place import PICK_PLACE
from armchair.tasks.push import PUSH
from armchair.tasks.reach import REACH
from armchair.tasks.stack import STACK

__all__ = ["TASKS", "Task", "get_task"]

TASKS: dict[str, Task] = {task.name: task for task in (REACH, PUSH, PICK_PLACE, STACK)}


def get_task(name: str, *, motion: bool = False) -> Task:
    """The task of this name; InvalidChoice names the nearest one. motion: see `Task.motion`."""
    return replace(TASKS[check_choice("task", name, TASKS)], motion=motion)
