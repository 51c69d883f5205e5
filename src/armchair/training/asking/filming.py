"""Making the clips that people are asked about, apart from training: few copies, recorded."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from armchair.envs.base import Env, Frames, Goals, Policy
from armchair.rollout.clips import RecentEpisodes
from armchair.rollout.collect import NotFinite, is_finite
from armchair.rollout.frames import FrameRing
from armchair.training.asking.wandered import Film, Wandered
from armchair.training.asking.wandering import Seek
from armchair.video import mp4_bytes

KEPT = 3  # latest episodes of every copy


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


def film(
    env: Env,
    episodes: RecentEpisodes,
    act: Policy,
    rng: torch.Generator,
    *,
    same_start: bool,
    wandered: Wandered | None = None,
) -> int:
    """Let `act` play one episode in every copy and keep them in `episodes`. -> environment steps taken.

    One that seeks is told what its actions came to. same_start: begin them two by two alike, where the
    environment can do that. wandered: keeps them besides. Raises NotFinite where an observation is not.
    """
    seeker = act if isinstance(act, Seek) else None
    act = checked(act)
    if same_start and isinstance(env, Goals):
        pairs = torch.arange(env.num_envs) // 2
        obs = env.reset_alike(pairs, rng)
        episodes.begin(pairs)
    else:
        obs = env.reset()
        episodes.begin()
    draws = env if isinstance(env, Frames) else None
    kept: list[tuple[Tensor, ...]] = []
    for _ in range(env.horizon):
        action = act(obs)
        step = env.step(action)
        if seeker is not None:
            seeker.watch(action, step)
        episodes.add(action, step, draws.frames() if draws is not None else ())
        if wandered is not None:
            kept.append((obs, action.clamp(-1.0, 1.0), step.visible, step.terminated, step.done))
        obs = step.obs
    episodes.give_up()
    if wandered is not None:
        wandered.add(Film(*(torch.stack(part) for part in zip(*kept, strict=True))))
    return env.horizon * env.num_envs
