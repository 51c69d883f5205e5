"""What a task is: a handful of pure functions of the arm's state, with no simulator behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from armchair.maths import quat_from_yaw, uniform, uniform_yaw, up_axis, yaw_of
from armchair.types import ArmState, Layout
from armchair.world import BLOCK_SIZE, HOME, MAX_OPENING

GoalMarker = Literal["ball", "disc", "cube", "none"]

SPEED = "_speed"  # how the names of speeds end
START_NOISE = 0.04  # rad, uniform about the home posture
BLOCK_YAW = 0.26  # rad, blocks start turned by up to ±15°
SPAWN_LOW, SPAWN_HIGH = (0.47, -0.18), (0.66, 0.18)  # m, where blocks start
TABLE_LOW, TABLE_HIGH = (0.15, -0.60), (0.95, 0.60)  # m, a block outside of this is lost


@dataclass(frozen=True)
class Task:
    """A task. Its functions take a state of N arms and the goals (N, 3)."""

    name: str
    question: str  # what a person is asked about two clips
    num_blocks: int
    uses_gripper: bool  # if not, the gripper stays shut and is not simulated
    horizon: int  # control steps in an episode; success never ends one
    goal_marker: GoalMarker  # how the goal is drawn
    layout: Callable[[torch.Generator, int], Layout]
    observe: Callable[[ArmState, Tensor], Tensor]
    """-> (N, D): what the policy sees, without what the control mode adds."""
    reward: Callable[[ArmState, Tensor, Tensor], Tensor]
    """State, goal, action -> (N,) in [0, 1], dense and rising with every stage of the task."""
    success: Callable[[ArmState, Tensor], Tensor]
    """-> (N,) bool, the criterion holds now."""
    script: Callable[[ArmState, Tensor], Tensor]
    """-> (N, 4) actions of the `tool` control mode that solve the task, from any state."""
    motion: bool = False
    """Whether speeds are among what a person sees: wishes about them can be learned from nothing else."""

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points that a person sees: the first 3 numbers of `visible` for each, in order."""
        blocks = tuple(f"block_{chr(ord('a') + k)}" for k in range(self.num_blocks))
        return ("tool", *blocks, *(("goal",) if self.goal_marker != "none" else ()))

    @property
    def scalars(self) -> tuple[str, ...]:
        """Names of the other numbers of `visible`, in order."""
        names = ["opening"] if self.uses_gripper else []
        for point in self.points:
            if point.startswith("block"):
                names += [f"{point}_up_z", f"{point}_cos4yaw", f"{point}_sin4yaw"]
        if self.motion:
            names += [point + SPEED for point in self.points if point != "goal"]
        return tuple(names)

    def visible(self, state: ArmState, goal: Tensor) -> Tensor:
        """What a person can see in a picture, and so all that a reward model is given. -> (N, F).

        World positions in m of `points`, then `scalars`: the gripper's opening over its stroke, and of
        each block how upright it is and its heading (four times the angle: a cube looks the same after a
        quarter turn); with `motion` the speeds in m/s of the tool and of each block.
        """
        parts = [state.tool_pos, state.block_pos.flatten(1)]
        if self.goal_marker != "none":
            parts.append(goal)
        if self.uses_gripper:
            parts.append(state.opening.unsqueeze(1) / MAX_OPENING)
        if self.num_blocks:
            upright = up_axis(state.block_quat)[..., 2]
            yaw = 4.0 * yaw_of(state.block_quat)
            parts.append(torch.stack((upright, torch.cos(yaw), torch.sin(yaw)), -1).flatten(1))
        if self.motion:
            parts += [state.tool_vel.norm(dim=1, keepdim=True), state.block_vel.norm(dim=2)]
        return torch.cat(parts, dim=1)

    def lost(self, state: ArmState) -> Tensor:
        """Where a block has left the table: the episode cannot be saved. -> (N,) bool."""
        if not self.num_blocks:
            return torch.zeros_like(state.opening, dtype=torch.bool)
        x, y = state.block_pos[..., 0], state.block_pos[..., 1]
        off_x = (x < TABLE_LOW[0]) | (x > TABLE_HIGH[0])
        return (off_x | (y < TABLE_LOW[1]) | (y > TABLE_HIGH[1])).any(1)


