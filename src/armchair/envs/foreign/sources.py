"""Finding and making environments of other people, by name or by function, and what is asked of them."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Protocol, SupportsFloat, cast

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import Error as GymnasiumError
from gymnasium.spaces import Box
from gymnasium.wrappers import FlattenObservation, TimeLimit

from armchair.envs.foreign import packages, shims
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
        env = shims.made(lambda: make_one(found, horizon, render))  # in whichever process
        flat = cast(Foreign, FlattenObservation(env))
        if render:
            _lighten(env)
            return _LastFrame(flat)
        return flat

    return make


def make_one(found: EnvSpec | Factory, horizon: int | None, render: bool) -> Foreign:
    """One copy; its own limit of steps gives way to `horizon` where it was set by the registry."""
    if isinstance(found, EnvSpec):
        try:
            if render:
                return gymnasium.make(found, render_mode="rgb_array", max_episode_steps=horizon)
            return gymnasium.make(found, max_episode_steps=horizon)
        except (GymnasiumError, ImportError) as error:  # for want of a package, for example
            raise InvalidInput(f"cannot make {found.id}: {' '.join(str(error).split())}") from error
    env = _call(found, render)
    if not isinstance(env, gymnasium.Env):
        raise InvalidInput(f"the function must make a gymnasium.Env, it made a {type(env).__name__}")
    made = cast("Foreign", env)
    return made if horizon is None else TimeLimit(made, horizon)


class _Quality(Protocol):
    """`MjModel.vis.quality`, of whichever MuJoCo the environment was made for."""

    offsamples: int
    shadowsize: int


def _call(function: Factory, render: bool) -> object:
    """What a function makes; told of render_mode where it takes such an argument."""
    try:
        signature = inspect.signature(function)
        signature.bind()
    except ValueError:  # built in, without a signature
        return function()
    except TypeError as error:
        raise InvalidInput(
            f"the function that makes the environment must do without arguments: {error}"
        ) from error
    if render and "render_mode" in signature.parameters:
        return cast(Callable[..., object], function)(render_mode="rgb_array")
    return function()


def _lighten(env: Foreign) -> None:
    """Make MuJoCo draw smaller shadows and smooth no edges: without a graphics card seven times quicker."""
    model = cast(object, getattr(env.unwrapped, "model", None))
    quality = cast("_Quality | None", getattr(getattr(model, "vis", None), "quality", None))
    if quality is not None:
        quality.offsamples = 0
        quality.shadowsize = min(quality.shadowsize, 1024)


def find(source: str) -> EnvSpec | Factory:
    """What a string names: a registered environment or a function in a module."""
    module, _, name = source.rpartition(":")
    loaded = _load(module, source) if module else None
    if loaded is not None:
        found: object = getattr(loaded, name, None)
        found = packages.tasks(module).get(name, found)
        if callable(found):
            return cast(Factory, found)
    if name.startswith("Meta-World/"):  # those ids need the name of a task besides
        raise InvalidInput(f"name a task of Meta-World by itself, such as 'metaworld:reach-v3', not {name!r}")
    try:
        return gymnasium.spec(name)
    except GymnasiumError as error:
        raise InvalidInput(_unknown(name, module, loaded)) from error


def _unknown(name: str, module: str, loaded: ModuleType | None) -> str:
    """What to say of an id or a function that is not there; `loaded` is the module it was looked for in."""
    belongs = packages.owner(name)
    if belongs not in (None, module):
        return f"Gymnasium has no {name!r} by itself: did you mean '{belongs}:{name}'?"
    if loaded is None:
        near = nearest(name, gymnasium.registry)
        hint = f"did you mean {near!r}? " if near else ""
        return f"unknown environment {name!r}: {hint}gymnasium.registry lists all {len(gymnasium.registry)}"
    functions = [key for key, value in vars(loaded).items() if inspect.isfunction(value)]
    near = nearest(name, [*functions, *packages.tasks(module), *gymnasium.registry])
    hint = f"did you mean '{module}:{near}'? " if near else ""
    return (
        f"{module!r} has no function {name!r} and registers no environment of that id: {hint}valid are "
        "'Id-v0', 'module:Id-v0' and 'module:function'"
    )


def _load(module: str, source: str) -> ModuleType:
    """Import a module, one that lies in the current folder too, as `python -m` would."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    try:
        return importlib.import_module(module)
    except (ImportError, ValueError) as error:  # ValueError: an empty or relative name
        hint = packages.HINTS.get(module.partition(".")[0], "")
        raise InvalidInput(f"cannot import {module!r}, named in {source!r}: {error}{hint}") from error


def check(env: Foreign, horizon: int | None, render: bool) -> int:
    """The length of its episodes, or InvalidInput where it cannot be used."""
    action_box(env.action_space)
    if render and env.render_mode != "rgb_array":
        raise InvalidInput(
            f"render_mode must be 'rgb_array' to give frames, this environment has {env.render_mode!r}"
        )
    limits = time_limits(env)
    if not limits:
        raise InvalidInput(
            "this environment has no limit of steps: say horizon=, or wrap it in gymnasium.wrappers.TimeLimit"
        )
    if horizon is not None and min(limits) < horizon:
        raise InvalidInput(
            f"horizon must be at most {min(limits)}, where this environment ends, got {horizon}"
        )
    return min(limits)


def time_limits(env: Foreign) -> list[int]:
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
