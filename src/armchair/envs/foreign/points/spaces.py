"""Where the keys of a Dict of observations lie once it has been flattened."""

from __future__ import annotations

from typing import NamedTuple

import gymnasium
from gymnasium.spaces import Box, Dict
from gymnasium.spaces.utils import flatdim

Foreign = gymnasium.Env[object, object]


class Key(NamedTuple):
    """A key's numbers in the flattened observation."""

    start: int
    size: int


def keys_of(flat: Foreign) -> dict[str, Key]:
    """The keys of the observations below an environment that flattens them; nothing where they have none.

    Only where the flattened numbers are just those of the keys, one key after the other.
    """
    layer = flat
    while isinstance(layer, gymnasium.Wrapper) and not isinstance(layer.observation_space, Dict):
        layer = layer.env
    space = layer.observation_space
    if not isinstance(space, Dict):
        return {}
    found: dict[str, Key] = {}
    start = 0
    for name, inner in space.spaces.items():
        found[name] = Key(start, flatdim(inner))
        start += found[name].size
    return found if start == width(flat) else {}


def width(flat: Foreign) -> int:
    """How many numbers there are in the flattened observation."""
    space = flat.observation_space
    assert isinstance(space, Box)
    return int(space.shape[0])
