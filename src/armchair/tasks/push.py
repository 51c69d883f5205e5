"""Push: slide a block over the table to a disc, with the gripper shut."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.maths import closeness
from armchair.offers.catalogue import TASK_OUTLINES
from armchair.tasks.base import Task, observe_scene, spawn, spawn_apart, start_layout
from armchair.tasks.cues import Cue
from armchair.tasks.scripting import choose, go, raised
from armchair.types import ArmState, Layout
from armchair.world import BLOCK_SIZE

RADIUS = 0.05  # m
TRAVEL = 0.10  # m, least distance between the block and the goal at the start
BEHIND = BLOCK_SIZE / 2 + 0.012  # m, from the block's centre to where pushing begins


def layout(rng: torch.Generator, n: int) -> Layout:
    """Block and goal on the table, at least 10 cm apart."""
    goal = spawn(rng, n)
    block = spawn_apart(rng, goal, TRAVEL)
    height = torch.full((n, 1), BLOCK_SIZE / 2)
    return start_layout(rng, block.unsqueeze(1), torch.cat((goal, height), dim=1))


def observe(state: ArmState, goal: Tensor) -> Tensor:
    """Tool, block, goal, and the offsets from one to the next. -> (N, 29)."""
    block = state.block_pos[:, 0]
    start = behind(block, goal, BEHIND)
    return observe_scene(state, goal, goal - block, start - state.tool_pos, gripper=False)


def behind(block: Tensor, goal: Tensor, distance: float) -> Tensor:
    """The point `distance` m from the block's centre on the far side from the goal. (N, 3) -> (N, 3)."""
    offset = (goal - block)[:, :2]
    unit = offset / offset.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return torch.cat((block[:, :2] - distance * unit, block[:, 2:]), dim=1)


def to_go(state: ArmState, goal: Tensor) -> Tensor:
    """Distance of the block from the goal. -> (N,) m."""
    return (goal - state.block_pos[:, 0]).norm(dim=1)


def reward(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
    """0.3 for the tool behind the block (all of it once the block is there), 0.7 for the block. -> (N,)."""
    distance = to_go(state, goal)
    start = behind(state.block_pos[:, 0], goal, BEHIND)
    ready = closeness((start - state.tool_pos).norm(dim=1), 5.0)
    return 0.3 * torch.where(distance < 0.03, 1.0, ready) + 0.7 * closeness(distance, 6.0)


def success(state: ArmState, goal: Tensor) -> Tensor:
    """The block within 5 cm of the goal. -> (N,) bool."""
    return to_go(state, goal) < RADIUS


def script(state: ArmState, goal: Tensor) -> Tensor:
    """Fly behind the block, come down, push; rise once the block is there. -> (N, 4)."""
    block, tool = state.block_pos[:, 0], state.tool_pos
    start = behind(block, goal, BEHIND + 0.02)
    unit = (block - start) / (BEHIND + 0.02)
    lag = ((block - tool) * unit).sum(1)  # how far the tool is behind the block
    aside = raised(block - tool - lag.unsqueeze(1) * unit, 0.0)  # from the tool to the line of pushing
    off_line = aside.norm(dim=1)
    behind_it = (tool[:, 2] < 0.05) & (lag > BLOCK_SIZE / 2) & (off_line < 0.015)
    low = tool[:, 2] < 0.07
    over_start = (start - tool)[:, :2].norm(dim=1) < torch.where(low, 0.03, 0.015)
    too_low = low & ~over_start
    climb = go(state, raised(tool, 0.12), 0.0)
    approach = go(state, raised(start, torch.where(over_start, 0.02, 0.09)), 0.0)
    approach = choose(too_low, climb, approach)
    push = choose(behind_it, _push(state, unit, aside, to_go(state, goal)), approach)
    return choose(to_go(state, goal) < 0.02, climb, push)


def _push(state: ArmState, unit: Tensor, aside: Tensor, distance: Tensor) -> Tensor:
    """Forward along `unit`, the slower the farther off the line, and back to the line. -> (N, 4)."""
    forward = (8.0 * distance).clamp(0.15, 0.45) * (1.0 - aside.norm(dim=1) / 0.015).clamp_min(0.0)
    move = forward.unsqueeze(1) * unit + 60.0 * aside
    move[:, 2] = 10.0 * (0.022 - state.tool_pos[:, 2])
    return torch.cat((move.clamp(-1.0, 1.0), torch.zeros_like(move[:, :1])), dim=1)


PUSH = Task(
    "push",
    *TASK_OUTLINES["push"],
    layout=layout,
    observe=observe,
    reward=reward,
    success=success,
    script=script,
    cues=(Cue("block_a", "goal", RADIUS), Cue("tool", "block_a", BLOCK_SIZE, weight=0.3)),
    columns=("goal", "block_a_to_goal", "tool_to_behind_block_a"),
)
