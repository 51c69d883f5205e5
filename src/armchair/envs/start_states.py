"""Start states along demonstrations: a curriculum in which some episodes begin half-way through the task.

Their share shrinks: in `armchair train` as ordinary episodes succeed, to nothing when all of them do; in
`armchair teach`, where nobody knows success, over the run. They carry knowledge of the task into training,
so every figure that uses them says so. Evaluations never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.demonstrations import Demo

BINS = 8  # stages of a demonstration, equal shares of the way that is gone in it
SCALAR_WAY = 0.1  # m that a change of 1 in a visible number that is no place (gripper, tilt) counts as
SKILL_RATE = 0.01  # of the running mean of ordinary success: about the last hundred episodes
EPISODES = 256  # scripted ones that states come from where no demonstrations are given
MOST_BYTES = 256 * 2**20  # that the states may take: a row of PyBullet's has 50 kB, of MuJoCo's 2 kB


class Starts(NamedTuple):
    """S states that an episode may begin from, of one engine and task, for any control mode, by stage."""

    engine: Tensor  # (S, E) rows of the engine's snapshot
    goal: Tensor  # (S, 3)
    stage: Tensor  # (S,) int64 in [0, BINS)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Rows of n states: a stage is drawn first, so that each stage comes as often. -> (n,) int64."""
        counts = torch.bincount(self.stage, minlength=BINS)
        stages = counts.nonzero().squeeze(1)
        first = counts.cumsum(0) - counts
        chosen = stages[torch.randint(0, len(stages), (n,), generator=rng)]
        within = (torch.rand(n, generator=rng) * counts[chosen]).long()
        return first[chosen] + within


def starts_along(demos: Sequence[Demo], points: int) -> Starts:
    """All states of the demonstrations, by stage. points: how many places `visible` begins with.

    No reward is looked at: stages are shares of the way gone, and so those at rest are in one stage.
    """
    stage = torch.cat([stage_of(demo.visible, points) for demo in demos])
    order = stage.argsort(stable=True)
    engine = torch.cat([demo.engine for demo in demos])
    goal = torch.cat([demo.goal.expand(len(demo.engine), 3) for demo in demos])
    return Starts(engine[order], goal[order], stage[order])


def stage_of(visible: Tensor, points: int) -> Tensor:
    """The stage in which each action of an episode finds the arm. (T, F) after each action -> (T,) int64."""
    moved = visible.diff(dim=0)
    places = moved[:, : 3 * points].unflatten(1, (points, 3)).norm(dim=2).sum(1)
    gone = torch.cat((torch.zeros(1), (places + SCALAR_WAY * moved[:, 3 * points :].abs().sum(1)).cumsum(0)))
    # row t of `visible` is after action t; what action t finds is the row before
    before = torch.cat((torch.zeros(1), gone[:-1]))
    return (BINS * before / gone[-1].clamp_min(1e-6)).long().clamp(0, BINS - 1)


def scripted_episodes(row_bytes: int, horizon: int) -> int:
    """How many episodes of the script to take states from: as many as the memory for them allows."""
    return max(1, min(EPISODES, MOST_BYTES // (row_bytes * horizon)))
