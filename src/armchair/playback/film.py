"""Films of policies, in whatever environment they act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
import torch

from armchair.envs.base import Env, Frames, Picture, Policy, Poses
from armchair.envs.spec import EnvConfig, TaskSpec
from armchair.errors import MissingDependency
from armchair.types import Step
from armchair.video import even, write_mp4

NOTHING = np.zeros((0, 0, 3), np.uint8)  # where there is no picture
SIZE = 480  # pixels, width and height, of what is drawn from poses


def film_policy(
    spec: TaskSpec, config: EnvConfig, act: Policy, file: Path, plan: tuple[int, int], most: int | None = None
) -> float:
    """Film a policy in a single copy. -> length of the film in s.

    plan: episodes, seed. most: frames after which the film ends, be there more episodes or not. Raises
    MissingDependency where nothing can be drawn, without OpenGL for example.
    """
    reason = spec.why_no_pictures(config)
    if reason is not None:
        raise MissingDependency(f"{spec.name} cannot be drawn: {reason}")
    env = spec.make(1, config, record=True)
    try:
        with ExitStack() as closing, torch.inference_mode():
            frames = takewhile(len, map(_drawing(env, closing), _steps(env, act, *plan)))
            return write_mp4(file, islice(frames, most), 1.0 / env.dt) * env.dt
    finally:
        env.close()


def _steps(env: Env, act: Policy, episodes: int, seed: int) -> Iterator[Step]:
    obs, ended = env.reset(seed), 0
    while ended < episodes:
        step = env.step(act(obs))
        obs, ended = step.obs, ended + int(step.done.sum())
        yield step


def _drawing(env: Env, closing: ExitStack) -> Callable[[Step], Picture]:
    """What makes a picture of a step that was just taken, an empty one where that fails."""
    if isinstance(env, Frames):
        return lambda _: next(map(even, env.frames()), NOTHING)
    assert isinstance(env, Poses), "why_no_pictures has said so"
    renderer = cache(lambda: closing.enter_context(env.renderer(SIZE, SIZE)))  # after a reset: see `Poses`

    def draw(step: Step) -> Picture:
        assert step.poses is not None
        return renderer().render(step.poses[0])

    return draw
