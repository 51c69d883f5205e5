"""How well a policy does, with the uncertainty of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import Env
from armchair.errors import InvalidInput
from armchair.intervals import Interval, mean_interval, wilson
from armchair.rollout.collect import Episodes, Running


class Evaluation(NamedTuple):
    """What a policy did in `episodes` episodes."""

    episodes: int
    success: Interval  # share of episodes in which the criterion held at the end
    ever: Interval  # share in which it held at some step
    total: Interval  # mean sum of the task's own reward, by Student's t; no interval of one episode


def evaluate(env: Env, act: Callable[[Tensor], Tensor], episodes: int, seed: int) -> Evaluation:
    """Run exactly `episodes` whole episodes; `act` takes observations (N, D) to actions (N, A).

    The copies start anew from `seed` and each does its equal share of the episodes, whatever their
    lengths: taking the first ones to end would favour short ones. Leaves `env` in use: reset it after.
    """
    if episodes < 1:
        raise InvalidInput(f"episodes must be at least 1, got {episodes}")
    each = torch.full((env.num_envs,), episodes // env.num_envs)
    each[: episodes % env.num_envs] += 1
    done = torch.zeros_like(each)
    running, kept = Running(env.reset(seed)), list[Episodes]()
    while bool((done < each).any()):
        ended = running.count(env.step(act(running.obs)))
        counts = done[ended.copy] < each[ended.copy]
        kept.append(Episodes(*(field[counts] for field in ended)))
        done[ended.copy] += 1
    return summarise(Episodes.join(kept))


def summarise(ended: Episodes) -> Evaluation:
    """Shares and means over episodes; needs at least one."""
    count = len(ended.copy)
    return Evaluation(
        episodes=count,
        success=share(int(ended.success.sum()), count),
        ever=share(int(ended.ever.sum()), count),
        total=mean_interval(ended.total.tolist()),
    )


def share(successes: int, count: int) -> Interval:
    """A share of independent episodes, with Wilson's interval, which stays sensible at 0 and 1."""
    assert 0 <= successes <= count and count > 0
    return Interval(successes / count, *wilson(successes, count))


def interquartile_mean(sample: Tensor) -> Tensor:
    """Mean of the middle half: a quarter cut off at each end (Agarwal et al., 2021). (..., n) -> (...).

    Where n/4 is not whole, the values at the cuts count in part.
    """
    n = sample.shape[-1]
    edges = torch.arange(n + 1, dtype=sample.dtype).clamp(n / 4, 3 * n / 4)
    return (sample.sort(-1).values * edges.diff()).sum(-1) / (n / 2)
