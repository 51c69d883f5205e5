"""The policy of a run of teaching: acting, and learning from what it did."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import ImitationTerm
from armchair.agents.networks import ActorCritic
from armchair.agents.noise import exploring
from armchair.agents.ppo import PPOConfig, UpdateStats, update
from armchair.agents.resting import Average, slowed
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
        self.rests_since, self.average, self.over = None, None, 0.0

    rests_since: int | None = None
    """The update after which there was nothing more to ask."""
    average: Average | None = None
    """Of the policies since then."""
    over: float = 0.0
    """How far it has come to rest, of 1."""

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
        steps = self.config.practice.rollout
        shape = (steps, self.env.num_envs)
        act = exploring(self.agent.net, shape, self.config.ppo.noise_beta, self.rngs["act"])
        return collect(self.env, act, steps, self.running, reward=None)

    def learn(
        self, rollout: Rollout, *, new_reward: bool, critic_only: bool, imitation: ImitationTerm | None
    ) -> UpdateStats:
        """Update the policy from a rollout with its reward. Raises NotFinite where the outcome is not.

        new_reward: the critic catches up first. critic_only: it alone learns. imitation: what the
        policy is pulled towards.
        """
        ppo, rng, stays = self._ppo(), self.rngs["learn"], self.config.env.after_end == "stays"
        for _ in range(self.config.practice.critic_updates if new_reward else 0):
            update(self.agent, rollout, ppo, rng, critic_only=True, stays=stays)
        stats = update(
            self.agent, rollout, ppo, rng, critic_only=critic_only, imitation=imitation, stays=stays
        )
        check_sound(self.agent, stats, rollout)
        if self.average is not None:
            self.average.take_in(self.agent.net)
        return stats

    def _ppo(self) -> PPOConfig:
        """The settings of the next update."""
        ppo = self.config.ppo
        return slowed(ppo, self.over, self.config.schedule.rest, ppo.target_kl)

    def settle(self, updates: int, last: int, *, spent: bool) -> None:
        """After an update: come to rest by the last one, once all is asked, but not before half of them.

        That begins half-way at the earliest. Steps become smaller and smaller; after the last one it acts as
        it did on average since. Where there is more to ask again it goes on as before. updates: so far.
        """
        if not spent or 2 * updates < last or self.config.schedule.rest == 1.0:
            self.rests_since, self.average, self.over = None, None, 0.0
            return
        if self.rests_since is None or self.average is None:
            self.rests_since, self.average = updates, Average()
        self.over = (updates - self.rests_since) / max(1, last - self.rests_since)
        if updates >= last:
            self.average.put_into(self.agent.net)

    def tensors(self) -> dict[str, Tensor]:
        """Where the running episodes stand, and how far it has come to rest, by name."""
        out = prefixed("running", self.running.tensors())
        if self.average is None or self.rests_since is None:
            return out
        rest = {"since": torch.tensor(self.rests_since), "over": torch.tensor(self.over, dtype=torch.float64)}
        return out | prefixed("rest", rest) | prefixed("average", self.average.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor], *, running: bool = True) -> None:
        """Go on from `tensors()`. running: in an environment that was brought back; else episodes begin."""
        if running:
            self.running.load_tensors(part(tensors, "running"))
        if rest := part(tensors, "rest"):
            self.rests_since, self.over = int(rest["since"]), float(rest["over"])
            self.average = Average(part(tensors, "average"))

    def begin_again(self) -> None:
        """New episodes in all copies, out of phase where that can be."""
        self.running = Running(self.env.reset(stagger=True))
