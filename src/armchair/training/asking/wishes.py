"""What the querier must know of wishes: see `armchair.training.wishes.asking`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch

from armchair.agents.networks import ActorCritic
from armchair.envs.base import Env, Policy
from armchair.rewards.ensemble import RewardEnsemble
from armchair.types import Question

FIRST = "different"  # the strategy of the first questions, when nothing is known of a wish


class Wishes(Protocol):
    """Which wish is asked about now."""

    @property
    def number(self) -> int:
        """Of wishes."""
        ...

    def turn(self) -> RewardEnsemble | None:
        """The next questions are about another wish. -> its model, if there is one."""
        ...

    def least_compared(self) -> RewardEnsemble | None:
        """The next questions compare with the skill, by the wish of which most is still to be known."""
        ...

    def by_turns(self, questions: Sequence[Question]) -> list[Question]:
        """The questions, one about each wish by turns."""
        ...

    def owed(self) -> Mapping[str, int]:
        """Questions yet to put because somebody objected to what was understood, by wish."""
        ...

    def about(self, wish: str) -> None:
        """The next questions are about this wish."""
        ...

    def acting(self, net: ActorCritic, env: Env, rng: torch.Generator) -> Policy:
        """Who acts in the clips that are asked about next."""
        ...

    def named(self, questions: Sequence[Question]) -> list[Question]:
        """The questions with the wish that they are about."""
        ...