def start_layout(rng: torch.Generator, block_xy: Tensor, goal: Tensor) -> Layout:
    """The arm near home, the gripper shut, blocks flat on the table at (n, K, 2), goals (n, 3)."""
    n, blocks = block_xy.shape[:2]
    noise = START_NOISE * (2.0 * torch.rand(n, 7, generator=rng) - 1.0)
    height = torch.full((n, blocks, 1), BLOCK_SIZE / 2)
    quat = quat_from_yaw(uniform_yaw(rng, n * blocks, BLOCK_YAW).reshape(n, blocks))
    return Layout(torch.tensor(HOME) + noise, torch.zeros(n), torch.cat((block_xy, height), -1), quat, goal)


def spawn(rng: torch.Generator, n: int) -> Tensor:
    """Places on the table for a block or a goal. -> (n, 2) m."""
    return uniform(rng, SPAWN_LOW, SPAWN_HIGH, n)


def spawn_apart(rng: torch.Generator, other: Tensor, distance: float) -> Tensor:
    """Places at least `distance` m from the places `other`, drawn again where not. (n, 2) -> (n, 2)."""
    places = spawn(rng, len(other))
    for _ in range(100):
        near = (places - other).norm(dim=1) < distance
        if not bool(near.any()):
            return places
        places = torch.where(near.unsqueeze(1), spawn(rng, len(other)), places)
    raise AssertionError(f"no place {distance} m from another one on the table")


def observe_blocks(state: ArmState) -> Tensor:
    """What a policy sees of each block: place, way from the tool, heading, up, velocity. -> (N, 14 K)."""
    pos, quat = state.block_pos, state.block_quat
    yaw = 4.0 * yaw_of(quat).unsqueeze(-1)
    way = pos - state.tool_pos.unsqueeze(1)
    parts = (pos, way, torch.cos(yaw), torch.sin(yaw), up_axis(quat), state.block_vel)
    return torch.cat(parts, dim=-1).flatten(1)


def observe_gripper(state: ArmState) -> Tensor:
    """How far the gripper is open and was told to be, over its stroke. -> (N, 2)."""
    return torch.stack((state.opening, state.opening_target), dim=1) / MAX_OPENING


def grasped(state: ArmState, k: int) -> Tensor:
    """Block k is held: the pads at its width, the tool within 3 cm of it, told to shut. -> (N,) bool."""
    wide = (state.opening - BLOCK_SIZE).abs() < 0.008
    near = (state.block_pos[:, k] - state.tool_pos).norm(dim=1) < 0.03
    return wide & near & (state.opening_target < 0.5 * MAX_OPENING)


# ---- pieces of the scripted solvers

SCRIPT_GAIN = 15.0  # 1/m: full speed when farther than 7 cm; higher gains overshoot


def go(state: ArmState, place: Tensor, grip: float | Tensor) -> Tensor:
    """The action that moves the tool towards `place` (N, 3); grip -1 shuts, +1 opens. -> (N, 4)."""
    move = (SCRIPT_GAIN * (place - state.tool_pos)).clamp(-1.0, 1.0)
    if not isinstance(grip, Tensor):
        grip = torch.full_like(state.opening, grip)
    return torch.cat((move, grip.unsqueeze(1)), dim=1)


def raised(place: Tensor, height: float | Tensor) -> Tensor:
    """`place` (N, 3) lifted to this height in m above the table."""
    lifted = place.clone()
    lifted[:, 2] = height
    return lifted


def choose(when: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Rows of `first` where `when` (N,) holds, else of `second`."""
    return torch.where(when.unsqueeze(1), first, second)


def pick_up(state: ArmState, k: int) -> Tensor:
    """Hover over block k with the gripper open, come down, shut. -> (N, 4)."""
    block = state.block_pos[:, k]
    offset = (block - state.tool_pos)[:, :2].norm(dim=1)
    above = state.tool_pos[:, 2] > block[:, 2] + 0.03
    hover = go(state, raised(block, block[:, 2] + 0.10), 1.0)
    down = go(state, block, 1.0)
    near = (block - state.tool_pos).norm(dim=1) < 0.012
    shut = go(state, block, -1.0)
    lower = (offset < 0.012) | (~above & (offset < 0.02))
    return choose(near, shut, choose(lower, down, hover))
