"""The policy of a wish run: the skill's, with the weights of wishes as inputs besides."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import ImitationTerm
from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import PPOConfig, UpdateStats
from armchair.agents.resting import Average, slowed
from armchair.agents.weighted import with_wishes
from armchair.config.teach import TeachConfig
from armchair.envs.base import Env
from armchair.maths import generator
from armchair.runs.tensors import part, prefixed
from armchair.training.policy_learner import PolicyLearner
from armchair.training.wishes.weighing import WeighedEnv
from armchair.types import Rollout

SLOWEST = 0.1  # of `target_kl`, what is left of it in the end
EVERY = 2  # of the steps of a rollout, those at which the skill is held to
SHOWN = 0.5  # the weights at which the policy is evaluated and compared before any are chosen


class WishLearner(PolicyLearner):
    """Goes on from the skill's policy. At weight 0 it is pulled towards the skill as it was.

    Its steps become smaller over the run, and what is taken in the end is the average of its latest policies:
    both keep success, which is lost by steps that are undone again (docs/results.md).
    """

    def __init__(self, config: TeachConfig, env: Env, skill: ActorCritic) -> None:
        """skill: the policy to go on from."""
        self.skill = skill
        self._weighed = WeighedEnv(env, len(config.wishes.asked), config.seed)
        super().__init__(config, self._weighed)

    shown: tuple[Tensor, Tensor] | None = None
    """What is wanted at weight 1 where somebody showed the wish: observations (S, D + W), actions (S, A)."""

    def _know_nothing(self, seed: int) -> None:
        """Begin as the skill, with weights that make a difference at once, and able to explore."""
        wishes, rng = self.config.wishes, generator(seed, "network")
        net = with_wishes(self.skill, len(wishes.asked))
        net.weights = torch.full((len(wishes.asked),), SHOWN)
        for network in (net.actor, net.critic):
            inputs = network.layers[0].weight[:, net.obs_dim :]
            inputs.copy_(wishes.gain * torch.randn(inputs.shape, generator=rng))
        net.log_std.clamp_(min=math.log(wishes.least_std))
        self.agent = Agent(net, self.config.ppo.learning_rate)
        self.rngs = {name: generator(seed, name) for name in ("act", "learn", "anchor")}
        self.average, self._learned = Average(), 0

    def learn(
        self, rollout: Rollout, *, new_reward: bool, critic_only: bool, imitation: ImitationTerm | None
    ) -> UpdateStats:
        """As of any learner; see `PolicyLearner.learn`."""
        anchor = self._anchor(rollout) if imitation is None else imitation
        stats = super().learn(rollout, new_reward=new_reward, critic_only=critic_only, imitation=anchor)
        self._learned += 1
        return stats

    def _ppo(self) -> PPOConfig:
        """Smaller and smaller steps from the first one on, since it is not to lose anything."""
        over = self._learned / self.config.schedule.updates
        return slowed(self.config.ppo, over, SLOWEST, self.config.wishes.target_kl)

    def settle(self, updates: int, last: int, *, spent: bool) -> None:
        """It comes to rest over all of its updates, whatever is asked meanwhile."""

    def take_average(self) -> None:
        """Act from now on as the policy of the latest updates did on average."""
        assert self.average is not None
        self.average.put_into(self.agent.net)

    def _anchor(self, rollout: Rollout) -> ImitationTerm:
        """What the skill does where the policy came, as demonstrations of weight 0."""
        seen = rollout.obs.flatten(0, 1)[::EVERY].clone()
        skill = self.skill.best(seen[:, : self.skill.obs_dim])
        seen[:, self.skill.obs_dim :] = 0.0
        if self.shown is not None:
            seen, skill = (torch.cat(both) for both in zip((seen, skill), self.shown, strict=True))
        return ImitationTerm(seen, skill, self.config.wishes.anchor, self.rngs["anchor"])

    def tensors(self) -> dict[str, Tensor]:
        """Where the running episodes stand, and at which weights; the average."""
        assert self.average is not None
        own = prefixed("average", self.average.tensors()) | {"learned": torch.tensor(self._learned)}
        return super().tensors() | prefixed("weighed", self._weighed.tensors()) | own

    def load_tensors(self, tensors: Mapping[str, Tensor], *, running: bool = True) -> None:
        """Go on from `tensors()`. running: in an environment that was brought back; else episodes begin."""
        super().load_tensors(tensors, running=running)
        if running:
            self._weighed.load_tensors(part(tensors, "weighed"))
        self._learned = int(tensors["learned"])
        self.average = Average({"taken": tensors["learned"], **part(tensors, "average")})
