"""Our environments as Stable-Baselines3 wants them; here and for the peers, with SB3 2.2 and newer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from armchair.envs.base import Env

Floats = NDArray[np.float32]


class SB3Env(VecEnv):
    """One of our environments; counts the steps."""

    def __init__(
        self, env: Env, begin: Callable[[], Tensor], *, limit: float = np.inf, scale: float = 1.0
    ) -> None:
        """begin: resets and returns the observations (N, D). limit: their bound. scale: of the rewards."""
        space = Box(-1.0, 1.0, (env.action_dim,), np.float32)
        super().__init__(env.num_envs, Box(-limit, limit, (env.obs_dim,), np.float32), space)
        self.env, self.steps = env, 0
        self._begin, self._scale, self._action = begin, scale, torch.zeros(0)

    def reset(self) -> Floats:
        """First observations (N, D)."""
        return self._begin().numpy()

    def step_async(self, actions: Floats) -> None:
        """Keep the actions (N, A) for `step_wait`."""
        self._action = torch.from_numpy(np.array(actions, np.float32))

    def step_wait(self) -> tuple[Floats, Floats, NDArray[np.bool_], list[dict]]:
        """Observations, rewards, ends and what SB3 wants to know of an end."""
        step = self.env.step(self._action)
        self.steps += self.num_envs
        infos: list[dict] = [{} for _ in range(self.num_envs)]
        for i in step.done.nonzero().squeeze(1).tolist():
            infos[i]["terminal_observation"] = step.final_obs[i].numpy()
            infos[i]["TimeLimit.truncated"] = bool(step.truncated[i])
        return step.obs.numpy(), self._scale * step.reward.numpy(), step.done.numpy(), infos

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: object = None) -> list[object]:
        """Nothing is there to be asked for."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: object, indices: object = None) -> None:
        """Nothing is there to be set."""

    def env_method(self, method_name: str, *args: object, **kwargs: object) -> list[object]:
        """Nothing is there to be called."""
        return []

    def env_is_wrapped(self, wrapper_class: object, indices: object = None) -> list[bool]:
        """It is wrapped in nothing."""
        return [False] * self.num_envs
