"""Finding and making environments of other people, by name or by function, and what is asked of them."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import Error as GymnasiumError
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

from armchair.envs.foreign import packages, shims
from armchair.envs.foreign.limits import unmoved
from armchair.envs.foreign.sound import Sound, raised, told
from armchair.errors import ForeignError, InvalidInput, nearest

Foreign = gymnasium.Env[object, object]
Factory = Callable[[], Foreign]

UNBOUNDED = 1e9  # bounds of actions from here on are as good as none
LONGEST = 100_000  # steps in an episode, at most


def action_box(space: object) -> Box:
    """The space itself when it is a Box with bounds, or InvalidInput that says what is wrong with it."""
    if not isinstance(space, Box):
        raise InvalidInput(
            f"actions must be a gymnasium Box with finite bounds, this environment has {space}: wrap it in a "
            "gymnasium.ActionWrapper with such an action_space"
        )
    if 0 in space.shape:
        raise InvalidInput(f"actions must have at least one number, this environment has {space}")
    low, high = (bound.astype(np.float64).reshape(-1) for bound in (space.low, space.high))
    bad = ~((np.abs(low) < UNBOUNDED) & (np.abs(high) < UNBOUNDED) & (low <= high))
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        raise InvalidInput(
            f"action {where} has the bounds [{low[where]}, {high[where]}]: [-1, 1] can only be stretched to "
            "finite ones; wrap the environment in gymnasium.wrappers.RescaleAction or ClipAction with bounds "
            "of your choice"
        )
    return space


def maker(source: str | Factory, horizon: int | None, render: bool) -> Factory:
    """The function that makes one copy, to be called here or in another process. See `import_env`."""
    # looked up here: a process begun anew would not know of ids registered by a script
    found = source if callable(source) else find(source)

    def make() -> Foreign:
        env = shims.made(lambda: make_one(found, horizon, render))  # in whichever process
        if render:
            _lighten(env)
        return cast(Foreign, Sound(env))

    return make


def named(source: str | Factory) -> str:
    """What an environment is called in errors."""
    if isinstance(source, str):
        return source
    return f"{getattr(source, '__module__', '')}:{getattr(source, '__qualname__', repr(source))}"


def make_one(found: EnvSpec | Factory, horizon: int | None, render: bool) -> Foreign:
    """One copy; its own limit of steps gives way to `horizon` where it was set by the registry."""
    if isinstance(found, EnvSpec):
        mode = "rgb_array" if render else None
        options = {} if mode is None else {"render_mode": mode}
        try:  # what Gymnasium's own checker would warn of is checked, or converted, by `Sound`
            return gymnasium.make(found, max_episode_steps=horizon, disable_env_checker=True, **options)
        except (GymnasiumError, ImportError) as error:  # for want of a package, for example
            said = " ".join(str(error).split())
            raise InvalidInput(f"cannot make {found.id}: {said}{packages.remedy(error)}") from error
        except Exception as error:
            raise ForeignError(f"cannot make {found.id}: it raised {raised(error)}") from error
    env = _call(found, render)
    if not isinstance(env, gymnasium.Env):
        old = type(env).__mro__[-2].__module__.partition(".")[0] == "gym"
        hint = "; the package shimmy converts those of old Gym" if old else ""
        raise InvalidInput(f"the function must make a gymnasium.Env, it made a {type(env).__name__}{hint}")
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
        takes_mode = "render_mode" in signature.parameters
    except ValueError:  # built in, without a signature
        takes_mode = False
    except TypeError as error:
        raise InvalidInput(
            f"the function that makes the environment must do without arguments: {error}"
        ) from error
    if render and takes_mode:
        function = partial(cast("Callable[..., Foreign]", function), render_mode="rgb_array")
    return told("making it", function)


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
        with unmoved():
            return importlib.import_module(module)
    except (ImportError, ValueError) as error:  # ValueError: an empty or relative name
        hint = packages.HINTS.get(module.partition(".")[0], "")
        raise InvalidInput(f"cannot import {module!r}, named in {source!r}: {error}{hint}") from error
    except (Exception, SystemExit) as error:
        raise ForeignError(f"importing {module!r}, named in {source!r}, raised {raised(error)}") from error


def check(env: Foreign, horizon: int | None, render: bool) -> int:
    """The length of its episodes, or InvalidInput where it cannot be used."""
    action_box(getattr(env, "action_space", None))
    mode: object = getattr(env, "render_mode", None)
    if render and mode not in ("rgb_array", "rgb_array_list"):
        raise InvalidInput(f"render_mode must be 'rgb_array' to give frames, this environment has {mode!r}")
    limits = time_limits(env)
    if not limits:
        raise InvalidInput(
            "this environment has no limit of steps: say horizon=, or wrap it in gymnasium.wrappers.TimeLimit"
        )
    if horizon is not None and min(limits) < horizon:
        raise InvalidInput(
            f"horizon must be at most {min(limits)}, where this environment ends, got {horizon}"
        )
    if not 1 <= min(limits) <= LONGEST:
        raise InvalidInput(
            f"an episode must have 1 to {LONGEST} steps, this environment's limit is {min(limits)}: wrap it "
            "in gymnasium.wrappers.TimeLimit"
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
