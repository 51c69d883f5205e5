"""Noise that lasts over the steps: as large as white noise in every step, and further along over many."""

from __future__ import annotations

import pytest
import torch

from armchair.agents.networks import ActorCritic, log_density
from armchair.agents.noise import colored, exploring
from armchair.maths import generator


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("steps", [32, 33])
def test_every_step_has_mean_0_and_variance_1(steps: int, beta: float) -> None:
    noise = colored((steps, 20000, 1), beta, generator(0, "noise"))
    torch.testing.assert_close(noise.mean(1), torch.zeros(steps, 1), rtol=0.0, atol=0.04)
    torch.testing.assert_close(noise.square().mean(1), torch.ones(steps, 1), rtol=0.0, atol=0.06)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_its_power_falls_as_the_frequency_to_the_power_of_beta(beta: float) -> None:
    noise = colored((512, 400, 2), beta, generator(1, "noise"))
    power = torch.fft.rfft(noise, dim=0).abs().square().mean((1, 2))
    for low, high in ((2, 16), (8, 128)):
        fell = float((power[low] / power[high]).log2() / torch.tensor(high / low).log2())
        assert fell == pytest.approx(beta, abs=0.1)
    assert float(power[0] / power[1]) == pytest.approx(1.0, abs=0.2)  # finite where 1/f is not


def test_white_noise_is_what_it_was_without_an_exponent() -> None:
    noise = colored((7, 3, 2), 0.0, generator(2, "noise"))
    torch.testing.assert_close(noise, torch.randn(7, 3, 2, generator=generator(2, "noise")))


@pytest.fixture
def net() -> ActorCritic:
    """A policy whose actions spread by 0.5."""
    return ActorCritic(3, 2, (4,), 0.5, generator(0, "net"))


def test_a_policy_acts_with_it_step_by_step_and_tells_the_density_of_each_action(net: ActorCritic) -> None:
    act = exploring(net, (5, 6), 1.0, generator(3, "act"))
    noise = colored((5, 6, 2), 1.0, generator(3, "act"))
    for k in range(5):
        obs = torch.full((6, 3), 0.3 * k)
        action, density = act(obs)
        torch.testing.assert_close(action, net.actor(net.normaliser(obs)) + 0.5 * noise[k])
        torch.testing.assert_close(density, log_density(noise[k], net.log_std))


def test_without_an_exponent_it_samples(net: ActorCritic) -> None:
    obs = torch.ones(6, 3)
    act, rng = exploring(net, (1, 6), 0.0, generator(4, "act")), generator(4, "act")
    for _ in range(3):  # for as long as anyone asks
        for found, expected in zip(act(obs), net.sample(obs, rng), strict=True):
            torch.testing.assert_close(found, expected)


def test_it_goes_further_with_the_same_spread() -> None:
    ways = [
        float(colored((500, 200, 1), beta, generator(5, "noise")).cumsum(0).abs().amax(0).mean())
        for beta in (0.0, 0.5, 1.0)
    ]
    assert ways[1] > 1.8 * ways[0] and ways[2] > 1.8 * ways[1]
