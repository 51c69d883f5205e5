from __future__ import annotations

import numpy as np
import pytest
import torch

from armchair.agents.agent import Agent
from armchair.agents.mlp import Mlp
from armchair.agents.networks import ActorCritic, Normaliser
from armchair.errors import RunError
from armchair.maths import generator


def test_statistics_in_parts_are_those_of_the_whole() -> None:
    whole = np.random.default_rng(0).normal([5.0, -300.0], [0.01, 40.0], (900, 2)).astype(np.float32)
    normaliser = Normaliser(2)
    for part in (whole[:50], whole[50:60], whole[60:]):
        normaliser.absorb(torch.from_numpy(part).unsqueeze(1))  # (T, N, D)
    np.testing.assert_allclose(normaliser.mean.numpy(), whole.mean(0, dtype=np.float64), rtol=1e-9)
    np.testing.assert_allclose(normaliser.var.numpy(), whole.var(0, dtype=np.float64), rtol=1e-6)
    scaled = normaliser(torch.from_numpy(whole)).numpy()
    second = whole[:, 1]
    np.testing.assert_allclose(scaled[:, 1], (second - second.mean()) / second.std(), atol=1e-3)


def test_nothing_is_scaled_before_statistics_and_far_values_are_clipped() -> None:
    normaliser = Normaliser(1)
    assert normaliser(torch.tensor([3.0, 1e9]).unsqueeze(1)).squeeze(1).tolist() == [3.0, 10.0]


def test_acting_leaves_the_statistics_and_the_global_generator() -> None:
    net = ActorCritic(3, 2, (8, 8), 0.5, generator(0))
    net.normaliser.absorb(torch.randn(10, 3, generator=generator(1)))
    before, state = net.normaliser.mean.clone(), torch.get_rng_state()
    net.sample(torch.ones(4, 3), generator(2))
    net.best(torch.ones(4, 3))
    assert torch.equal(net.normaliser.mean, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_best_action_has_no_noise_and_stays_in_bounds() -> None:
    net = ActorCritic(3, 2, (8, 8), 0.5, generator(0))
    obs = torch.randn(5, 3, generator=generator(1))
    net.actor.layers[-1].bias.copy_(torch.tensor([7.0, 0.25]))
    assert torch.equal(net.best(obs), net.best(obs))
    assert torch.equal(net.best(obs)[:, 0], torch.ones(5))
    drawn = torch.stack([net.sample(obs, generator(k))[0] for k in range(400)])
    assert (drawn.mean((0, 1)) - torch.tensor([7.0, 0.25])).abs().max() < 0.1
    assert (drawn.std(0).mean(0) - 0.5).abs().max() < 0.02


def test_first_weights_keep_lengths_and_the_last_ones_are_small() -> None:
    net = Mlp((6, 6, 2), 0.01, generator(0))
    first, last = net.layers[0].weight, net.layers[1].weight
    torch.testing.assert_close(first @ first.T, 2.0 * torch.eye(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(last @ last.T, 1e-4 * torch.eye(2), atol=1e-8, rtol=0)


def test_another_shape_is_refused() -> None:
    saved = Agent(ActorCritic(3, 2, (8, 8), 0.5, generator(0)), 1e-3).tensors()
    with pytest.raises(RunError, match="another shape"):
        Agent(ActorCritic(4, 2, (8, 8), 0.5, generator(0)), 1e-3).load_tensors(saved)
