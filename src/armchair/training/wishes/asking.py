"""What questions about wishes are asked: which wish, about clips of whom, which pairs first."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import torch

from armchair.agents.networks import ActorCritic
from armchair.config.teach import WishConfig
from armchair.envs.base import Env
from armchair.feedback import objections
from armchair.rewards.ensemble import RewardEnsemble
from armchair.store.store import Store
from armchair.training.asking.policy_history import STRATEGY
from armchair.training.wishes.reward import WishReward
from armchair.training.wishes.variety import Varied, weights_of_pairs
from armchair.types import Question

GRIPPER = "opening"  # among the scalars of tasks whose last action is the gripper's


class WishAsking:
    """Knows which wish is asked about now, for the querier."""

    def __init__(self, config: WishConfig, store: Store, reward: WishReward) -> None:
        self._store, self._reward, self._names = store, reward, tuple(config.asked)
        for name, question in config.asked.items():
            store.add_wish(name, question)

    @property
    def number(self) -> int:
        """Of wishes."""
        return len(self._names)

    def turn(self) -> RewardEnsemble | None:
        """The next questions are about the wish that has had the fewest so far. -> its model, if any."""
        self._reward.about = min(self._names, key=self._asked)
        return self._reward.judge

    def _asked(self, name: str) -> int:
        """Questions about a wish that were answered or wait, without those that follow objections."""
        counts = self._store.counts(wish=name)
        return counts.asked + counts.open - objections.more_of(self._store, name)

    def least_compared(self) -> RewardEnsemble | None:
        """The next questions compare with the skill, by the wish that has had the fewest such answers."""
        records = self._store.records(strategy=STRATEGY)
        given = [record.question.wish for record in records]
        self._reward.about = min(self._names, key=given.count)
        return self._reward.judge

    def by_turns(self, questions: Sequence[Question]) -> list[Question]:
        """The questions, one about each wish by turns."""
        names = itertools.cycle(self._names)
        return [question._replace(wish=name) for question, name in zip(questions, names, strict=False)]

    def owed(self) -> Mapping[str, int]:
        """Questions yet to put because somebody objected to what was understood, by wish."""
        return {name: number for name, number in objections.owed(self._store).items() if name in self._names}

    def about(self, wish: str) -> None:
        """The next questions are about this wish."""
        self._reward.about = wish

    def acting(self, net: ActorCritic, env: Env, rng: torch.Generator) -> Varied:
        """Who acts in the clips that are asked about next."""
        grips = GRIPPER in env.layout.scalars
        about = self._names.index(self._reward.about)
        weights = weights_of_pairs(env.num_envs, len(self._names), about, rng)
        return Varied(net, weights, env.horizon, grips, rng)

    def named(self, questions: Sequence[Question]) -> list[Question]:
        """The questions with the wish that they are about."""
        return [question._replace(wish=self._reward.about) for question in questions]
