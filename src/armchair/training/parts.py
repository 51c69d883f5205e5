"""What a run of teaching is put together from: policy, reward and questions, of a skill or of wishes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from armchair.config.teach import TeachConfig
from armchair.envs.demonstrations import Demo
from armchair.envs.spec import TaskSpec
from armchair.feedback.teachers import Teacher
from armchair.maths import generator
from armchair.store.store import Store
from armchair.training.asking.querying import Querier
from armchair.training.environments import Envs
from armchair.training.policy_learner import PolicyLearner
from armchair.training.reward_learner import RewardLearner
from armchair.training.wishes.asking import WishAsking
from armchair.training.wishes.history import SkillHistory
from armchair.training.wishes.learner import WishLearner
from armchair.training.wishes.reward import WishReward
from armchair.training.wishes.shown import shown_actions, shown_preferences, skill_episodes
from armchair.training.wishes.skill import load_skill


class Parts(NamedTuple):
    """They share nothing but the store and the environments."""

    policy: PolicyLearner
    reward: RewardLearner
    querier: Querier


def parts_of(
    config: TeachConfig,
    spec: TaskSpec,
    envs: Envs,
    store: Store,
    teacher: Teacher | None,
    demos: Sequence[Demo],
) -> Parts:
    """The parts of a run of this configuration.

    teacher: None where people answer. demos: what is shown of a wish, if anything.
    """
    querier = Querier(config, spec, envs.film, store, teacher)
    if not config.wishes.asked:
        return Parts(PolicyLearner(config, envs.train), RewardLearner(config, envs.train.layout), querier)
    skill = load_skill(config)
    reward = WishReward(config, skill.model, store)
    policy = WishLearner(config, envs.train, skill.net)
    if demos:
        own = skill_episodes(envs.report, skill.net, config.seed)
        rng, length = generator(config.seed, "shown"), config.queries.clip_length
        reward.shown = shown_preferences(demos, own, skill.model, length, rng)
        policy.shown = shown_actions(demos)
    querier.wishes = WishAsking(config.wishes, store, reward)
    querier.history = SkillHistory(skill.net, len(config.wishes.asked))
    return Parts(policy, reward, querier)
