"""Reach: bring the tool to a ball in the air."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.arms import Arm
from armchair.maths import closeness, uniform
from armchair.offers.catalogue import TASK_OUTLINES
from armchair.tasks.base import Task, observe_scene, start_layout
from armchair.tasks.cues import Cue
from armchair.tasks.scripting import go
from armchair.types import ArmState, Layout

RADIUS = 0.025  # m


def place(arm: Arm, rng: torch.Generator, n: int) -> Layout:
    """Goals uniform in a box before the arm."""
    return start_layout(
        arm, rng, torch.zeros(n, 0, 2), uniform(rng, arm.space.goal_low, arm.space.goal_high, n)
    )


def observe(state: ArmState, goal: Tensor) -> Tensor:
    """Tool position and velocity, goal, the offset to it. -> (N, 12)."""
    return observe_scene(state, goal, goal - state.tool_pos, gripper=False)


def reward(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
    """Half for coming near, half for the last centimetres. -> (N,) in [0, 1]."""
    distance = (goal - state.tool_pos).norm(dim=1)
    return 0.5 * closeness(distance, 5.0) + 0.5 * closeness(distance, 20.0)


def success(state: ArmState, goal: Tensor) -> Tensor:
    """Within 2.5 cm. -> (N,) bool."""
    return (goal - state.tool_pos).norm(dim=1) < RADIUS


def script(state: ArmState, goal: Tensor) -> Tensor:
    """Straight to the goal. -> (N, 4)."""
    return go(state, goal, 0.0)


REACH = Task(
    "reach",
    *TASK_OUTLINES["reach"],
    place=place,
    observe=observe,
    reward=reward,
    success=success,
    script=script,
    cues=(Cue("tool", "goal", RADIUS),),
    columns=("goal", "tool_to_goal"),
)
