"""Stack: put block A on block B and let go."""

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

APART = 0.11  # m, least distance between the blocks at the start
ALIGNED = 0.02  # m, farthest that A's centre may be from B's, seen from above
RELEASED = BLOCK_SIZE + 0.012  # m, gap between the pads that no longer touch the block


def place(arm: Arm, rng: torch.Generator, n: int) -> Layout:
    """Both blocks on the table; the goal is where A must come to rest, on B as it stands at the start."""
    a = spawn(arm, rng, n)
    b = spawn_apart(arm, rng, a, APART)
    goal = torch.cat((b, torch.full((n, 1), 1.5 * BLOCK_SIZE)), dim=1)
    return start_layout(arm, rng, torch.stack((a, b), dim=1), goal)


def observe(state: ArmState, goal: Tensor) -> Tensor:
    """Tool, gripper, both blocks, and the offset of A from its place on B. -> (N, 39)."""
    return observe_scene(state, on_b(state) - state.block_pos[:, 0], gripper=True)


def on_b(state: ArmState) -> Tensor:
    """Where A's centre is when it stands on B, wherever B is now. -> (N, 3) m."""
    top = state.block_pos[:, 1].clone()
    top[:, 2] += BLOCK_SIZE
    return top


def placed(state: ArmState) -> Tensor:
    """Whether A stands on B, held or not. -> (N,) bool."""
    return _on_top(on_b(state) - state.block_pos[:, 0])


def _on_top(gap: Tensor) -> Tensor:
    """The same, from the offset (N, 3) of A from its place."""
    return (gap[:, :2].norm(dim=1) < ALIGNED) & (gap[:, 2].abs() < 0.008)


def success(state: ArmState, goal: Tensor) -> Tensor:
    """A rests on B and the gripper has let go of it. -> (N,) bool."""
    return placed(state) & _released(state)


def _released(state: ArmState) -> Tensor:
    """A is still, and the gripper is open or away from it. -> (N,) bool."""
    still = state.block_vel[:, 0].norm(dim=1) < 0.05
    far = (state.tool_pos - state.block_pos[:, 0]).norm(dim=1) > 0.06
    return still & ((state.opening > RELEASED) | far)


def reward(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
    """Reach A, hold it, lift and carry it over B, set it down, let go: each stage above the last. -> (N,).

    While A is held the height asked for rises with the distance from B (so that A goes over and not
    against B), and closeness in the plane counts only as far as A is high enough.
    """
    a = state.block_pos[:, 0]
    gap = on_b(state) - a
    offset = gap[:, :2].norm(dim=1)
    height = a[:, 2] - BLOCK_SIZE / 2
    need = BLOCK_SIZE + 0.04 * ((offset - 0.015) / 0.045).clamp(0.0, 1.0)
    high = closeness((height - need).abs(), 8.0)
    over = 0.5 * closeness(offset, 5.0) + 0.5 * closeness(offset, 20.0)
    carrying = 0.3 + 0.15 * high + 0.3 * (height / need).clamp(0.0, 1.0) * high * over
    reaching = 0.15 * closeness((a - state.tool_pos).norm(dim=1), 5.0)
    value = torch.where(grasped(state, 0), carrying, reaching)
    letting_go = 0.76 + 0.09 / RELEASED * state.opening.clamp(0.0, RELEASED)
    rested = torch.where(_released(state), 1.0, letting_go)
    return torch.where(_on_top(gap), rested, value)


def script(state: ArmState, goal: Tensor) -> Tensor:
    """Pick A up, carry it over B, set it down, let go, rise. -> (N, 4)."""
    a, tool = state.block_pos[:, 0], state.tool_pos
    gap = on_b(state) - a
    offset = gap[:, :2].norm(dim=1)
    grip = tool - a  # where the tool is, seen from the block it holds
    high_enough = a[:, 2] > on_b(state)[:, 2] + 0.02
    up = go(state, raised(tool, tool[:, 2] + 0.06), -1.0)
    over = go(state, raised(on_b(state), on_b(state)[:, 2] + 0.04) + grip, -1.0)
    down = go(state, on_b(state) + grip, -1.0)
    down[:, 2] = down[:, 2].clamp_min(-0.4) - 0.06
    carry = choose(offset < 0.008, down, choose(high_enough, over, up))
    leave = go(state, raised(a + grip, a[:, 2] + 0.12), 1.0)
    stay = go(state, tool, 1.0)
    let_go = choose(state.opening > RELEASED, leave, stay)
    rest = (offset < ALIGNED) & (gap[:, 2].abs() < 0.006)
    return choose(rest, let_go, choose(grasped(state, 0), carry, pick_up(state, 0)))


STACK = Task(
    "stack",
    *TASK_OUTLINES["stack"],
    place=place,
    observe=observe,
    reward=reward,
    success=success,
    script=script,
    cues=(
        Cue("block_a", "block_b", ALIGNED, above=BLOCK_SIZE),
        Cue("tool", "block_a", BLOCK_SIZE / 2, weight=0.3),
    ),
    columns=("block_a_to_place_on_block_b",),
)
