"""An environment of others held to Gymnasium's word: checked, converted, what it raises told in a line."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import cast

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from armchair.envs.foreign.limits import Overdue
from armchair.envs.foreign.packages import remedy
from armchair.envs.foreign.pictures import Pictures
from armchair.envs.foreign.values import (
    Numbers,
    Space,
    flag_of,
    flat_observation,
    flat_size,
    metadata_of,
    reward_of,
    success_of,
)
from armchair.errors import ArmchairError, ForeignError

Foreign = gymnasium.Env[object, object]
Info = dict[str, object]

DEFAULT_FPS = 30.0  # steps in a second, where an environment does not say

_OLD = "old Gym before 0.26 was like that, which the package shimmy converts (shimmy.GymV21CompatibilityV0)"
_SEED = "it must take seed= and options=: def reset(self, *, seed=None, options=None)"


class Sound(gymnasium.Wrapper[Numbers, object, object, object]):
    """Observations are flat and of the size that was promised, rewards numbers, ends truth values.

    `info` holds nothing but "is_success", and that only where the environment told it. A reward of None is
    NaN. Pictures are (H, W, 3) uint8 of one size. Whatever the environment raises becomes a ForeignError.
    """

    def __init__(self, env: Foreign) -> None:
        """Raises InvalidInput for observations that cannot be made numbers."""
        super().__init__(cast("gymnasium.Env[Numbers, object]", env))
        theirs: object = getattr(env, "observation_space", None)
        size = flat_size(theirs)
        self._theirs = cast(Space, theirs)
        self.observation_space = cast("gymnasium.Space[Numbers]", Box(-np.inf, np.inf, (size,), np.float64))
        self._pictures = Pictures()

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Numbers, Info]:
        """Begin an episode. -> the observation (D,), an empty info."""
        found = told("reset()", lambda: self.env.reset(seed=seed, options=options))
        if not isinstance(found, tuple | list) or len(cast("tuple[object, ...]", found)) != 2:
            raise ForeignError(f"reset() must return (observation, info), it returned {_what(found)}: {_OLD}")
        return flat_observation(self._theirs, cast("tuple[object, object]", found)[0]), {}

    def step(self, action: object) -> tuple[Numbers, float, bool, bool, Info]:
        """Act. -> the observation (D,), the reward, two ends, and "is_success" if it was told."""
        found = told("step()", lambda: self.env.step(action))
        if not isinstance(found, tuple | list) or len(cast("tuple[object, ...]", found)) != 5:
            old = (
                f": {_OLD}"
                if isinstance(found, tuple) and len(cast("tuple[object, ...]", found)) == 4
                else ""
            )
            right = "(observation, reward, terminated, truncated, info)"
            raise ForeignError(f"step() must return {right}, it returned {_what(found)}{old}")
        obs, reward, terminated, truncated, info = cast("tuple[object, ...]", found)
        success = success_of(info)
        return (
            flat_observation(self._theirs, obs),
            reward_of(reward),
            flag_of("terminated", terminated),
            flag_of("truncated", truncated),
            {} if success is None else {"is_success": success},
        )

    def render(self) -> NDArray[np.uint8]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A picture (H, W, 3) of the state last reached, always of the same size."""
        return self._pictures.picture(told("render()", self.env.render))

    def close(self) -> None:
        """Close it; what it raises then does no harm."""
        with contextlib.suppress(Exception, SystemExit):
            super().close()


def told(what: str, call: Callable[[], object]) -> object:
    """What a call into somebody's code returns; ForeignError, in a line, for whatever it raises."""
    try:
        return call()
    except (ArmchairError, KeyboardInterrupt, GeneratorExit, Overdue):
        raise
    except BaseException as error:  # sys.exit() and the panics of other languages, too
        says, right = _says(error), ""
        if isinstance(error, TypeError) and what == "reset()" and "unexpected keyword argument" in says:
            right = f"; {_SEED}"
        elif isinstance(error, ValueError) and "to unpack" in says:  # a wrapper above what returned too few
            right = f"; {_OLD}"
        raise ForeignError(f"{what} raised {raised(error)}{right}") from error


def raised(error: BaseException) -> str:
    """An exception in a line: its kind, what it says, where it was raised, and what would install it."""
    says = " ".join(_says(error).split())
    says = says if len(says) <= 300 else f"{says[:297]}…"
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if says else ''}{says}{at}{remedy(error)}"


def _says(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _what(found: object) -> str:
    if isinstance(found, tuple | list):
        return f"{len(cast('tuple[object, ...]', found))} values"
    return "nothing" if found is None else f"one {type(found).__name__}"


def step_seconds(env: Foreign) -> float:
    """Length of a step in s, by `render_fps` in the metadata; 1/30 where it says nothing of use."""
    try:
        fps = float(cast(float, metadata_of(env).get("render_fps")))
    except (TypeError, ValueError):
        return 1.0 / DEFAULT_FPS
    return 1.0 / (fps if 0.1 <= fps <= 1000.0 else DEFAULT_FPS)
