"""A learned policy, for whoever has observations."""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.agents.networks import ActorCritic
from armchair.agents.saved import PolicyInfo
from armchair.engines.base import check_finite
from armchair.errors import InvalidInput
from armchair.maths import generator

Floats = NDArray[np.float32]
Batch = TypeVar("Batch", Tensor, NDArray[np.float32])


class Policy:
    """Observations (D,) or (N, D) -> actions (A,) or (N, A) in [-1, 1]; arrays give arrays, tensors tensors.

    >>> policy = armchair.load("runs/reach-001").policy
    >>> env = gymnasium.make("armchair/KukaReach-v0")
    >>> env.step(policy(env.reset(seed=0)[0]))
    """

    def __init__(self, net: ActorCritic, info: PolicyInfo) -> None:
        """Made by `Run.policy`."""
        self._net = net
        self.task = info.task
        """What it was taught."""
        self.engine, self.control = info.engine, info.control
        """Where: the simulator, and what actions move."""
        self.env_steps = info.env_steps
        """Environment steps that it was trained for."""
        self.obs_dim, self.action_dim = info.obs_dim, info.action_dim
        """D and A."""
        self.wishes = dict(zip(info.wishes, net.weights.tolist(), strict=True))
        """The weights of its wishes, in [0, 1], by name; none where it was taught none."""

    def __call__(self, obs: Batch) -> Batch:
        """The most likely action. Raises InvalidInput for a wrong shape, or what is not finite."""
        return self._act(obs, None)

    def sample(self, obs: Batch, seed: int | None = None) -> Batch:
        """An action as it explores, within [-1, 1]; seed: makes it repeatable."""
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        return self._act(obs, generator(seed, "sample"))

    def predict(
        self,
        observation: Floats,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = True,
    ) -> tuple[Floats, None]:
        """The same by the name that Stable-Baselines3 has for it, so that its `evaluate_policy` works."""
        del state, episode_start  # it remembers nothing
        return (self(observation) if deterministic else self.sample(observation)), None

    def _act(self, obs: Batch, rng: torch.Generator | None) -> Batch:
        given = obs if isinstance(obs, Tensor) else torch.from_numpy(np.asarray(obs, dtype=np.float32))
        if given.shape[-1:] != (self.obs_dim,) or given.dim() not in (1, 2):
            raise InvalidInput(
                f"observations of {self.task} must have shape ({self.obs_dim},) or (N, {self.obs_dim}), "
                f"got {tuple(given.shape)}"
            )
        rows = given.float().reshape(-1, self.obs_dim)
        check_finite("observation", rows, (len(rows), self.obs_dim))
        with torch.inference_mode():
            acts = self._net.best(rows) if rng is None else self._net.sample(rows, rng)[0].clamp(-1.0, 1.0)
        acts = acts.reshape(*given.shape[:-1], self.action_dim).clone()
        return cast("Batch", acts if isinstance(obs, Tensor) else acts.numpy())
