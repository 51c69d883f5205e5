"""Minari data sets in HDF5: read by h5py, which is an extra, without importing minari.

    DIR/metadata.json    data_format, action_space, …    DIR may also be the folder above, with `data` in it
    DIR/main_data.hdf5   episode_0, episode_1, …: observations (T + 1, …), actions (T, …)

Links out of the file and arrays kept in other files are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.reading.files import open_regular, read_text, resolve_inside
from armchair.reading.limits import IMPORT_BYTES, JSON_BYTES, TENSORS_BYTES
from armchair.reading.plain import parse_object

METADATA, DATA = "metadata.json", "main_data.hdf5"
MOST_EPISODES, MOST_PARTS = 100_000, 64  # parts of an observation
_EPISODE = re.compile(r"episode_(\d{1,6})")


class MinariEpisode(NamedTuple):
    """An episode of T steps."""

    obs: Tensor  # (T + 1, D) parts of a Dict one after the other, by name
    action: Tensor  # (T, A) in [-1, 1]: scaled by the bounds of the action space
    keys: Mapping[str, range]  # which numbers are each part of a Dict


class _Node(Protocol):
    """Of h5py's groups and data sets, what is used."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    external: object
    is_virtual: bool

    def keys(self) -> Iterator[str]: ...
    def get(self, name: str, *, getlink: bool = False) -> object: ...
    def __getitem__(self, key: object) -> object: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, name: str) -> bool: ...


def read_minari(folder: Path) -> list[MinariEpisode]:
    """All episodes, in order. Raises InvalidInput for what is no such data set, MissingDependency where
    h5py is missing.
    """
    need("minari", "a Minari data set")
    root = folder / "data" if (folder / "data" / METADATA).is_file() else folder
    if not (root / METADATA).is_file():
        raise InvalidInput(f"{folder} is no Minari data set: it has no {METADATA}")
    root = root.resolve()
    where = f"{root}/{METADATA}"
    said = parse_object(read_text(resolve_inside(root, (METADATA,), where), JSON_BYTES, where), where)
    if (kind := said.get("data_format")) != "hdf5":
        raise InvalidInput(f"{where}: data_format is {str(kind)[:40]!r}, hdf5 is read")
    low, high = _bounds(said, where)
    file = f"{root}/{DATA}"
    path = resolve_inside(root, (DATA,), file)
    if not path.is_file():
        raise InvalidInput(f"{file} is missing: the episodes should be in it")
    with _opened(path, file) as data:
        names = sorted((int(found[1]), name) for name in data if (found := _EPISODE.fullmatch(name)))
        if not names or len(names) > MOST_EPISODES:
            raise InvalidInput(f"{file} has {len(names)} episodes, it must have from 1 to {MOST_EPISODES}")
        taken = _Taken(file)
        return [
            _episode(_group(data, name, file), f"{name} of {file}", (low, high), taken) for _, name in names
        ]


class _Taken:
    """How much was read so far."""

    def __init__(self, where: str) -> None:
        self._where, self._bytes = where, 0

    def add(self, size: int) -> None:
        self._bytes += size
        if self._bytes > IMPORT_BYTES:
            raise InvalidInput(f"{self._where} takes more than {IMPORT_BYTES} bytes: take a part of it")


Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]


def _episode(group: _Node, where: str, bounds: Bounds, taken: _Taken) -> MinariEpisode:
    keys: dict[str, range] = {}
    obs = _flat(_group(group, "observations", where), f"observations of {where}", taken, keys)
    action = _flat(_group(group, "actions", where), f"actions of {where}", taken)
    low, high = bounds
    if len(obs) != len(action) + 1 or not len(action):
        raise InvalidInput(
            f"{where} has {len(obs)} observations and {len(action)} actions: there must be one more"
        )
    if action.shape[1] != low.size:
        raise InvalidInput(
            f"{where} has actions of {action.shape[1]} numbers, its action space has {low.size}"
        )
    scaled = (action - low) / (high - low) * 2.0 - 1.0
    tensors = (torch.from_numpy(values.astype(np.float32)) for values in (obs, scaled))
    seen, done = tensors
    if not (bool(seen.isfinite().all()) and bool(done.isfinite().all())):
        raise InvalidInput(f"{where} has numbers that are not finite")
    return MinariEpisode(seen, done, keys)


def _flat(
    node: _Node, where: str, taken: _Taken, keys: dict[str, range] | None = None, depth: int = 0
) -> NDArray[np.float64]:
    """An array as (rows, numbers), a group as its parts beside each other, by name, as Gymnasium flattens.

    keys: is told which numbers are each part.
    """
    if not hasattr(node, "shape"):
        names = sorted(node.keys())
        if depth > 4 or not 0 < len(names) <= MOST_PARTS:
            raise InvalidInput(f"{where} must be numbers, or from 1 to {MOST_PARTS} parts of them")
        nodes = [_group(node, name, where) for name in names]
        parts = [
            _flat(part, f"{name} of {where}", taken, None, depth + 1)
            for name, part in zip(names, nodes, strict=True)
        ]
        if len({len(part) for part in parts}) > 1:
            raise InvalidInput(f"{where} has parts of different lengths")
        if keys is not None:
            ends = np.cumsum([part.shape[1] for part in parts]).tolist()
            keys |= dict(zip(names, map(range, [0, *ends[:-1]], ends), strict=True))
        return np.concatenate(parts, axis=1)
    if node.is_virtual or node.external:
        raise InvalidInput(f"{where} is kept in another file: put it into this one")
    if node.dtype.kind not in "biuf" or not node.shape or not math.prod(node.shape):
        raise InvalidInput(
            f"{where} holds {node.dtype} of the shape {node.shape[:9]}: it must be rows of numbers"
        )
    taken.add(8 * math.prod(node.shape))
    values = np.asarray(node[()], dtype=np.float64)
    return values.reshape(len(values), -1)


def _group(node: _Node, name: str, where: str) -> _Node:
    """What is called so in a group: in this file, not a link to elsewhere."""
    h5py = import_module("h5py")
    link = node.get(name, getlink=True) if name in node else None
    if link is None:
        raise InvalidInput(f"{where} has no {name}")
    if not isinstance(link, h5py.HardLink):
        raise InvalidInput(f"{name} of {where} is a link to elsewhere: put what it leads to in its place")
    return cast("_Node", node[name])


def _bounds(said: Mapping[str, Json], where: str) -> Bounds:
    """Low and high of the action space, which must be a bounded Box."""
    text = said.get("action_space")
    space = parse_object(text, f"action_space in {where}") if isinstance(text, str) else {}
    low, high = (_floats(space.get(key)) for key in ("low", "high"))
    sound = low.size == high.size > 0 and bool(np.isfinite(low).all() and np.isfinite(high).all())
    if space.get("type") != "Box" or not sound or not (low < high).all():
        raise InvalidInput(f"{where}: action_space must be a Box with bounds, as minari writes it")
    return low, high


def _floats(value: Json) -> NDArray[np.float64]:
    try:
        return np.array(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        return np.zeros(0)


@contextmanager
def _opened(path: Path, where: str) -> Generator[_Node]:
    """The file; whatever goes wrong with it is InvalidInput."""
    h5py = import_module("h5py")
    try:
        with open_regular(path, TENSORS_BYTES, where) as raw, h5py.File(raw, "r") as file:
            yield cast("_Node", file)
    except InvalidInput:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(f"{where} cannot be read as HDF5: {told[:200]}") from None
