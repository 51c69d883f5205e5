"""A second policy, which begins anew on the learned reward: the way out for one that has locked itself in.

The first fits rest on few answers, and what they get wrong the policy learns. It may then stay where later
and better rewards lead nowhere from, such as beside a block that it was taught not to touch, while a policy
that knows nothing learns the same reward. So once in a run one is trained for as many updates as there have
been, and takes over if what it does is worth more to the reward model. Nothing else decides: neither the
task's own reward nor its success. With `schedule.rival_if: better_known` it is spared where none of the clips
that were answered is worth more than what the policy does: then nothing tells that it is stuck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from armchair.envs.base import Env
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import Running, check_rollout, collect
from armchair.store.store import Store
from armchair.training.policy_learner import PolicyLearner
from armchair.training.reward_learner import RewardLearner
from armchair.types import PreferenceBatch

MARGIN = 1.0
"""By how many standard deviations of the learned reward over usual states the rival must do better."""


class Contest(NamedTuple):
    """What a policy that began anew came to."""

    better: PolicyLearner
    own: float  # mean learned reward of a step, over whole episodes without exploration
    rivals: float
    steps: int  # of the environment
    wins: bool  # the rival

    def __str__(self) -> str:
        """In words, for whoever watches."""
        worth = (
            f"worth {self.rivals:.2f} by what was learned of the answers, the policy so far {self.own:.2f}"
        )
        return f"a policy that began anew is {worth}: {'it takes over' if self.wins else 'that stays'}"


def contest(
    policy: PolicyLearner,
    reward: RewardLearner,
    store: Store,
    updates: int,
    last: int,
    goes_on: Callable[[], bool],
) -> Contest | None:
    """When it is time, train a rival of `policy` in the same copies for as many updates, and keep the better.

    Afterwards all copies stand at the beginning of episodes. updates: so far, of `last`. goes_on: asked
    before every update. store: of the answers that the reward was learned of. -> None where there is no
    contest, or `goes_on` said no. Raises NotFinite where numbers go wrong.
    """
    config, model = policy.config, reward.model
    share = 0.0 if config.policy or config.demonstrations.source else config.schedule.rival
    if not share or model is None or updates != max(1, round(share * last)):
        return None
    env = policy.env
    if config.schedule.rival_if == "better_known":
        better = (
            best_known(model, reward.given(store)) > _worth(env, policy, model) + MARGIN * model.config.std
        )
        policy.begin_again()
        if not better:
            return None
    rival = policy.beginner(updates)
    for _ in range(updates):
        if not goes_on():
            policy.begin_again()
            return None
        rollout, _ = rival.act()
        rollout = rollout._replace(reward=model.to(env.device).mean(rollout.visible))
        check_rollout(rollout)
        rival.learn(rollout, new_reward=False, critic_only=False, imitation=None)
    own, rivals = (_worth(env, learner, model) for learner in (policy, rival))
    for learner in (policy, rival):
        learner.begin_again()
    steps = updates * rival.steps + 2 * env.horizon * env.num_envs
    wins = rivals > own + MARGIN * model.config.std
    return Contest(rival if wins else policy, own, rivals, steps, wins)


def best_known(model: RewardEnsemble, answers: PreferenceBatch) -> float:
    """Mean learned reward of a step of the clip that is worth most."""
    clips = torch.cat((answers.left, answers.right))  # (2 n, L, F)
    return float(model.to(clips.device).mean(clips).mean(1).max())


def _worth(env: Env, learner: PolicyLearner, model: RewardEnsemble) -> float:
    """Mean learned reward of a step, over an episode in every copy."""
    net, running = learner.agent.net, Running(env.reset())
    unknown = torch.zeros(env.num_envs, device=env.device)  # log densities, which nobody asks for
    rollout, _ = collect(env, lambda obs: (net.best(obs), unknown), env.horizon, running)
    return float(model.to(env.device).mean(rollout.visible).mean())
