"""Start states along demonstrations: a curriculum in which some episodes begin half-way through the task.

Their share shrinks: in `armchair train` as ordinary episodes succeed, to nothing when all of them do; in
`armchair teach`, where nobody knows success, over the run. They carry knowledge of the task into training,
so every figure that uses them says so. Evaluations never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import StartState
from armchair.envs.demonstrations import Demo
from armchair.errors import InvalidInput

BINS = 8  # stages of a demonstration, equal shares of the way that is gone in it
SCALAR_WAY = 0.1  # m that a change of 1 in a visible number that is no place (gripper, tilt) counts as
SKILL_RATE = 0.01  # of the running mean of ordinary success: about the last hundred episodes


class StagedStates(NamedTuple):
    """S states that an episode may begin from, of one engine and task, for any control mode, by stage."""

    state: StartState  # S rows
    stage: Tensor  # (S,) int64 in [0, BINS)

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Rows of n states: a stage is drawn first, so that each stage comes as often. -> (n,) int64."""
        counts = torch.bincount(self.stage, minlength=BINS)
        stages = counts.nonzero().squeeze(1)
        first = counts.cumsum(0) - counts
        chosen = stages[torch.randint(0, len(stages), (n,), generator=rng)]
        within = (torch.rand(n, generator=rng) * counts[chosen]).long()
        return first[chosen] + within


class AlongDemonstrations:
    """Lets a share of the episodes begin along demonstrations: see `armchair.envs.base.StartSampler`."""

    def __init__(self, states: StagedStates, share: float, num_envs: int) -> None:
        """share: of the episodes, while no ordinary one succeeds. Raises InvalidInput where it is none."""
        if not 0.0 <= share <= 1.0:
            raise InvalidInput(f"starts, a share of the episodes, must be in [0, 1], got {share}")
        self.states, self.share = states, share
        self.paced = True  # whether fewer begin there as ordinary ones succeed
        self.skill = torch.zeros(())  # share of ordinary episodes that succeeded of late
        self._along = torch.zeros(num_envs, dtype=torch.bool)  # whether the running episode began there

    @property
    def share_now(self) -> float:
        """Share of the episodes that begin along a demonstration now."""
        return self.share * (1.0 - float(self.skill))

    def begin(self, ids: Tensor, rng: torch.Generator) -> tuple[Tensor, StartState]:
        """Draw which of the copies `ids` (n,), which begin an episode, do so along a demonstration."""
        along = torch.rand(len(ids), generator=rng) < self.share_now
        self._along = self._along.index_copy(0, ids, along)
        rows = self.states.draw(int(along.sum()), rng)
        return ids[along], self.states.state.select(rows)

    def begin_alike(self, groups: Tensor, rng: torch.Generator) -> tuple[Tensor, StartState]:
        """The same for all copies, alike within each group (N,)."""
        count = int(groups.max()) + 1
        along, rows = torch.rand(count, generator=rng) < self.share_now, self.states.draw(count, rng)
        self._along = along[groups]
        some = self._along.nonzero().squeeze(1)
        return some, self.states.state.select(rows[groups][some])

    def ended(self, ids: Tensor, success: Tensor) -> None:
        """Take in how ordinary episodes ended, where that matters."""
        self.learn(success[~self._along[ids]])

    def learn(self, success: Tensor) -> None:
        """The same of ordinary ones alone, (n,) bool."""
        if self.paced and len(success):
            weight = 1.0 - (1.0 - SKILL_RATE) ** len(success)
            self.skill = self.skill + weight * (success.float().mean() - self.skill)

    def set_share(self, share: float) -> None:
        """Let this share of the episodes begin there from now on, whatever succeeds."""
        self.share, self.paced = share, False

    def tensors(self) -> dict[str, Tensor]:
        """All that its future depends on, by name."""
        return {"along": self._along.clone(), "skill": self.skill.clone()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._along, self.skill = tensors["along"].clone(), tensors["skill"].clone()


def states_along(demos: Sequence[Demo], points: int) -> StagedStates:
    """All states of the demonstrations, by stage. points: how many places `visible` begins with.

    No reward is looked at: stages are shares of the way gone, and so those at rest are in one stage.
    """
    stage = torch.cat([stage_of(demo.visible, points) for demo in demos])
    order = stage.argsort(stable=True)
    engine = torch.cat([demo.engine for demo in demos])
    goal = torch.cat([demo.goal.expand(len(demo.engine), 3) for demo in demos])
    return StagedStates(StartState(engine[order], goal[order]), stage[order])


def stage_of(visible: Tensor, points: int) -> Tensor:
    """The stage in which each action of an episode finds the arm. (T, F) after each action -> (T,) int64."""
    moved = visible.diff(dim=0)
    places = moved[:, : 3 * points].unflatten(1, (points, 3)).norm(dim=2).sum(1)
    gone = torch.cat((torch.zeros(1), (places + SCALAR_WAY * moved[:, 3 * points :].abs().sum(1)).cumsum(0)))
    # row t of `visible` is after action t; what action t finds is the row before
    before = torch.cat((torch.zeros(1), gone[:-1]))
    return (BINS * before / gone[-1].clamp_min(1e-6)).long().clamp(0, BINS - 1)
