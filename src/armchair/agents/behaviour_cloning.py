"""Behaviour cloning: a policy that begins with what was shown, for reinforcement learning to go on from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.agents.adam import Adam
from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.errors import InvalidInput


@dataclass(frozen=True)
class CloneConfig:
    """How to imitate."""

    updates: int = 4000
    """Gradient steps."""
    minibatch: int = 256
    """Steps in one gradient."""
    learning_rate: float = 2e-3
    """Of Adam, falling to nothing along a cosine."""
    std: float = 0.3
    """Most spread of the actions afterwards: what was learnt should not drown in exploration."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a number out of range."""
        if self.updates < 0 or self.minibatch < 1:
            given = f"{self.updates} and {self.minibatch}"
            raise InvalidInput(f"updates must be at least 0 and minibatch at least 1, got {given}")
        if self.learning_rate <= 0.0 or self.std <= 0.0:
            raise InvalidInput("learning_rate and std must be greater than 0")


class Shown(NamedTuple):
    """What was shown, for a policy that learns from rewards not to forget it."""

    obs: Tensor  # (S, D)
    action: Tensor  # (S, A) in [-1, 1]
    weight: float  # of ½ mean |μ(s) − a|² in the loss; 0 for nothing
    rng: torch.Generator  # draws the steps of each gradient

    def pull(self, net: ActorCritic, size: int) -> None:
        """Add the gradient of that to the actor's (the term of Rajeswaran et al., 2018, "DAPG")."""
        if self.weight <= 0.0:
            return
        rows = torch.randint(0, len(self.obs), (min(size, len(self.obs)),), generator=self.rng)
        so_far = net.actor.gradient.clone()
        trace = net.actor.trace(net.normaliser(self.obs[rows]))
        net.actor.backward(trace, (trace[-1] - self.action[rows]) * (self.weight / len(rows)))
        net.actor.gradient.add_(so_far)


class CloneStats(NamedTuple):
    """What imitating came to."""

    before: float  # mean squared error of an action's number, in units of the full action
    after: float


def clone(agent: Agent, obs: Tensor, action: Tensor, config: CloneConfig, rng: torch.Generator) -> CloneStats:
    """Change the actor so that its mean action is the one shown: least ½ mean |μ(s) − a|² (Pomerleau, 1989).

    obs: (S, D), action: (S, A) in [-1, 1]. The statistics of observations begin with `obs`; the spread of
    the actions falls to at most `std`. The critic and the optimiser stay as they are. Raises InvalidInput
    where the shapes are not the policy's.
    """
    net = agent.net
    if obs.shape != (len(action), net.obs_dim) or action.shape[1:] != (net.action_dim,) or not len(obs):
        raise InvalidInput(
            f"demonstrations must be (S, {net.obs_dim}) observations and (S, {net.action_dim}) actions, got "
            f"{tuple(obs.shape)} and {tuple(action.shape)}"
        )
    net.normaliser.absorb(obs)
    seen = net.normaliser(obs)
    before = _error(agent, seen, action)
    adam = Adam(net.actor.theta)
    for update in range(config.updates):
        rows = torch.randint(0, len(seen), (min(config.minibatch, len(seen)),), generator=rng)
        trace = net.actor.trace(seen[rows])
        net.actor.backward(trace, (trace[-1] - action[rows]) / len(rows))
        falling = 0.5 * (1.0 + math.cos(math.pi * update / config.updates))
        adam.descend(net.actor.gradient, config.learning_rate * falling)
    net.log_std.clamp_(max=math.log(config.std))
    return CloneStats(before, _error(agent, seen, action))


def _error(agent: Agent, seen: Tensor, action: Tensor) -> float:
    return float((agent.net.actor(seen) - action).square().mean())
