"""What exploration adds to a policy's actions: white noise, or noise that lasts over the steps.

White noise of small steps goes nowhere: what it does in one step it undoes in the next, and a hand that has
to give way by some centimetres before it pulls comes there by chance (docs/benchmark.md). Noise whose power
falls with its frequency as 1/f^β goes further with the same spread in each step. The policy learns as from
white noise, by the density of each action alone, as in Hollenstein et al., Colored Noise in PPO, AAAI 2024,
where β = 0.5 did best over many tasks; β = 1 is the pink noise of Eberhard et al., ICLR 2023.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from armchair.agents.networks import ActorCritic


def exploring(
    net: ActorCritic, shape: tuple[int, int], beta: float, rng: torch.Generator
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """How a policy acts in a rollout: observations (N, D) -> actions (N, A), not clipped, log density (N,).

    shape: T steps that it may be asked for at most, N copies. beta: see `colored`. rng: on the networks'
    device.
    """
    if beta == 0.0:
        return lambda obs: net.sample(obs, rng)
    noise = iter(colored((*shape, net.action_dim), beta, rng))
    return lambda obs: net.disturbed(obs, next(noise))


def colored(shape: tuple[int, int, int], beta: float, rng: torch.Generator) -> Tensor:
    """Gaussian noise (T, N, A) of mean 0 and variance 1 in every step, with power 1/f^β along the steps.

    White noise whose frequencies are weighed by f^(-β/2), the mean as the lowest of the others: Timmer and
    König, On generating power law noise, 1995. rng: its device is that of the noise.
    """
    white = torch.randn(shape, generator=rng, device=rng.device)
    steps = shape[0]
    bins = torch.arange(steps, device=rng.device)  # the upper half are the lower ones' mirror images
    weight = torch.minimum(bins, steps - bins).clamp_min(1).pow(-0.5 * beta)
    spectrum = torch.fft.rfft(white, dim=0) * weight[: steps // 2 + 1, None, None]
    return torch.fft.irfft(spectrum, n=steps, dim=0) / weight.square().mean().sqrt()
