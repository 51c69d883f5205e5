"""Whether an arm of somebody's can do a task at all: asked before anything is taught."""

from __future__ import annotations

import sys

import torch

from armchair.arms.inverse import solve_from_many
from armchair.engines import check_arm_fits
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.tasks import Task

LAYOUTS = 1000
HOPELESS = 0.5  # share of the layouts that an arm must reach to be taught
FINE = 0.98  # from which on nothing is said


def share_of_layouts(task: Task, layouts: int = LAYOUTS) -> float:
    """The share of a task's layouts whose places inverse kinematics solves: the goal, and each block."""
    rng = generator(0, "reachable")
    found = task.layout(rng, layouts)
    places = torch.cat((found.block_pos, found.goal.unsqueeze(1)), dim=1)  # (n, K + 1, 3)
    count = places.shape[1]
    solved = solve_from_many(task.arm, places.flatten(0, 1), rng, tries=3).reached(task.arm)
    return float(solved.view(layouts, count).all(1).double().mean())


def check_arm(task: Task, engine: str) -> None:
    """Say so on standard error where the arm does not reach all of the task's layouts.

    Raises InvalidInput where it reaches less than half of them, and for an engine that has one arm alone.
    """
    arm = task.arm
    check_arm_fits(engine, arm)
    share = share_of_layouts(task)
    if share >= FINE:
        return
    told = (
        f"{arm.name} reaches {100 * share:.0f} % of {LAYOUTS} layouts of {task.name}: see "
        f"`armchair arm check {arm.source}`, and its boxes 'goals' and 'spawn'"
    )
    if share < HOPELESS:
        raise InvalidInput(told)
    print(f"armchair: {told}", file=sys.stderr)
