"""What environments of others return, converted to what it should have been, or named as what it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Tuple, flatdim, flatten
from numpy.typing import NDArray

from armchair.errors import ForeignError, InvalidInput

Space = gymnasium.Space[object]
Numbers = NDArray[np.float64]

SUCCESS = ("is_success", "success")  # where others say it, in the order of preference
MOST_NUMBERS = 20_000  # of an observation; more are a picture
_PARTS = (Dict, Tuple)


def metadata_of(env: object) -> Mapping[str, object]:
    """The metadata of an environment, empty where it has none or something else in its place."""
    said: object = getattr(env, "metadata", None)
    return cast("Mapping[str, object]", said) if isinstance(said, Mapping) else {}


def flat_size(space: object) -> int:
    """How many numbers an observation has. Raises InvalidInput for a space without a fixed number of them."""
    if not isinstance(space, gymnasium.Space):
        raise InvalidInput(f"observation_space must be a gymnasium space, such as a Box, it is {space!r}")
    for where, part in _leaves(cast(Space, space), "observation_space"):
        if not part.is_np_flattenable:
            raise InvalidInput(
                f"{where} is {_brief(part)}, which has no fixed number of numbers: wrap the environment so "
                "that it observes a Box, or a Dict of them"
            )
    size = flatdim(cast(Space, space))
    if size == 0:
        raise InvalidInput("the observation has no numbers: there is nothing to learn from")
    if size > MOST_NUMBERS:
        raise InvalidInput(
            f"the observation has {size} numbers, at most {MOST_NUMBERS} can be used: wrap the environment "
            "so that it observes positions and speeds in place of pictures"
        )
    return size


def _leaves(space: Space, where: str) -> list[tuple[str, Space]]:
    """The parts that a space is put together of, with their names."""
    if isinstance(space, Dict):
        return [leaf for key, part in space.items() for leaf in _leaves(part, f"{where}[{key!r}]")]
    if isinstance(space, Tuple):
        return [leaf for i, part in enumerate(space.spaces) for leaf in _leaves(part, f"{where}[{i}]")]
    return [(where, space)]


def flat_observation(space: Space, value: object, where: str = "the observation") -> Numbers:
    """An observation as numbers of its own (D,), in the order of `gymnasium.spaces.flatten`.

    Raises ForeignError, which names the part, where it does not fit its space.
    """
    if isinstance(space, Dict):
        if not isinstance(value, Mapping):
            raise ForeignError(f"{where} must be a dict, it is {_kind(value)}")
        found = cast("Mapping[str, object]", value)
        missing = [key for key in space if key not in found]
        if missing:
            raise ForeignError(
                f"{where} has no {missing[0]!r}, which its space promises; it has {list(found)}"
            )
        parts = [flat_observation(part, found[key], f"{where}[{key!r}]") for key, part in space.items()]
        return np.concatenate(parts)
    if isinstance(space, Tuple):
        if not isinstance(value, Sequence) or len(cast("Sequence[object]", value)) != len(space.spaces):
            raise ForeignError(f"{where} must be a tuple of {len(space.spaces)}, it is {_kind(value)}")
        each = zip(space.spaces, cast("Sequence[object]", value), strict=True)
        return np.concatenate(
            [flat_observation(part, one, f"{where}[{i}]") for i, (part, one) in enumerate(each)]
        )
    if isinstance(space, Box):
        return _flat_box(space, value, where)
    try:
        return np.array(flatten(space, value), dtype=np.float64).reshape(-1)
    except Exception as error:
        raise ForeignError(f"{where} must be of {_brief(space)}, it is {_kind(value)}") from error


def _flat_box(space: Box, value: object, where: str) -> Numbers:
    try:
        numbers = np.array(unhooked(value), dtype=np.float64)
    except Exception as error:
        raise ForeignError(f"{where} must be numbers of shape {space.shape}, it is {_kind(value)}") from error
    if numbers.size != math.prod(space.shape):
        raise ForeignError(f"{where} must have shape {space.shape}, by its space; it has {numbers.shape}")
    return numbers.reshape(-1)


class _Tensor(Protocol):
    """Of PyTorch, which is not loaded for it."""

    def cpu(self) -> _Tensor:
        """It in main memory."""
        ...

    def numpy(self) -> object:
        """It as an array."""
        ...


def unhooked(value: object) -> object:
    """A tensor as an array; anything else as it is."""
    detach = getattr(value, "detach", None)
    return cast("Callable[[], _Tensor]", detach)().cpu().numpy() if callable(detach) else value


def reward_of(value: object) -> float:
    """The reward as a number; NaN for None. Raises ForeignError for anything but one number."""
    if value is None:
        return math.nan
    try:
        return _one(value)
    except Exception as error:
        raise ForeignError(f"the reward must be one number, it is {_kind(value)}") from error


def flag_of(name: str, value: object) -> bool:
    """Whether an episode has ended. Raises ForeignError for anything but one truth value."""
    try:
        return bool(value) if value is None or isinstance(value, bool) else bool(_one(value))
    except Exception as error:
        raise ForeignError(f"{name} must be True or False, it is {_kind(value)}") from error


def success_of(info: object) -> bool | None:
    """What `info` says of success, any number above zero being one; None where it says nothing."""
    for key in SUCCESS if isinstance(info, Mapping) else ():
        value = cast("Mapping[str, object]", info).get(key)
        try:
            number = math.nan if value is None else _one(value)
        except Exception:
            continue
        if not math.isnan(number):
            return number > 0
    return None


def _one(value: object) -> float:
    """One number, be it in an array or a tensor of one."""
    item = getattr(value, "item", None)
    if isinstance(value, str | bytes):
        raise TypeError("text is no number")
    return float(cast(float, item() if callable(item) else _only(value)))


def _only(value: object) -> object:
    """What is in a list or a tuple of one."""
    if isinstance(value, list | tuple) and len(cast("Sequence[object]", value)) == 1:
        return cast("Sequence[object]", value)[0]
    return value


def _kind(value: object) -> str:
    """A value in a few words, for errors."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{_named(value)} of shape {tuple(cast('tuple[int, ...]', shape))}"
    if isinstance(value, list | tuple | dict):
        return f"{_named(value)} of {len(cast('Sequence[object]', value))}"
    return f"{_named(value)}: {_brief(value)}"


def _named(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name.startswith(("a", "e", "i", "o", "u", "nd")) else f"a {name}"


def _brief(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
