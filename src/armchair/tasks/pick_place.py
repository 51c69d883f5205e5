"""Pick and place: bring a block to a place on the table or in the air."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.arms import Arm
from armchair.maths import closeness
from armchair.offers.catalogue import TASK_OUTLINES
from armchair.tasks.base import Task, observe_scene, spawn, spawn_apart, start_layout
from armchair.tasks.cues import Cue
from armchair.tasks.scripting import choose, go, grasped, pick_up, raised
from armchair.types import ArmState, Layout
from armchair.world import BLOCK_SIZE

RADIUS = 0.025  # m
TRAVEL = 0.08  # m, least distance between the block and the goal at the start, seen from above
HIGHEST = 0.20  # m, of goals in the air


def place(arm: Arm, rng: torch.Generator, n: int) -> Layout:
    """Half of the goals on the table, half in the air up to 20 cm high."""
    block = spawn(arm, rng, n)
    goal = spawn_apart(arm, rng, block, TRAVEL)
    height = (2.0 * torch.rand(n, 1, generator=rng) - 1.0).clamp_min(0.0)
    height = BLOCK_SIZE / 2 + (HIGHEST - BLOCK_SIZE / 2) * height
    return start_layout(arm, rng, block.unsqueeze(1), torch.cat((goal, height), dim=1))


def observe(state: ArmState, goal: Tensor) -> Tensor:
    """Tool, gripper, block, goal, and the offsets from one to the next. -> (N, 28)."""
    return observe_scene(state, goal, goal - state.block_pos[:, 0], gripper=True)


def reward(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
    """0.2 for nearing the block, 0.2 for holding it, 0.6 for bringing it there. -> (N,) in [0, 1].

    A block that lies at the goal counts as held: letting go of it there must not cost anything.
    """
    block = state.block_pos[:, 0]
    distance = (goal - block).norm(dim=1)
    near = closeness((block - state.tool_pos).norm(dim=1), 5.0)
    there = distance < RADIUS
    held = (grasped(state, 0) | there).float()
    near = torch.where(there, 1.0, near)
    return 0.2 * near + 0.2 * held + 0.6 * held * closeness(distance, 5.0)


def success(state: ArmState, goal: Tensor) -> Tensor:
    """The block within 2.5 cm of the goal. -> (N,) bool."""
    return (goal - state.block_pos[:, 0]).norm(dim=1) < RADIUS


def script(state: ArmState, goal: Tensor) -> Tensor:
    """Pick the block up, carry it over and hold it at the goal. -> (N, 4)."""
    block = state.block_pos[:, 0]
    offset = (goal - block)[:, :2].norm(dim=1)
    grip = state.tool_pos - block  # where the tool is, seen from the block it holds
    lift = torch.where(offset > 0.02, goal[:, 2].clamp_min(0.08), goal[:, 2])
    carry = go(state, raised(goal, lift) + grip, -1.0)
    off_table = block[:, 2] > BLOCK_SIZE / 2 + 0.02
    up = go(state, raised(state.tool_pos, state.tool_pos[:, 2] + 0.06), -1.0)
    bring = choose(off_table | (offset < 0.02), carry, up)
    return choose(grasped(state, 0), bring, pick_up(state, 0))


PICK_PLACE = Task(
    "pick_place",
    *TASK_OUTLINES["pick_place"],
    place=place,
    observe=observe,
    reward=reward,
    success=success,
    script=script,
    cues=(Cue("block_a", "goal", RADIUS), Cue("tool", "block_a", BLOCK_SIZE / 2, weight=0.3)),
    columns=("goal", "block_a_to_goal"),
)
