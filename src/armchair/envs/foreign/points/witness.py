"""A copy that tells its points: they come along with the observations, whatever a vector of copies does."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import SupportsFloat, cast

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.foreign.points.found import points_function
from armchair.envs.foreign.points.reader import Reader, resolve
from armchair.envs.foreign.points.spaces import Foreign, width
from armchair.envs.foreign.sound import step_seconds


class Measure:
    """The declared numbers of the states of one copy, in their order."""

    def __init__(self, reader: Reader, moving: Sequence[int], dt: float) -> None:
        """moving: the points that have speeds, among those declared. dt: of a step, in s."""
        self.reader, self.dt = reader, dt
        self.size = reader.size + len(moving)
        self._columns = np.array([3 * i for i in moving], dtype=np.int64)[:, None] + np.arange(3)
        self._before: NDArray[np.float64] | None = None

    def fresh(self) -> Measure:
        """The same for another copy."""
        other = copy.copy(self)
        other.begin()
        return other

    def begin(self) -> None:
        """An episode begins: nothing has moved yet."""
        self._before = None

    def __call__(self, flat: NDArray[np.generic], env: Foreign) -> NDArray[np.float64]:
        """flat: (D,) the flattened observation of the state that `env` is in.

        -> (F + S,): the F declared numbers, S speeds in m/s from the state before, 0 where an episode begins.
        """
        values = self.reader(flat, env)
        points = values[self._columns]  # (S, 3)
        way = np.zeros_like(points) if self._before is None else points - self._before
        self._before = points
        return np.concatenate((values, np.linalg.norm(way, axis=1) / self.dt))


def measure_of(source: object, flat: Foreign, declared: Declared) -> Measure:
    """What tells the declared numbers of `flat`, a copy with flattened observations, which is reset here.

    source: what the environment was found by. Raises InvalidInput where something is not there.
    """
    reader = resolve(declared, flat, points_function(source, flat))
    moving = [tuple(declared.points).index(name) for name in declared.moving] if declared.motion else []
    return Measure(reader, moving, step_seconds(flat))


def telling(
    make: Callable[[], Foreign], source: object, trial: Foreign, declared: Declared
) -> Callable[[], Foreign]:
    """What makes copies that tell the declared numbers; `trial` is one that `make` made, reset here.

    source: what the environment was found by. Raises InvalidInput where something is not there.
    """
    measure = measure_of(source, trial, declared)
    return lambda: Witness(make(), measure.fresh())


class Witness(gymnasium.Wrapper[object, object, object, object]):
    """Observations (D + F + S,): the flattened ones, and what a `Measure` tells.

    Columns of an observation go where observations go: into final ones, from other processes, through the
    next reset.
    """

    def __init__(self, flat: Foreign, measure: Measure) -> None:
        """flat: with flattened observations."""
        super().__init__(flat)
        self._measure = measure
        size = width(flat) + measure.size
        self.observation_space = cast("gymnasium.Space[object]", Box(-np.inf, np.inf, (size,), np.float64))

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[object, dict[str, object]]:
        """The wrapped environment's, with the points."""
        obs, info = self.env.reset(seed=seed, options=options)
        self._measure.begin()
        return self._whole(obs), cast("dict[str, object]", info)

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """The wrapped environment's, with the points."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        return self._whole(obs), reward, terminated, truncated, cast("dict[str, object]", info)

    def _whole(self, obs: object) -> NDArray[np.float64]:
        flat = np.asarray(obs)
        return np.concatenate((flat, self._measure(flat, self.env)))
