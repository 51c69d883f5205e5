"""Finding and making environments of other people, by name or by function, and what is asked of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import SupportsFloat, cast

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import Error as GymnasiumError
from gymnasium.spaces import Box
from gymnasium.wrappers import FlattenObservation, TimeLimit

from armchair.errors import InvalidInput, nearest

Foreign = gymnasium.Env[object, object]
Factory = Callable[[], Foreign]

LAST_FRAME = "armchair_last_frame"  # in info, the picture of an episode's end


def action_box(space: gymnasium.Space[object]) -> Box:
    """The space itself when it is a Box with bounds, or InvalidInput that says what is wrong with it."""
    if not isinstance(space, Box):
        raise InvalidInput(
            f"actions must be a gymnasium Box with finite bounds, this environment has {space}"
        )
    flat = np.isfinite(space.low).reshape(-1) & np.isfinite(space.high).reshape(-1)
    if not flat.all():
        where = int(np.flatnonzero(~flat)[0])
        bounds = f"[{space.low.reshape(-1)[where]}, {space.high.reshape(-1)[where]}]"
        raise InvalidInput(
            f"action {where} has the bounds {bounds}: [-1, 1] can only be stretched to finite ones; wrap the "
            "environment in gymnasium.wrappers.RescaleAction or ClipAction with bounds of your choice"
        )
    return space


def maker(source: str | Factory, horizon: int | None, render: bool) -> Factory:
    """The function that makes one copy, to be called here or in another process. See `import_env`."""
    # looked up here: a process begun anew would not know of ids registered by a script
    found = source if callable(source) else find(source)

    def make() -> Foreign:
        env = _make(found, horizon, render)
        flat = cast(Foreign, FlattenObservation(env))
        return _LastFrame(flat) if render else flat

    return make


def _make(found: EnvSpec | Factory, horizon: int | None, render: bool) -> Foreign:
    """One copy; its own limit of steps gives way to `horizon` where it was set by the registry."""
    if isinstance(found, EnvSpec):
        if render:
            return gymnasium.make(found, render_mode="rgb_array", max_episode_steps=horizon)
        return gymnasium.make(found, max_episode_steps=horizon)
    env = cast(object, found())
    if not isinstance(env, gymnasium.Env):
        raise InvalidInput(f"the function must make a gymnasium.Env, it made a {type(env).__name__}")
    made = cast("Foreign", env)
    return made if horizon is None else TimeLimit(made, horizon)


def find(source: str) -> EnvSpec | Factory:
    """What a string names: a registered environment or a function in a module."""
    module, _, name = source.rpartition(":")
    if module:
        try:
            loaded = importlib.import_module(module)
        except ImportError as error:
            raise InvalidInput(f"cannot import {module!r}, named in {source!r}: {error}") from error
        found: object = getattr(loaded, name, None)
        if callable(found):
            return cast(Factory, found)
    try:
        return gymnasium.spec(name)
    except GymnasiumError as error:
        if not module:
            near = nearest(name, gymnasium.registry)
            hint = f"did you mean {near!r}? " if near else ""
            raise InvalidInput(
                f"unknown environment {name!r}: {hint}gymnasium.registry lists all {len(gymnasium.registry)}"
            ) from error
        raise InvalidInput(
            f"{module!r} has no function {name!r} and registers no environment of that id; valid are "
            "'Id-v0', 'module:Id-v0' and 'module:function'"
        ) from error


def check(env: Foreign, horizon: int | None, render: bool) -> int:
    """The length of its episodes, or InvalidInput where it cannot be used."""
    action_box(env.action_space)
    if render and env.render_mode != "rgb_array":
        raise InvalidInput(
            f"render_mode must be 'rgb_array' to give frames, this environment has {env.render_mode!r}"
        )
    limits = _time_limits(env)
    if not limits:
        raise InvalidInput("this environment has no limit of steps: say horizon=")
    if horizon is not None and min(limits) < horizon:
        raise InvalidInput(
            f"horizon must be at most {min(limits)}, where this environment ends, got {horizon}"
        )
    return min(limits)


def _time_limits(env: Foreign) -> list[int]:
    """The limits of all TimeLimit wrappers, or the one that the environment's spec promises."""
    limits: list[int] = []
    layer: Foreign = env
    while isinstance(layer, gymnasium.Wrapper):
        if isinstance(layer, TimeLimit):
            limits.append(int(layer._max_episode_steps))  # pyright: ignore[reportPrivateUsage]
        layer = layer.env
    if not limits and env.spec is not None and env.spec.max_episode_steps:
        limits.append(env.spec.max_episode_steps)
    return limits


class _LastFrame(gymnasium.Wrapper[object, object, object, object]):
    """Draws the end of an episode before a vector environment begins the next one."""

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """The wrapped environment's step; at the end of an episode info has LAST_FRAME."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            info[LAST_FRAME] = self.env.render()
        return obs, reward, terminated, truncated, cast("dict[str, object]", info)
