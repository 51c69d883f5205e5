"""What questions about wishes are asked: which wish, about clips of whom, which pairs first."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from armchair.agents.networks import ActorCritic
from armchair.config.teach import WishConfig
from armchair.envs.base import Env
from armchair.rewards.ensemble import RewardEnsemble
from armchair.store.store import Store
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
        asked = {name: self._store.counts(wish=name) for name in self._names}
        self._reward.about = min(self._names, key=lambda name: asked[name].asked + asked[name].open)
        return self._reward.judge

    def acting(self, net: ActorCritic, env: Env, rng: torch.Generator) -> Varied:
        """Who acts in the clips that are asked about next."""
        grips = GRIPPER in env.layout.scalars
        about = self._names.index(self._reward.about)
        weights = weights_of_pairs(env.num_envs, len(self._names), about, rng)
        return Varied(net, weights, env.horizon, grips, rng)

    def named(self, questions: Sequence[Question]) -> list[Question]:
        """The questions with the wish that they are about."""
        return [question._replace(wish=self._reward.about) for question in questions]
