"""Making the clips that people are asked about, apart from training: few copies, recorded."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from armchair.envs.base import Env, Frames, Goals, Policy
from armchair.rollout.clips import RecentEpisodes
from armchair.rollout.collect import NotFinite, is_finite
from armchair.rollout.frames import FrameRing
from armchair.video import mp4_bytes

KEPT = 3  # latest episodes of every copy


class Wander:
    """Actions that wander slowly about zero: an arm that explores, before there is a policy worth showing.

    a_t = ρ a_{t-1} + √(1 - ρ²) σ ε_t, so that the spread stays σ and neighbours are alike; white noise
    would make the arm tremble on the spot.
    """

    def __init__(
        self, shape: tuple[int, int], rng: torch.Generator, rho: float = 0.9, spread: float = 0.8
    ) -> None:
        self._rng, self._rho, self._spread = rng, rho, spread
        self._action = spread * torch.randn(shape, generator=rng)

    def __call__(self, obs: Tensor) -> Tensor:
        """The next actions (N, A); what is observed does not matter."""
        noise = self._spread * torch.randn(self._action.shape, generator=self._rng)
        self._action = self._rho * self._action + (1.0 - self._rho**2) ** 0.5 * noise
        return self._action


def checked(act: Policy) -> Policy:
    """As `act`, but raises NotFinite for observations that are not."""

    def acting(obs: Tensor) -> Tensor:
        if not is_finite(obs):
            raise NotFinite("observation", obs=obs)
        return act(obs)

    return acting


def episodes_of(env: Env, kept: int = KEPT, *, stays: bool = False) -> RecentEpisodes:
    """Where `film` keeps the latest `kept` episodes of every copy; with pictures where there are some.

    stays: see `RecentEpisodes`.
    """
    frames = None
    if isinstance(env, Frames):
        frames = FrameRing(env.num_envs, kept * env.horizon, partial(mp4_bytes, fps=1.0 / env.dt))
    return RecentEpisodes(env.num_envs, kept * env.horizon, frames, stays=stays)


def film(env: Env, episodes: RecentEpisodes, act: Policy, rng: torch.Generator, *, same_start: bool) -> int:
    """Let `act` play one episode in every copy and keep them in `episodes`. -> environment steps taken.

    same_start: begin them two by two alike, where the environment can do that. Raises NotFinite where an
    observation is not.
    """
    act = checked(act)
    if same_start and isinstance(env, Goals):
        pairs = torch.arange(env.num_envs) // 2
        obs = env.reset_alike(pairs, rng)
        episodes.begin(pairs)
    else:
        obs = env.reset()
        episodes.begin()
    draws = env if isinstance(env, Frames) else None
    for _ in range(env.horizon):
        action = act(obs)
        step = env.step(action)
        episodes.add(action, step, draws.frames() if draws is not None else ())
        obs = step.obs
    episodes.give_up()
    return env.horizon * env.num_envs
