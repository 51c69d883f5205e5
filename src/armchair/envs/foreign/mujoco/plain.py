"""The plain data in a graph of Python objects, as JSON and arrays, and back into a graph of the same make.

What wrappers and environments of others remember lies in attributes: counters, goals, generators, arrays.
`read` finds all that can be reached from an object; `write` puts it into another one. Objects themselves are
never made: what is read from a file can only become numbers, text, arrays, containers of these, and
generators. What is shared stays shared. Functions, modules, spaces, simulators and windows are left alone.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from enum import Enum
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.generators import GENERATORS, kind_of, made_of, state_of
from armchair.errors import InvalidInput
from armchair.jsonable import Json

MOST = 50_000  # values; an environment with more is not worth it
_DEPTH = 40
_ALONE = (  # modules whose objects are left alone
    *("mujoco", "gymnasium.spaces", "gymnasium.envs.registration", "gymnasium.envs.mujoco.mujoco_rendering"),
    *("dm_control.mujoco", "dm_control.mjcf", "robosuite.utils.binding_utils", "robosuite.renderers"),
    *("logging", "threading", "multiprocessing", "glfw", "OpenGL", "pygame", "xml", "lxml", "pathlib"),
    *("concurrent", "asyncio", "subprocess", "ctypes", "weakref", "io", "re", "functools", "builtins"),
)
_NUMBERS = (bool, int, float, str, type(None))
_SEQUENCES: dict[str, Callable[[list[object]], object]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
}


class _Opaque(Exception):
    """It is no plain data."""


class Reader:
    """Takes the plain data out of objects."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[np.generic]] = []
        self._nodes: list[Json] = []  # what can be shared, by number
        self._numbers: dict[int, int] = {}  # of those by identity
        self._kept: list[object] = []  # so that no identity is used again
        self._count = 0

    def read(self, root: object) -> Json:
        """All that can be reached from an object. Raises InvalidInput where that is too much."""
        hosts = [[path, type(host).__qualname__, self._fields(host)] for path, host in hosts_of(root)]
        return {"hosts": hosts, "nodes": self._nodes}

    def _fields(self, host: object) -> Json:
        found: list[Json] = []
        for name, value in items_of(host):
            try:
                found.append([name, self._value(value, 0)])
            except _Opaque:
                continue
        return found

    def _value(self, value: object, depth: int) -> Json:
        self._count += 1
        if self._count > MOST or depth > _DEPTH:
            raise InvalidInput("there is too much in it to be kept")
        if type(value) in _NUMBERS:
            return cast(Json, value)
        number = self._numbers.get(id(value))
        if number is None:
            number = self._add(value, depth)
        return {"node": number}

    def _add(self, value: object, depth: int) -> int:
        node = self._node(value, depth)
        self._nodes.append(node)
        self._kept.append(value)
        self._numbers[id(value)] = number = len(self._nodes) - 1
        return number

    def _node(self, value: object, depth: int) -> Json:
        kind = type(value)
        if kind in (list, tuple, set, frozenset, deque):
            items = [self._value(one, depth + 1) for one in cast("Iterator[object]", value)]
            longest = cast("deque[object]", value).maxlen if kind is deque else None
            return {"is": kind.__name__, "items": items, "most": longest}
        if kind in (dict, OrderedDict):
            pairs = cast("dict[object, object]", value).items()
            items = [[self._value(key, depth + 1), self._value(one, depth + 1)] for key, one in pairs]
            return {"is": kind.__name__, "items": items}
        if isinstance(value, GENERATORS):
            if (name := kind_of(value)) is None:
                raise _Opaque
            return {"is": "generator", "kind": name, "state": self._value(state_of(value), depth + 1)}
        return self._array(value)

    def _array(self, value: object) -> Json:
        if isinstance(value, torch.Tensor) and value.device.type == "cpu" and not value.requires_grad:
            return {"is": "tensor", "array": self._keep(value.numpy())}
        if isinstance(value, np.generic):
            return {"is": "scalar", "array": self._keep(np.asarray(value))}
        if type(value) is np.ndarray and _owned(value):
            return {"is": "array", "array": self._keep(value)}
        raise _Opaque

    def _keep(self, array: NDArray[np.generic]) -> int:
        if array.dtype.hasobject:
            raise _Opaque
        self.arrays.append(array.copy())
        return len(self.arrays) - 1


def write(root: object, plain: Json, arrays: list[NDArray[np.generic]], *, generators: bool = True) -> None:
    """Put back what `Reader` took out, into an object of the same make; generators, too, or all else.

    Raises InvalidInput where it is of another make.
    """
    try:
        told = cast("dict[str, list[Json]]", plain)
        nodes = _Nodes(told["nodes"], arrays)
        hosts = cast("list[tuple[Json, str, list[tuple[str | int, Json]]]]", told["hosts"])
        kept = {(_key(path), kind): fields for path, kind, fields in hosts}
        for path, host in list(hosts_of(root)):
            fields = kept.pop((_key(path), type(host).__qualname__), None)
            if fields is not None:  # else it came later
                _fill(host, fields if generators else nodes.without_generators(fields), nodes)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InvalidInput(f"this snapshot is of an environment of another make: {error}") from error
    if kept:
        raise InvalidInput(f"this snapshot is of an environment of another make: it has {next(iter(kept))}")


