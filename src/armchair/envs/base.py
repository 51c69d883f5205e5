"""What learning asks of an environment, whether it is one of ours or comes from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from armchair.types import Step

Policy = Callable[[Tensor], Tensor]
"""Observations (N, D) -> actions (N, A)."""


class Env(Protocol):
    """N copies of a task, stepped together.

    The contract, which `tests/contract/test_envs.py` holds every implementation to:

    * An episode that is truncated has lasted exactly `horizon` steps; success never ends one.
    * The next episode begins within the step that ends one: `Step.obs` belongs to it, `Step.final_obs` to
      the episode that ended. Where none ended the two are equal.
    * The same seed and the same actions give the same numbers.
    * An action of the wrong shape or with numbers that are not finite raises `InvalidInput`, which names
      the shape or the row, before anything moves. Actions are clipped to [-1, 1].
    """

    num_envs: int
    obs_dim: int
    action_dim: int
    visible_dim: int
    horizon: int
    device: torch.device

    def reset(self, seed: int | None = None) -> Tensor:
        """Begin an episode in every copy; a seed makes what follows repeatable. -> (N, D) observations."""
        ...

    def step(self, action: Tensor) -> Step:
        """Act for one control step; `action` is (N, A) in [-1, 1]."""
        ...

    def close(self) -> None:
        """Free what the environment holds; calling it twice is harmless."""
        ...
