"""A second policy, which begins anew on the learned reward: the way out for one that has locked itself in.

The first fits rest on few answers, and what they get wrong the policy learns. It may then stay where later
and better rewards lead nowhere from, such as beside a block that it was taught not to touch, while a policy
that knows nothing learns the same reward. So once in a run one is trained for as many updates as there have
been, and takes over if what it does is worth more to the reward model. Nothing else decides: neither the
task's own reward nor its success. With `schedule.rival_if: better_known` it is spared where none of the clips
that were answered is worth more than the best of what the policy does: nothing tells that it is stuck then.
Such a rival begins as an imitation of the wandering of the first films, of those steps that led to more
reward above all: one that knows nothing would often lock itself in as the first one did. It has the way
already that others look for, so in long runs it is trained for fewer updates, `IMITATOR`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.behaviour_cloning import CloningConfig, ImitationTerm, imitate
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import Running, check_rollout, collect
from armchair.training.asking.querying import Querier
from armchair.training.asking.wandered import Shown, Wandered
from armchair.training.policy_learner import PolicyLearner
from armchair.training.reward_learner import RewardLearner
from armchair.types import PreferenceBatch

MARGIN = 1.0
"""By how many standard deviations of the learned reward over usual states the rival must do better."""
CLONING = CloningConfig(updates=1500, std=0.5)  # of the wandering, which is about as noisy
CRITIC_FIRST = 4  # updates of the critic alone, before a rival that imitates is changed
PULL = 0.3  # towards what is imitated, at first
LED = 0.6  # of the rival's updates, after which nothing pulls it
IMITATOR = 40  # updates at most of a rival that imitates


class Contest(NamedTuple):
    """What a policy that began anew came to."""

    better: PolicyLearner
    own: float  # mean learned reward of a step, over whole episodes without exploration
    rivals: float | None  # the same of the rival; None where none was begun
    steps: int  # of the environment
    wins: bool  # the rival

    def __str__(self) -> str:
        """In words, for whoever watches."""
        if self.rivals is None:
            return f"no clip is worth more than the policy, {self.own:.2f} on average: no rival begins"
        worth = (
            f"worth {self.rivals:.2f} by what was learned of the answers, the policy so far {self.own:.2f}"
        )
        return f"a policy that began anew is {worth}: {'it takes over' if self.wins else 'that stays'}"


def contest(
    policy: PolicyLearner,
    reward: RewardLearner,
    querier: Querier,
    updates: int,
    last: int,
    goes_on: Callable[[], bool],
) -> Contest | None:
    """When it is time, train a rival of `policy` in the same copies, and keep the better of the two.

    It has as many updates as there have been, at most `IMITATOR` where it begins as an imitation. Afterwards
    all copies stand at the beginning of episodes. updates: so far, of `last`. goes_on: asked before every
    update. querier: knows what was filmed and answered. -> None where there is no contest, or `goes_on` said
    no. Raises NotFinite where numbers go wrong.
    """
    config, model = policy.config, reward.model
    share = 0.0 if config.policy or config.demonstrations.source else config.schedule.rival
    if not share or model is None or updates != max(1, round(share * last)):
        return None
    env, steps = policy.env, 0
    if config.schedule.rival_if == "better_known":
        played = _played(policy, model)
        policy.begin_again()
        best, steps = best_stretch(played, config.queries.clip_length), played.numel()
        if best_known(model, reward.given(querier.store)) <= best + MARGIN * model.config.std:
            return Contest(policy, float(played.mean()), None, steps, wins=False)
    rival = policy.beginner(updates)
    shown = _begin_as(querier.wandered, rival, model)
    training = updates if shown is None else min(updates, IMITATOR)
    for update in range(training):
        if not goes_on():
            policy.begin_again()
            return None
        rollout, _ = rival.act()
        rollout = rollout._replace(reward=model.to(env.device).mean(rollout.visible))
        check_rollout(rollout)
        pull = None if shown is None else _pull(shown, update / training, rival.rngs["learn"])
        alone = shown is not None and update < CRITIC_FIRST
        rival.learn(rollout, new_reward=False, critic_only=alone, imitation=pull)
    own, rivals = (float(_played(learner, model).mean()) for learner in (policy, rival))
    for learner in (policy, rival):
        learner.begin_again()
    steps += training * rival.steps + 2 * env.horizon * env.num_envs
    wins = rivals > own + MARGIN * model.config.std
    return Contest(rival if wins else policy, own, rivals, steps, wins)


def _begin_as(wandered: Wandered | None, rival: PolicyLearner, model: RewardEnsemble) -> Shown | None:
    """Let it begin as an imitation of the wandering, if any was kept. -> what it imitates."""
    rng = rival.rngs["learn"]
    shown = None if wandered is None else wandered.best(model, rng)
    if shown is not None:
        imitate(rival.agent, shown.obs, shown.action, CLONING, rng)
    return shown


def _pull(shown: Shown, over: float, rng: torch.Generator) -> ImitationTerm:
    """What it is pulled towards, less and less in the course of its training (0 to 1)."""
    return ImitationTerm(shown.obs, shown.action, PULL * (1.0 - over / LED), rng)


def best_known(model: RewardEnsemble, answers: PreferenceBatch) -> float:
    """Mean learned reward of a step of the clip that is worth most; -inf where there is none."""
    if not len(answers.left):
        return -math.inf
    clips = torch.cat((answers.left, answers.right))  # (2 n, L, F)
    return float(model.to(clips.device).mean(clips).mean(1).max())


def best_stretch(reward: Tensor, length: int) -> float:
    """Mean reward of the best `length` steps on end of each copy, on average over copies. reward: (T, N)."""
    return float(reward.unfold(0, min(length, len(reward)), 1).mean(-1).amax(0).mean())


def _played(learner: PolicyLearner, model: RewardEnsemble) -> Tensor:
    """The learned reward over an episode in every copy, without exploration. -> (T, N)."""
    env, net = learner.env, learner.agent.net
    unknown = torch.zeros(env.num_envs, device=env.device)  # log densities, which nobody asks for
    rollout, _ = collect(env, lambda obs: (net.best(obs), unknown), env.horizon, Running(env.reset()))
    reward = model.to(env.device).mean(rollout.visible)
    return held(reward, rollout.terminated) if learner.config.env.after_end == "stays" else reward


def held(reward: Tensor, terminated: Tensor) -> Tensor:
    """The reward (T, N) of copies whose first episode, once it has ended by itself, stays as it is."""
    kept, over = reward.clone(), terminated.cumsum(0) > 0
    for t in range(1, len(kept)):
        kept[t] = torch.where(over[t - 1], kept[t - 1], kept[t])
    return kept
