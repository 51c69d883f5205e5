"""The policy of a run of teaching: acting, and learning from what it did."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import ImitationTerm
from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import UpdateStats, update
from armchair.config.teach import TeachConfig
from armchair.envs.base import Env
from armchair.maths import CPU, generator
from armchair.rollout.collect import Episodes, Running, collect
from armchair.runs.tensors import part, prefixed
from armchair.training.fixed_reward import check_sound, new_agent
from armchair.types import Rollout


class PolicyLearner:
    """An agent and the episodes that it is in the middle of."""

    def __init__(self, config: TeachConfig, env: Env) -> None:
        self.config, self.env = config, env
        self._know_nothing(config.seed)
        self.running = Running(env.reset(config.seed, stagger=True))

    def _know_nothing(self, seed: int) -> None:
        self.agent: Agent = new_agent(self.env, self.config.ppo, seed)
        device = self.env.device
        self.rngs = {name: generator(seed, name, device=device) for name in ("act", "learn")}

    @property
    def net(self) -> ActorCritic:
        """The policy now, on the CPU, where it is filmed and evaluated; a copy where it learns elsewhere."""
        return self.agent.net.to(CPU)

    def beginner(self, number: int) -> PolicyLearner:
        """Another learner, which knows nothing, in the same copies; `number` tells it from others.

        Only one of the two can act: before the other does, it begins again.
        """
        other = copy.copy(self)
        other._know_nothing(self.config.seed + number)
        other.begin_again()
        return other

    @property
    def steps(self) -> int:
        """Environment steps in a rollout."""
        return self.config.practice.rollout * self.env.num_envs

    def act(self) -> tuple[Rollout, Episodes]:
        """A rollout of the policy as it explores, without a reward yet; episodes that ended in it."""
        sample, rng = self.agent.net.sample, self.rngs["act"]
        steps = self.config.practice.rollout
        return collect(self.env, lambda obs: sample(obs, rng), steps, self.running, reward=None)

    def learn(
        self, rollout: Rollout, *, new_reward: bool, critic_only: bool, imitation: ImitationTerm | None
    ) -> UpdateStats:
        """Update the policy from a rollout with its reward. Raises NotFinite where the outcome is not.

        new_reward: the critic catches up first. critic_only: it alone learns. imitation: what the
        policy is pulled towards.
        """
        ppo, rng, stays = self.config.ppo, self.rngs["learn"], self.config.env.after_end == "stays"
        for _ in range(self.config.practice.critic_updates if new_reward else 0):
            update(self.agent, rollout, ppo, rng, critic_only=True, stays=stays)
        stats = update(
            self.agent, rollout, ppo, rng, critic_only=critic_only, imitation=imitation, stays=stays
        )
        check_sound(self.agent, stats, rollout)
        return stats

    def tensors(self) -> dict[str, Tensor]:
        """Where the running episodes stand, by name."""
        return prefixed("running", self.running.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`, in an environment that was brought back."""
        self.running.load_tensors(part(tensors, "running"))

    def begin_again(self) -> None:
        """New episodes in all copies, out of phase where that can be."""
        self.running = Running(self.env.reset(stagger=True))
