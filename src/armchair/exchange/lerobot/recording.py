"""Whole episodes of a policy as a LeRobotDataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.envs.base import Env, Policy
from armchair.exchange.lerobot.clips import names_of, numbered
from armchair.exchange.lerobot.schema import Episode, Named, frames_per_second
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.types import Step
from armchair.video import Frame

Picture = Callable[[], Frame | None]
"""Draws the state that the single copy is in now; None: no more pictures can be had."""


class Wanted(NamedTuple):
    """What is to be recorded."""

    episodes: int
    seed: int
    task: str  # in words


def named_for(env: Env, robot: str, *, success: bool) -> Named:
    """What a data set of this environment is of. success: whether that means something."""
    return Named(
        frames_per_second(env.dt),
        robot,
        numbered("obs", env.obs_dim),
        numbered("action", env.action_dim),
        names_of(env.layout, env.layout.size),
        success=success,
    )


def record(env: Env, act: Policy, data: DatasetWriter, wanted: Wanted, picture: Picture | None) -> list[bool]:
    """Play episodes in an environment of a single copy and add them. -> which ended in success.

    picture: None for no films. Where pictures end before the episodes do, StopFilming is raised: begin a data
    set without. The state of a frame is what the policy saw, its picture that of the same moment.
    """
    successes: list[bool] = []
    for number in range(wanted.episodes):
        obs = env.reset(wanted.seed if number == 0 else None)
        rows: list[Step] = []
        seen: list[tuple[Tensor, Tensor]] = []
        done = False
        frames: list[Frame] = []
        while not done:
            if picture is not None:
                frames.append(_must(picture()))
            action = act(obs).clamp(-1.0, 1.0)
            step = env.step(action)
            rows.append(step)
            seen.append((obs, action))
            obs, done = step.obs, bool(step.done)
        data.add(_episode(seen, rows, wanted.task), frames)
        successes.append(bool(rows[-1].success))
    return successes


class StopFilming(Exception):
    """There are no pictures any more."""


def _must(frame: Frame | None) -> Frame:
    if frame is None:
        raise StopFilming
    return frame


def _episode(seen: list[tuple[Tensor, Tensor]], rows: list[Step], task: str) -> Episode:
    return Episode(
        torch.cat([obs for obs, _ in seen]),
        torch.cat([action for _, action in seen]),
        task,
        torch.cat([step.reward for step in rows]),
        torch.cat([step.success for step in rows]),
        torch.cat([step.visible for step in rows]),
    )
