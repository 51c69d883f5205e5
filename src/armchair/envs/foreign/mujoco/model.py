"""Finding the MuJoCo model and its state behind an environment of others."""

from __future__ import annotations

import contextlib
from typing import cast

import gymnasium
from mujoco import MjData, MjModel

_HELD_BY = (  # where model and data lie below the environment, the usual place first
    (("model",), ("data",)),  # Gymnasium, gymnasium-robotics, Meta-World
    (("physics", "model", "ptr"), ("physics", "data", "ptr")),  # dm_control
    (("sim", "model", "_model"), ("sim", "data", "_data")),  # robosuite
    (("_model",), ("_data",)),
)
_WRAPPED_AS = ("_env", "env", "dm_env")  # where adapters keep what is no Gymnasium environment
_DEPTH = 4


def find_model(env: gymnasium.Env[object, object]) -> tuple[MjModel, MjData] | None:
    """The MuJoCo model and the state that `env` simulates; None where it is simulated by something else.

    Ask again after a reset and keep neither: some environments make a new model for every episode. Others
    have it only once they have been reset. Nothing is changed.
    """
    layer: object = env.unwrapped
    for _ in range(_DEPTH):
        found = _in(layer)
        if found is not None:
            return found
        below = next((inner for name in _WRAPPED_AS if (inner := _get(layer, (name,))) is not None), None)
        if below is None:
            return None
        layer = below
    return None


def _in(holder: object) -> tuple[MjModel, MjData] | None:
    for where_model, where_data in _HELD_BY:
        model, data = _get(holder, where_model), _get(holder, where_data)
        if isinstance(model, MjModel) and isinstance(data, MjData):
            return model, data
    mine = cast("dict[str, object]", getattr(holder, "__dict__", {})).values()
    models = [value for value in mine if isinstance(value, MjModel)]
    states = [value for value in mine if isinstance(value, MjData)]
    return (models[0], states[0]) if len(models) == len(states) == 1 else None


def _get(holder: object, path: tuple[str, ...]) -> object:
    """What lies at the end of a path of attributes, or None; other people's properties may raise anything."""
    with contextlib.suppress(Exception):
        for name in path:
            holder = getattr(holder, name, None)
        return holder
    return None
