"""Random generators of other people: their kind, where they stand, and one that goes on from there."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import torch

from armchair.errors import InvalidInput

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random, torch.Generator)
_BITS: dict[str, Callable[[], np.random.BitGenerator]] = {
    "PCG64": np.random.PCG64,
    "PCG64DXSM": np.random.PCG64DXSM,
    "MT19937": np.random.MT19937,
    "Philox": np.random.Philox,
    "SFC64": np.random.SFC64,
}


def kind_of(generator: object) -> str | None:
    """The name of its kind; None where it is an unknown one."""
    if isinstance(generator, np.random.Generator):
        kind = type(generator.bit_generator).__name__
        return kind if kind in _BITS else None
    return type(generator).__name__


def state_of(generator: object) -> object:
    """All that what it draws depends on."""
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return cast(random.Random, generator).getstate()


def made_of(kind: str, state: object) -> object:
    """A generator of this kind that goes on from there. Raises InvalidInput for an unknown kind."""
    if kind in _BITS:
        bits = _BITS[kind]()
        bits.state = cast("Mapping[str, object]", state)
        return np.random.Generator(bits)
    if kind == "RandomState":
        legacy = np.random.RandomState()
        legacy.set_state(cast("dict[str, object]", state))
        return legacy
    if kind == "Random":
        plain = random.Random()
        plain.setstate(cast("tuple[object, ...]", state))
        return plain
    if kind == "Generator":
        own = torch.Generator()
        own.set_state(cast(torch.Tensor, state))
        return own
    raise InvalidInput(f"this snapshot has a generator of an unknown kind: {kind}")
