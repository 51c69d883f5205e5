"""Push: slide a block over the table to a disc, with the gripper shut."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from armchair.arms import IIWA, Arm
from armchair.arms.arm import Tip
from armchair.maths import closeness
from armchair.offers.catalogue import TASK_OUTLINES
from armchair.tasks.base import Task, observe_scene, spawn, spawn_apart, start_layout
from armchair.tasks.cues import Cue
from armchair.tasks.scripting import choose, go, raised
from armchair.types import ArmState, Layout
from armchair.world import BLOCK_SIZE

RADIUS = 0.05  # m
ASIDE = 40.0  # 1/m, how hard the scripted solver goes back to the line of pushing
TRAVEL = 0.10  # m, least distance between the block and the goal at the start


def behind_room(tip: Tip) -> float:
    """From the block's centre to where pushing begins. -> m."""
    return BLOCK_SIZE / 2 + tip.room


def place(arm: Arm, rng: torch.Generator, n: int) -> Layout:
    """Block and goal on the table, at least 10 cm apart."""
    goal = spawn(arm, rng, n)
    block = spawn_apart(arm, rng, goal, TRAVEL)
    height = torch.full((n, 1), BLOCK_SIZE / 2)
    return start_layout(arm, rng, block.unsqueeze(1), torch.cat((goal, height), dim=1))


def observe(state: ArmState, goal: Tensor, tip: Tip = IIWA.tip) -> Tensor:
    """Tool, block, goal, and the offsets from one to the next. -> (N, 29)."""
    block = state.block_pos[:, 0]
    start = behind(block, goal, behind_room(tip))
    return observe_scene(state, goal, goal - block, start - state.tool_pos, gripper=False)


def behind(block: Tensor, goal: Tensor, distance: float) -> Tensor:
    """The point `distance` m from the block's centre on the far side from the goal. (N, 3) -> (N, 3)."""
    offset = (goal - block)[:, :2]
    unit = offset / offset.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return torch.cat((block[:, :2] - distance * unit, block[:, 2:]), dim=1)


def to_go(state: ArmState, goal: Tensor) -> Tensor:
    """Distance of the block from the goal. -> (N,) m."""
    return (goal - state.block_pos[:, 0]).norm(dim=1)


def reward(state: ArmState, goal: Tensor, action: Tensor, tip: Tip = IIWA.tip) -> Tensor:
    """0.3 for the tool behind the block (all of it once the block is there), 0.7 for the block. -> (N,)."""
    distance = to_go(state, goal)
    start = behind(state.block_pos[:, 0], goal, behind_room(tip))
    ready = closeness((start - state.tool_pos).norm(dim=1), 5.0)
    return 0.3 * torch.where(distance < 0.03, 1.0, ready) + 0.7 * closeness(distance, 6.0)


def success(state: ArmState, goal: Tensor) -> Tensor:
    """The block within 5 cm of the goal. -> (N,) bool."""
    return to_go(state, goal) < RADIUS


def script(state: ArmState, goal: Tensor, tip: Tip = IIWA.tip) -> Tensor:
    """Fly behind the block, come down, push; rise once the block is there. -> (N, 4)."""
    block, tool = state.block_pos[:, 0], state.tool_pos
    away, deep = behind_room(tip) + 0.02, tip.height
    start = behind(block, goal, away)
    unit = (block - start) / away
    lag = ((block - tool) * unit).sum(1)  # how far the tool is behind the block
    aside = raised(block - tool - lag.unsqueeze(1) * unit, 0.0)  # from the tool to the line of pushing
    off_line = aside.norm(dim=1)
    behind_it = (tool[:, 2] < deep + 0.028) & (lag > BLOCK_SIZE / 2) & (off_line < 0.015)
    low = tool[:, 2] < deep + 0.048
    over_start = (start - tool)[:, :2].norm(dim=1) < torch.where(low, 0.03, 0.015)
    too_low = low & ~over_start
    climb = go(state, raised(tool, deep + 0.098), 0.0)
    approach = go(state, raised(start, torch.where(over_start, deep - 0.002, deep + 0.068)), 0.0)
    approach = choose(too_low, climb, approach)
    push = choose(behind_it, _push(state, unit, aside, to_go(state, goal), deep), approach)
    return choose(to_go(state, goal) < 0.02, climb, push)


def _push(state: ArmState, unit: Tensor, aside: Tensor, distance: Tensor, deep: float) -> Tensor:
    """Forward along `unit`, the slower the farther off the line, and back to the line. -> (N, 4)."""
    forward = (8.0 * distance).clamp(0.15, 0.45) * (1.0 - aside.norm(dim=1) / 0.015).clamp_min(0.0)
    move = forward.unsqueeze(1) * unit + ASIDE * aside
    move[:, 2] = 10.0 * (deep - state.tool_pos[:, 2])
    return torch.cat((move.clamp(-1.0, 1.0), torch.zeros_like(move[:, :1])), dim=1)


def fit(arm: Arm) -> dict[str, Callable[..., Tensor]]:
    """The hand's shape says how far behind the block it must be."""
    if arm is IIWA:
        return {}
    return {name: partial(function, tip=arm.tip) for name, function in FITTED.items()}


FITTED: dict[str, Callable[..., Tensor]] = {"observe": observe, "reward": reward, "script": script}
PUSH = Task(
    "push",
    *TASK_OUTLINES["push"],
    place=place,
    observe=observe,
    reward=reward,
    success=success,
    script=script,
    cues=(Cue("block_a", "goal", RADIUS), Cue("tool", "block_a", BLOCK_SIZE, weight=0.3)),
    columns=("goal", "block_a_to_goal", "tool_to_behind_block_a"),
    fit=fit,
)
