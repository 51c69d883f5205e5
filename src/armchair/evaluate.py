"""How well a policy does, with the uncertainty of the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import Env
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rollout.collect import Episodes, Running

Z95 = 1.959963984540054  # 97.5th percentile of the standard normal
RESAMPLES = 2000


class Interval(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Evaluation(NamedTuple):
    """What a policy did in `episodes` episodes."""

    episodes: int
    success: Interval  # share of episodes in which the criterion held at the end
    ever: Interval  # share in which it held at some step
    total: Interval  # mean sum of the task's own reward


def evaluate(env: Env, act: Callable[[Tensor], Tensor], episodes: int, seed: int) -> Evaluation:
    """Run exactly `episodes` whole episodes; `act` takes observations (N, D) to actions (N, A).

    The copies start anew from `seed` and each does its equal share of the episodes, whatever their
    lengths: taking the first ones to end would favour short ones. Leaves `env` in use: reset it after.
    """
    if episodes < 1:
        raise InvalidInput(f"episodes must be at least 1, got {episodes}")
    share = torch.full((env.num_envs,), episodes // env.num_envs)
    share[: episodes % env.num_envs] += 1
    done = torch.zeros_like(share)
    running, kept = Running(env.reset(seed)), list[Episodes]()
    while bool((done < share).any()):
        ended = running.count(env.step(act(running.obs)))
        counts = done[ended.copy] < share[ended.copy]
        kept.append(Episodes(*(field[counts] for field in ended)))
        done[ended.copy] += 1
    return summarise(Episodes.join(kept), seed)


def summarise(ended: Episodes, seed: int = 0) -> Evaluation:
    """Shares and means over episodes; needs at least one."""
    count = len(ended.copy)
    return Evaluation(
        episodes=count,
        success=wilson(int(ended.success.sum()), count),
        ever=wilson(int(ended.ever.sum()), count),
        total=bootstrap(ended.total.tolist(), mean, seed),
    )


def wilson(successes: int, count: int) -> Interval:
    """A share and its score interval (Wilson, 1927), which stays sensible at 0 and 1.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    """
    assert 0 <= successes <= count and count > 0
    share, z2 = successes / count, Z95 * Z95 / count
    centre = (share + z2 / 2) / (1 + z2)
    half = Z95 / (1 + z2) * math.sqrt(share * (1 - share) / count + z2 / (4 * count))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def mean(sample: Tensor) -> Tensor:
    """Mean over the last axis. (..., n) -> (...)."""
    return sample.mean(-1)


def interquartile_mean(sample: Tensor) -> Tensor:
    """Mean of the middle half: a quarter cut off at each end (Agarwal et al., 2021). (..., n) -> (...).

    Where n/4 is not whole, the values at the cuts count in part.
    """
    n = sample.shape[-1]
    edges = torch.arange(n + 1, dtype=sample.dtype).clamp(n / 4, 3 * n / 4)
    return (sample.sort(-1).values * edges.diff()).sum(-1) / (n / 2)


def bootstrap(scores: Sequence[float], statistic: Callable[[Tensor], Tensor], seed: int = 0) -> Interval:
    """A statistic of the scores, for example of one score a seed, with its percentile bootstrap interval."""
    if not scores:
        raise InvalidInput("no scores: at least one is needed")
    sample = torch.tensor(scores, dtype=torch.float64)
    draw = torch.randint(0, len(sample), (RESAMPLES, len(sample)), generator=generator(seed, "bootstrap"))
    spread = statistic(sample[draw])
    low, high = torch.quantile(spread, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(float(statistic(sample)), low, high)
