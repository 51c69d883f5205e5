"""An environment with nothing odd about it, and how others are made from it that differ in one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

WORKS, REFUSED = "works", "refused"
LENGTH = 12


class Plain(gymnasium.Env):
    """Two numbers are moved by two actions, a third drifts; nothing is odd about it."""

    metadata: Any = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012
    observation_space: Any = Box(-np.inf, np.inf, (3,), np.float64)
    action_space: Any = Box(-1.0, 1.0, (2,), np.float32)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.place, self.age = np.zeros(3), 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place, self.age = self.np_random.normal(size=3), 0
        return self.observe(), self.info()

    def step(self, action: Any) -> Any:
        self.age += 1
        self.place[:2] += 0.1 * np.resize(np.asarray(action, dtype=np.float64), 2)
        self.place[2] += 0.01
        return self.observe(), self.reward(), self.ended(), False, self.info()

    def observe(self) -> Any:
        return self.place.copy()

    def reward(self) -> Any:
        return -float(np.abs(self.place[:2]).sum())

    def ended(self) -> Any:
        return False

    def info(self) -> Any:
        return {}

    def render(self) -> Any:
        picture = np.zeros((24, 32, 3), np.uint8)
        picture[:, int(np.clip(16 + 4 * self.place[0], 0, 31))] = 255
        return picture


class Case(NamedTuple):
    """What comes of an environment."""

    make: Callable[..., Any]
    outcome: str = WORKS
    says: str = ""  # what is said on standard error: of a refusal its line, else a part of some line


CASES: dict[str, Case] = {}


def case(name: str, outcome: str = WORKS, says: str = "", **changed: Any) -> None:
    """An environment that differs from `Plain` in these attributes; functions become methods."""
    kind = type(name, (Plain,), changed)
    CASES[name] = Case(lambda render_mode=None: TimeLimit(kind(render_mode), LENGTH), outcome, says)


def refused(name: str, says: str, **changed: Any) -> None:
    case(name, REFUSED, says, **changed)


def raising(error: BaseException) -> Callable[..., Any]:
    def raiser(*_: Any, **__: Any) -> Any:
        raise error

    return raiser
