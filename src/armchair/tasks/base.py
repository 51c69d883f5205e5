"""What a task is: a handful of pure functions of the arm's state, with no simulator behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from armchair.arms import IIWA, Arm
from armchair.errors import InvalidInput
from armchair.maths import quat_from_yaw, uniform, up_axis, yaw_of
from armchair.tasks.cues import Cue
from armchair.types import ArmState, Layout, VisibleLayout
from armchair.world import BLOCK_SIZE, MAX_OPENING, GoalMarker, block_names

SPEED = "_speed"  # how the names of speeds end
START_NOISE = 0.04  # rad, uniform about the home posture
BLOCK_YAW = 0.26  # rad, blocks start turned by up to ±15°


def unfitted(arm: Arm) -> Mapping[str, Callable[..., Tensor]]:
    """Nothing of a task depends on the hand."""
    return {}


@dataclass(frozen=True)
class Task:
    """A task. Its functions take a state of N arms and the goals (N, 3)."""

    name: str
    question: str
    """What a person is asked about two clips; over the whole clip, since that is what rewards add up over."""
    num_blocks: int
    uses_gripper: bool  # if not, the gripper stays shut and is not simulated
    horizon: int  # control steps in an episode; success never ends one
    goal_marker: GoalMarker  # how the goal is drawn
    place: Callable[[Arm, torch.Generator, int], Layout]
    """Where things stand at the start of n episodes of this arm, and what is asked for."""
    observe: Callable[[ArmState, Tensor], Tensor]
    """-> (N, D): what the policy sees, without what the control mode adds."""
    reward: Callable[[ArmState, Tensor, Tensor], Tensor]
    """State, goal, action -> (N,) in [0, 1], dense and rising with every stage of the task."""
    success: Callable[[ArmState, Tensor], Tensor]
    """-> (N,) bool, the criterion holds now."""
    script: Callable[[ArmState, Tensor], Tensor]
    """-> (N, 4) actions of the `tool` control mode that solve the task, from any state."""
    cues: tuple[Cue, ...]
    """What to look at: the first decides the task, the others lead to it."""
    motion: bool = False
    """Whether speeds are in `visible`: preferences about them can be learned from nothing else."""
    columns: tuple[str, ...] = ()
    """What `observe` has after the scene, as `observe_scene` begins: places and ways of 3 numbers each."""
    arm: Arm = IIWA
    """Whose task it is: it says where things can be."""
    fit: Callable[[Arm], Mapping[str, Callable[..., Tensor]]] = unfitted
    """Those of its functions that depend on the shape of the hand, for this arm, by name."""

    def layout(self, rng: torch.Generator, n: int) -> Layout:
        """Where things stand when n episodes begin, and what is asked for."""
        return self.place(self.arm, rng, n)

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points that a person sees: the first 3 numbers of `visible` for each, in order."""
        return ("tool", *block_names(self.num_blocks), *(("goal",) if self.goal_marker != "none" else ()))

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

    @property
    def visible_layout(self) -> VisibleLayout:
        """What the numbers of `visible` mean; all scalars but the speeds are pure numbers."""
        units = tuple("m/s" if name.endswith(SPEED) else "" for name in self.scalars)
        return VisibleLayout(self.points, self.scalars, units)

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
        low, high = self.arm.space.table_low, self.arm.space.table_high
        off_x = (x < low[0]) | (x > high[0])
        return (off_x | (y < low[1]) | (y > high[1])).any(1)


def start_layout(arm: Arm, rng: torch.Generator, block_xy: Tensor, goal: Tensor) -> Layout:
    """The arm near home, the gripper shut, blocks flat on the table at (n, K, 2), goals (n, 3)."""
    n, blocks = block_xy.shape[:2]
    noise = START_NOISE * (2.0 * torch.rand(n, arm.num_joints, generator=rng) - 1.0)
    height = torch.full((n, blocks, 1), BLOCK_SIZE / 2)
    yaw = BLOCK_YAW * (2.0 * torch.rand(n, blocks, generator=rng) - 1.0)
    return Layout(
        torch.tensor(arm.home) + noise,
        torch.zeros(n),
        torch.cat((block_xy, height), -1),
        quat_from_yaw(yaw),
        goal,
    )


def spawn(arm: Arm, rng: torch.Generator, n: int) -> Tensor:
    """Places on the table for a block or a goal. -> (n, 2) m."""
    return uniform(rng, arm.space.spawn_low, arm.space.spawn_high, n)


def spawn_apart(arm: Arm, rng: torch.Generator, other: Tensor, distance: float) -> Tensor:
    """Places at least `distance` m from the places `other`, drawn again where not. (n, 2) -> (n, 2)."""
    places = spawn(arm, rng, len(other))
    for _ in range(100):
        near = (places - other).norm(dim=1) < distance
        if not bool(near.any()):
            return places
        places = torch.where(near.unsqueeze(1), spawn(arm, rng, len(other)), places)
    low, high = arm.space.spawn_low, arm.space.spawn_high
    raise InvalidInput(
        f"{arm.name}: there is no room for two things {100 * distance:.0f} cm apart on the table between {low} "
        f"and {high}: make 'spawn' wider"
    )


def observe_scene(state: ArmState, *more: Tensor, gripper: bool) -> Tensor:
    """What a policy sees: tool, gripper if it is used, blocks, then the columns a task adds. -> (N, D).

    Tool: position, half its velocity. Gripper: how far it is open and was told to be, over its stroke. Each
    block: position, offset from the tool, heading, up axis, velocity; 14 numbers.
    """
    parts = [state.tool_pos, 0.5 * state.tool_vel]
    if gripper:
        parts.append(torch.stack((state.opening, state.opening_target), dim=1) / MAX_OPENING)
    if state.block_pos.shape[1]:
        parts.append(_observe_blocks(state))
    return torch.cat((*parts, *more), dim=1)


def _observe_blocks(state: ArmState) -> Tensor:
    pos, quat = state.block_pos, state.block_quat
    yaw = 4.0 * yaw_of(quat).unsqueeze(-1)
    offset = pos - state.tool_pos.unsqueeze(1)
    parts = (pos, offset, torch.cos(yaw), torch.sin(yaw), up_axis(quat), state.block_vel)
    return torch.cat(parts, dim=-1).flatten(1)
