"""A policy to export."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from armchair.agents.networks import ActorCritic
from armchair.maths import generator

MakeNet = Callable[..., ActorCritic]


@pytest.fixture(scope="session")
def make_net() -> MakeNet:
    """Makes policies that have seen observations of different means and spreads, and act at their limits."""

    def make(obs_dim: int, action_dim: int, wishes: int = 0) -> ActorCritic:
        rng = generator(0, "net")
        net = ActorCritic(obs_dim, action_dim, (32, 32), 1.0, rng, wishes=wishes)
        net.actor.theta.mul_(3.0)
        width = obs_dim + wishes
        spread = torch.linspace(0.1, 3.0, width)
        net.normaliser.absorb(torch.randn(500, width, generator=rng) * spread + torch.linspace(-1, 1, width))
        net.weights = torch.rand(wishes, generator=rng)
        return net

    return make
