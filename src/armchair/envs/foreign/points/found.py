"""Points that an environment of others has without being told: it says so itself, or its goals are points."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from armchair.envs.foreign.points.declaration import GOALS, Declared, Source
from armchair.envs.foreign.points.spaces import Foreign, keys_of
from armchair.envs.foreign.sound import told as call_told
from armchair.envs.foreign.values import metadata_of
from armchair.errors import InvalidInput

PointsFunction = Callable[[Foreign], Mapping[str, object]]

FUNCTION = "armchair_points"
"""A method of the environment, or a function beside what makes it that is given the environment. It returns
numbers by name: three are a point, one is a scalar."""
METADATA = "armchair"  # in the environment's metadata: {"points": {"hand": 0}, "scalars": {"gripper": 3}}


def points_function(source: object, env: Foreign) -> PointsFunction | None:
    """The `armchair_points` of an environment, or of the module of what made it; None where there is none.

    source: "module:factory", or the factory.
    """
    if callable(getattr(env.unwrapped, FUNCTION, None)):
        return _of_method
    module = source.rpartition(":")[0] if isinstance(source, str) else getattr(source, "__module__", "")
    beside: object = getattr(sys.modules.get(str(module)), FUNCTION, None)
    return cast(PointsFunction, beside) if callable(beside) else None


def _of_method(env: Foreign) -> Mapping[str, object]:
    return getattr(env.unwrapped, FUNCTION)()


def find_points(source: object, env: Foreign) -> Declared:
    """What an environment tells by itself; nothing where it does not. It was reset before.

    Asked in this order: its metadata, its `armchair_points`, goals of three numbers.
    """
    said = metadata_of(env.unwrapped).get(METADATA)
    if said is not None:
        return _of_metadata(said)
    function = points_function(source, env)
    if function is not None:
        told = told_by(function, env)
        points = {name: f"env:{name}" for name, value in told.items() if value.size == 3}
        return Declared(points, {name: f"env:{name}" for name in told if name not in points})
    goals = {GOALS[short]: f"goal:{short}" for short in GOALS}
    keys = keys_of(env)
    return Declared(goals if all(key in keys and keys[key].size == 3 for key in goals) else {})


def told_by(function: PointsFunction, env: Foreign) -> dict[str, np.ndarray]:
    """What `armchair_points` returns, checked. Raises InvalidInput where it is nothing of the kind."""
    told = call_told(f"{FUNCTION}()", lambda: function(env.unwrapped))
    if not isinstance(told, Mapping):
        raise InvalidInput(f"{FUNCTION} must return numbers by name, it returned {told!r}")
    found: dict[str, np.ndarray] = {}
    for name, value in cast("Mapping[object, object]", told).items():
        try:
            numbers = np.asarray(value, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            numbers = np.zeros(0)
        if numbers.size not in (1, 3):
            raise InvalidInput(
                f"{FUNCTION} must return three numbers for a point and one for a scalar: {name} is {value!r}"
            )
        found[str(name)] = numbers
    return found


def _of_metadata(said: object) -> Declared:
    parts = cast("dict[str, object]", said) if isinstance(said, dict) else {"": said}
    for name, value in parts.items():
        if name not in ("points", "scalars") or not isinstance(value, Mapping):
            shape = "{'points': {'hand': 0}, 'scalars': {'gripper': 3}}"
            raise InvalidInput(f"metadata[{METADATA!r}] must be like {shape}, it is {said!r}")
    points, scalars = (cast("Mapping[str, Source]", parts.get(name, {})) for name in ("points", "scalars"))
    return Declared(dict(points), dict(scalars))
