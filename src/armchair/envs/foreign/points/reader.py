"""Reading declared points and scalars out of an environment, state by state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from armchair.envs.foreign.mujoco.things import Things, names
from armchair.envs.foreign.points.declaration import Declared, Place
from armchair.envs.foreign.points.found import FUNCTION, PointsFunction, told_by
from armchair.envs.foreign.points.spaces import Foreign, Key, keys_of, width
from armchair.errors import InvalidInput

MOST_LISTED = 20
PLURAL = {"site": "sites", "body": "bodies", "geom": "geoms", "joint": "joints of one number"}


class Reader:
    """Reads the declared numbers of one state; made by `resolve`, and may go to another process."""

    def __init__(
        self, index: list[int], things: Mapping[str, tuple[str, slice]], told: Mapping[str, slice]
    ) -> None:
        """index: (F,) numbers of the observation, one beyond its last for what is none of them.

        things, told: columns by "kind:name" with the key of the configuration, and by the name that the
        environment tells them by.
        """
        self.size = len(index)
        self.tell: PointsFunction | None = None
        self._index = np.array(index, dtype=np.int64)
        self._keys = [key for key, _ in things.values()]
        self._columns = [columns for _, columns in things.values()]
        self._wanted = [(kind, name) for kind, _, name in (thing.partition(":") for thing in things)]
        self._things, self._told = Things(tuple(self._wanted)), told

    def __call__(self, flat: NDArray[np.generic], env: Foreign) -> NDArray[np.float64]:
        """flat: (D,), of the state that `env` is in. -> (F,). Raises InvalidInput where something is gone."""
        values = np.append(flat.astype(np.float64), 0.0)[self._index]
        if self._columns:
            try:
                read = self._things.read(env)
            except KeyError as error:
                raise InvalidInput(self._missing(int(error.args[0]), env)) from None
            for columns, place in zip(self._columns, read, strict=True):
                values[columns] = place
        if self._told:
            told = {} if self.tell is None else told_by(self.tell, env)
            for name, columns in self._told.items():
                values[columns] = _of(told, name, columns.stop - columns.start)
        return values

    def _missing(self, i: int, env: Foreign) -> str:
        (kind, name), key = self._wanted[i], self._keys[i]
        if not names(env, "body"):
            return f"{key}: there is no {kind} {name!r}, for no MuJoCo model is found in this environment"
        known = names(env, kind)
        there = _nearest_first(name, known) if known else "none that has a name"
        return f"{key}: the model has no {kind} {name!r}; {PLURAL[kind]}: {there}"


def resolve(declared: Declared, flat: Foreign, tell: PointsFunction | None) -> Reader:
    """What reads the declared numbers; `flat` is a copy whose observations are flattened, reset here.

    Raises InvalidInput where one of them is not there, with what there is.
    """
    size, keys = width(flat), keys_of(flat)
    index: list[int] = []
    things: dict[str, tuple[str, slice]] = {}
    told: dict[str, slice] = {}
    for name, place in declared.places().items():
        point = name in declared.points
        count, key = 3 if point else 1, f"env.{'points' if point else 'scalars'}.{name}"
        columns = slice(len(index), len(index) + count)
        if place.kind == "numbers":
            index += [*_numbers(key, place, size, keys), size][:count]
            continue
        index += [size] * count
        if place.kind == "env":
            if tell is None:
                raise InvalidInput(
                    f"{key}: the environment has no {FUNCTION}, nor has the module that makes it"
                )
            told[place.name] = columns
        elif (thing := f"{place.kind}:{place.name}") in things:
            raise InvalidInput(f"{key} and {things[thing][0]} are both {thing}: leave one out")
        else:
            things[thing] = (key, columns)
    reader = Reader(index, things, told)
    reader.tell = tell
    obs, _ = flat.reset(seed=0)
    reader(np.asarray(obs), flat)
    return reader


def _numbers(where: str, place: Place, size: int, keys: Mapping[str, Key]) -> list[int]:
    """The indices in the flattened observation."""
    which, asked = ", ".join(map(str, place.numbers)), f"{where} asks for the numbers"
    if place.name:
        key = keys.get(place.name)
        if key is None:
            there = f"has {_nearest_first(place.name, keys)}" if keys else "has no keys"
            raise InvalidInput(f"{where}: there is no {place.name!r} in the observation, which {there}")
        if max(place.numbers) >= key.size:
            raise InvalidInput(f"{asked} {which} of {place.name}, which has {key.size}, from 0 on")
        return [key.start + number for number in place.numbers]
    if max(place.numbers) >= size:
        listed = ", ".join(f"{name} from {key.start} on" for name, key in keys.items())
        there = f"{size}, from 0 to {size - 1}" + (f": {listed}" if listed else "")
        raise InvalidInput(f"{asked} {which} of the observation, which has {there}")
    return list(place.numbers)


def _nearest_first(name: str, known: Iterable[str]) -> str:
    ordered = sorted(known, key=lambda one: -SequenceMatcher(None, name.lower(), one.lower()).ratio())
    more = f" and {len(ordered) - MOST_LISTED} more" if len(ordered) > MOST_LISTED else ""
    return ", ".join(ordered[:MOST_LISTED]) + more


def _of(told: Mapping[str, NDArray[np.float64]], name: str, size: int) -> NDArray[np.float64]:
    if name not in told or told[name].size != size:
        there = ", ".join(f"{key} ({value.size})" for key, value in told.items())
        raise InvalidInput(f"{FUNCTION} must tell {name}, {size} of numbers; it tells {there or 'nothing'}")
    return told[name]
