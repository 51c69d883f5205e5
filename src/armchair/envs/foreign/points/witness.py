"""A copy that tells its points: they come along with the observations, whatever a vector of copies does."""

from __future__ import annotations

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


def telling(
    make: Callable[[], Foreign], source: object, trial: Foreign, declared: Declared
) -> Callable[[], Foreign]:
    """What makes copies that tell the declared numbers; `trial` is one that `make` made, reset here.

    source: what the environment was found by. Raises InvalidInput where something is not there.
    """
    reader = resolve(declared, trial, points_function(source, trial))
    moving = [tuple(declared.points).index(name) for name in declared.moving] if declared.motion else []
    dt = step_seconds(trial)
    return lambda: Witness(make(), reader, moving, dt)


class Witness(gymnasium.Wrapper[object, object, object, object]):
    """Observations (D + F + S,): the flattened ones, the F declared numbers, S speeds in m/s.

    Columns of an observation go where observations go: into final ones, from other processes, through the
    next reset. Speeds are those from the state before, 0 where an episode begins.
    """

    def __init__(self, flat: Foreign, reader: Reader, moving: Sequence[int], dt: float) -> None:
        """flat: with flattened observations. moving: the points that have speeds. dt: of a step, in s."""
        super().__init__(flat)
        self._reader, self._dt = reader, dt
        self._columns = np.array([3 * i for i in moving], dtype=np.int64)[:, None] + np.arange(3)
        self._before: NDArray[np.float64] | None = None
        size = width(flat) + reader.size + len(moving)
        self.observation_space = cast("gymnasium.Space[object]", Box(-np.inf, np.inf, (size,), np.float64))

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[object, dict[str, object]]:
        """The wrapped environment's, with the points."""
        obs, info = self.env.reset(seed=seed, options=options)
        self._before = None
        return self._whole(obs), cast("dict[str, object]", info)

    def step(self, action: object) -> tuple[object, SupportsFloat, bool, bool, dict[str, object]]:
        """The wrapped environment's, with the points."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        return self._whole(obs), reward, terminated, truncated, cast("dict[str, object]", info)

    def _whole(self, obs: object) -> NDArray[np.float64]:
        flat = np.asarray(obs)
        values = self._reader(flat, self.env)
        points = values[self._columns]  # (S, 3)
        way = np.zeros_like(points) if self._before is None else points - self._before
        self._before = points
        speeds = np.linalg.norm(way, axis=1) / self._dt
        return np.concatenate((flat, values, speeds))
