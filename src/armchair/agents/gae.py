"""What actions were worth beside what was expected, and what an episode's end is worth."""

from __future__ import annotations

import torch
from torch import Tensor


def gae(reward: Tensor, value: Tensor, next_value: Tensor, done: Tensor, gamma: float, lam: float) -> Tensor:
    """Generalised advantage estimates (Schulman et al., 2016, eq. 16). All (T, N) -> (T, N).

    δ_t = r_t + γ V(s_{t+1}) - V(s_t);  A_t = δ_t + γλ A_{t+1} [not done].
    `next_value` is of the state each step led to, before any reset, see `value_after`.
    """
    assert reward.shape == value.shape == next_value.shape == done.shape
    delta = reward + gamma * next_value - value
    keep = gamma * lam * (~done)
    advantage = torch.empty_like(delta)
    running = torch.zeros_like(delta[0])
    for t in range(len(delta) - 1, -1, -1):
        running = torch.addcmul(delta[t], keep[t], running)
        advantage[t] = running
    return advantage


def value_after(next_value: Tensor, reward: Tensor, terminated: Tensor, gamma: float, stays: bool) -> Tensor:
    """What the states that the steps led to are worth from there on. All (T, N) -> (T, N).

    next_value: what the critic thinks. An episode cut off by its time limit counts on what would have
    followed. One that ended by itself is worth nothing more or, with `stays`, its last reward for ever,
    Σ γ^k r = r / (1 - γ): then adding a number to all rewards changes no preference between policies.
    """
    ended = reward / (1.0 - gamma) if stays else torch.zeros_like(reward)
    return torch.where(terminated, ended, next_value)
