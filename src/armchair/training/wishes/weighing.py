"""An environment in which every episode has weights of its own, which are part of what is observed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.envs.base import Env
from armchair.maths import generator
from armchair.types import Step

NONE = 0.2  # share of the episodes in which a wish has no weight: the skill as it is


class WeighedEnv:
    """Copies of an environment with the weights of W wishes in [0, 1] behind their observations."""

    def __init__(self, env: Env, wishes: int, seed: int) -> None:
        self._env, self._wishes = env, wishes
        self._rng = generator(seed, "weights")
        self.num_envs, self.action_dim, self.horizon = env.num_envs, env.action_dim, env.horizon
        self.obs_dim = env.obs_dim + wishes
        self.layout, self.dt, self.device = env.layout, env.dt, env.device
        self.diverged = env.diverged
        self.weights = self._draw()  # (N, W)

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        """Begin an episode in every copy, at new weights. -> (N, D + W)."""
        self.weights = self._draw()
        return self._with(self._env.reset(seed, stagger=stagger))

    def step(self, action: Tensor) -> Step:
        """Act for one control step; whoever begins an episode gets new weights."""
        step = self._env.step(action)
        self.diverged = self._env.diverged
        final = self._with(step.final_obs)
        if bool(step.done.any()):
            self.weights = torch.where(step.done.unsqueeze(1), self._draw(), self.weights)
        return step._replace(obs=self._with(step.obs), final_obs=final)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def tensors(self) -> dict[str, Tensor]:
        """What is to be known besides the environment's own state, by name."""
        return {"weights": self.weights.clone(), "rng": self._rng.get_state()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self.weights = tensors["weights"].clone()
        self._rng.set_state(tensors["rng"])

    def _draw(self) -> Tensor:
        shape = (self.num_envs, self._wishes)
        drawn, kept = (torch.rand(shape, generator=self._rng) for _ in range(2))
        return torch.where(kept < NONE, 0.0, drawn)

    def _with(self, obs: Tensor) -> Tensor:
        return torch.cat((obs, self.weights), dim=1)