def _fill(host: object, fields: list[tuple[str | int, Json]], nodes: _Nodes) -> None:
    named = {name: nodes.value(value) for name, value in fields}
    if isinstance(host, tuple):
        return
    if isinstance(host, list):
        for at, value in named.items():
            cast("list[object]", host)[cast(int, at)] = value
        return
    inside = cast("dict[object, object]", host if isinstance(host, dict) else vars(host))
    for name, value in list(inside.items()):
        if name not in named and not isinstance(value, GENERATORS) and _is_plain(value):  # it came later
            del inside[name]
    inside.update(named)


def _is_plain(value: object) -> bool:
    try:
        Reader()._value(value, 0)  # pyright: ignore[reportPrivateUsage]
    except (_Opaque, InvalidInput):
        return False
    return True


class _Nodes:
    """Values from what was read, each shared one made once."""

    def __init__(self, nodes: list[Json], arrays: list[NDArray[np.generic]]) -> None:
        self._nodes, self._arrays = nodes, arrays
        self._made: dict[int, object] = {}

    def value(self, told: Json) -> object:
        if not isinstance(told, dict):
            return told
        number = cast(int, told["node"])
        if number not in self._made:
            self._made[number] = self._make(cast("dict[str, Json]", self._nodes[number]))
        return self._made[number]

    def without_generators(self, fields: list[tuple[str | int, Json]]) -> list[tuple[str | int, Json]]:
        return [field for field in fields if not self._is_generator(field[1])]

    def _is_generator(self, told: Json) -> bool:
        node = self._nodes[cast(int, told["node"])] if isinstance(told, dict) else None
        return isinstance(node, dict) and node["is"] == "generator"

    def _make(self, node: dict[str, Json]) -> object:
        kind = cast(str, node["is"])
        if kind in _SEQUENCES:
            items = [self.value(one) for one in cast("list[Json]", node["items"])]
            return (
                deque(items, cast("int | None", node["most"])) if kind == "deque" else _SEQUENCES[kind](items)
            )
        if kind in ("dict", "OrderedDict"):
            pairs = cast("list[tuple[Json, Json]]", node["items"])
            made = {self.value(key): self.value(value) for key, value in pairs}
            return made if kind == "dict" else OrderedDict(made)
        if kind == "generator":
            return made_of(cast(str, node["kind"]), self.value(node["state"]))
        array = self._arrays[cast(int, node["array"])].copy()
        if kind == "tensor":
            return torch.from_numpy(array)
        return array[()] if kind == "scalar" else array


# ------------------------------------------------------------------ the graph


def hosts_of(root: object) -> Iterator[tuple[list[Json], object]]:
    """Objects, and containers with objects in them, that are reached from one; each once, with its way."""
    seen: set[int] = set()
    waiting: deque[tuple[list[Json], object]] = deque([([], root)])
    while waiting:
        path, host = waiting.popleft()
        if id(host) in seen or len(path) > _DEPTH:
            continue
        seen.add(id(host))
        yield path, host
        if len(seen) > MOST:
            raise InvalidInput("there is too much in it to be kept")
        for name, value in items_of(host):
            if _is_host(value):
                waiting.append(([*path, name], value))


def items_of(host: object) -> list[tuple[str | int, object]]:
    """Attributes, entries or elements, by name."""
    if isinstance(host, list | tuple):
        return list(enumerate(cast("list[object]", host)))
    inside = cast("dict[object, object]", host if isinstance(host, dict) else vars(host))
    return [(name, value) for name, value in inside.items() if isinstance(name, str | int)]


def _is_host(value: object) -> bool:
    if type(value) in (list, tuple, dict):
        within = cast("dict[object, object]", value).values() if isinstance(value, dict) else value
        return any(_is_host(one) for one in cast("Iterator[object]", within))
    kind = type(value)
    if not hasattr(value, "__dict__") or isinstance(
        value, type | torch.nn.Module | torch.Tensor | np.ndarray
    ):
        return False
    if isinstance(value, (*GENERATORS, BaseException, Enum, OrderedDict)):
        return False
    return not any(kind.__module__ == name or kind.__module__.startswith(f"{name}.") for name in _ALONE)


def _key(path: Json) -> tuple[object, ...]:
    return tuple(cast("list[object]", path))


def _owned(array: NDArray[np.generic]) -> bool:
    """Whether an array's numbers are its own: those of a simulator's are kept with that."""
    base: object = array
    while isinstance(base, np.ndarray):
        below = cast(object, base.base)
        if below is None:
            return True
        base = below
    return isinstance(base, bytes | bytearray)
