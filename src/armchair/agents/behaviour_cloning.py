"""Behaviour cloning: a policy imitates demonstrations first; reinforcement learning goes on from there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.adam import Adam
from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.errors import InvalidInput

MOST_UPDATES, MOST_MINIBATCH = 10_000_000, 2**22


@dataclass(frozen=True)
class CloningConfig:
    """How to imitate."""

    updates: int = 4000
    """Gradient steps."""
    minibatch: int = 256
    """Steps in one gradient."""
    learning_rate: float = 2e-3
    """Of Adam, falling to nothing along a cosine."""
    std: float = 0.3
    """Most spread of the actions afterwards: what was learned should not drown in exploration."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a number out of range."""
        if not (0 <= self.updates <= MOST_UPDATES and 1 <= self.minibatch <= MOST_MINIBATCH):
            given = f"{self.updates} and {self.minibatch}"
            right = f"updates must be from 0 to {MOST_UPDATES} and minibatch from 1 to {MOST_MINIBATCH}"
            raise InvalidInput(f"{right}, got {given}")
        if self.learning_rate <= 0.0 or self.std <= 0.0:
            raise InvalidInput("learning_rate and std must be greater than 0")


class ImitationTerm(NamedTuple):
    """Demonstrations as a term of the loss, so that learning from rewards does not forget them."""

    obs: Tensor  # (S, D)
    action: Tensor  # (S, A) in [-1, 1]
    weight: float  # of ½ mean |μ(s) − a|² in the loss; 0 or less for nothing
    rng: torch.Generator  # draws the steps of each gradient

    def add_gradient(self, net: ActorCritic, size: int) -> None:
        """Add its gradient over `size` random steps to the actor's (Rajeswaran et al., 2018, "DAPG")."""
        if self.weight <= 0.0:
            return
        count = min(size, len(self.obs))
        rows = torch.randint(0, len(self.obs), (count,), generator=self.rng, device=self.obs.device)
        so_far = net.actor.gradient.clone()
        trace = net.actor.trace(net.normaliser(self.obs[rows]))
        net.actor.backward(trace, (trace[-1] - self.action[rows]) * (self.weight / len(rows)))
        net.actor.gradient.add_(so_far)


class CloningStats(NamedTuple):
    """Mean squared error of the actions, in units of the full action."""

    before: float
    after: float


def imitate(
    agent: Agent, obs: Tensor, action: Tensor, config: CloningConfig, rng: torch.Generator
) -> CloningStats:
    """Train the actor to minimise ½ mean |μ(s) − a|² over demonstrations (Pomerleau, 1989).

    obs: (S, D), action: (S, A) in [-1, 1]; both and `rng` are on the agent's device. The statistics of
    observations take in `obs`; the spread of the actions falls to at most `std`. The critic and the optimiser
    stay as they are. Raises InvalidInput where the shapes are not the policy's.
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
        count = min(config.minibatch, len(seen))
        rows = torch.randint(0, len(seen), (count,), generator=rng, device=seen.device)
        trace = net.actor.trace(seen[rows])
        net.actor.backward(trace, (trace[-1] - action[rows]) / len(rows))
        falling = 0.5 * (1.0 + math.cos(math.pi * update / config.updates))
        adam.descend(net.actor.gradient, config.learning_rate * falling)
    net.log_std.clamp_(max=math.log(config.std))
    return CloningStats(before, _error(agent, seen, action))


def _error(agent: Agent, seen: Tensor, action: Tensor) -> float:
    return float((agent.net.actor(seen) - action).square().mean())
