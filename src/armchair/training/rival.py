"""A second policy, which begins anew on the learned reward: the way out for one that has locked itself in.

The first fits rest on few answers, and what they get wrong the policy learns. It may then stay where later
and better rewards lead nowhere from, such as beside a block that it was taught not to touch, while a policy
that knows nothing learns the same reward. So once in a run one is trained for as many updates as there have
been, and takes over if what it does is worth more to the reward model. Nothing else decides: neither the
task's own reward nor its success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from armchair.envs.base import Env
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import Running, check_rollout, collect
from armchair.training.policy_learner import PolicyLearner

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
    model: RewardEnsemble | None,
    updates: int,
    last: int,
    goes_on: Callable[[], bool],
) -> Contest | None:
    """When it is time, train a rival of `policy` in the same copies for as many updates, and keep the better.

    Afterwards all copies stand at the beginning of episodes. updates: so far, of `last`. goes_on: asked
    before every update. -> None where there is no contest, or it said no. Raises NotFinite where
    numbers go wrong.
    """
    config = policy.config
    share = 0.0 if config.policy or config.demonstrations.source else config.schedule.rival
    if not share or model is None or updates != max(1, round(share * last)):
        return None
    env, rival = policy.env, policy.beginner(updates)
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


def _worth(env: Env, learner: PolicyLearner, model: RewardEnsemble) -> float:
    """Mean learned reward of a step, over an episode in every copy."""
    net, running = learner.agent.net, Running(env.reset())
    unknown = torch.zeros(env.num_envs, device=env.device)  # log densities, which nobody asks for
    rollout, _ = collect(env, lambda obs: (net.best(obs), unknown), env.horizon, running)
    return float(model.to(env.device).mean(rollout.visible).mean())
