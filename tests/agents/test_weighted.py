"""Policies with the weights of wishes as inputs: what they say with, without and at given weights."""

from __future__ import annotations

import torch

from armchair.agents.networks import ActorCritic
from armchair.agents.weighted import at_weights, with_wishes
from armchair.maths import generator


def seasoned(wishes: int = 0) -> ActorCritic:
    """A policy that has seen something, so that its statistics are not those of the beginning."""
    net = ActorCritic(4, 2, (8, 8), 0.5, generator(0), wishes=wishes)
    net.normaliser.absorb(3.0 * torch.randn(50, 4 + wishes, generator=generator(1)) + 1.0)
    return net


def test_more_inputs_change_nothing_at_first_whatever_the_weights() -> None:
    """A skill goes on as it is until something is learned of the wishes."""
    net, obs = seasoned(), torch.randn(5, 4, generator=generator(2))
    more = with_wishes(net, 2)
    for weights in ([0.0, 0.0], [1.0, 0.3]):
        more.weights = torch.tensor(weights)
        torch.testing.assert_close(more.best(obs), net.best(obs))
        torch.testing.assert_close(more.value(obs), net.value(obs))
    drawn, again = more.sample(obs, generator(3)), net.sample(obs, generator(3))
    torch.testing.assert_close(drawn, again)


def test_weights_stand_for_what_observations_lack() -> None:
    """Observations with weights and the policy's own weights are two ways to say the same."""
    net, obs = seasoned(wishes=2), torch.randn(5, 4, generator=generator(2))
    net.weights = torch.tensor([0.2, 0.9])
    told = torch.cat((obs, torch.tensor([0.2, 0.9]).expand(5, 2)), 1)
    torch.testing.assert_close(net.best(obs), net.best(told))
    other = torch.cat((obs, torch.tensor([0.8, 0.1]).expand(5, 2)), 1)
    assert not torch.allclose(net.best(obs), net.best(other))


def test_a_policy_at_given_weights_needs_no_more_inputs() -> None:
    """What is exported does the same as the slider at that place."""
    net, obs = seasoned(wishes=2), torch.randn(5, 4, generator=generator(2))
    net.weights = torch.tensor([0.7, 0.1])
    plain = at_weights(net, net.weights)
    assert len(plain.weights) == 0 and plain.actor.sizes[0] == 4
    torch.testing.assert_close(plain.best(obs), net.best(obs))
    torch.testing.assert_close(plain.value(obs), net.value(obs))
