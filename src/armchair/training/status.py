"""Telling the page how a run is getting on, through the store: rarely enough to cost nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from armchair.engines.scene import body_names
from armchair.envs.arm_env import ArmEnv
from armchair.envs.base import Env
from armchair.envs.foreign.env import GymImport
from armchair.jsonable import Json
from armchair.training.words import Phase, question_of

LEAST = 0.5  # s between two writes
BEAT = 5.0  # s after which the same is written again: the page takes silence for a trainer that is gone


class StatusBook(Protocol):
    """Where a status is written; a `Store` is one."""

    def set_status(self, value: Mapping[str, Json]) -> None:
        """Replace what is there."""
        ...


class Teller:
    """Writes a run's status when it has changed, at most twice a second, and from time to time anyway."""

    def __init__(
        self,
        book: StatusBook,
        about: Mapping[str, Json],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """about: what stays the same in the course of a run, see `about`."""
        self._book, self._about, self._clock = book, dict(about), clock
        self._told: dict[str, Json] = {}
        self._at = -BEAT

    def tell(self, phase: Phase, facts: Mapping[str, Json], *, now: bool = False) -> None:
        """Say what the run does. now: write it in any case."""
        status = {**self._about, **facts, "phase": phase}
        passed = self._clock() - self._at
        if now or passed >= BEAT or (passed >= LEAST and status != self._told):
            self._book.set_status(status)
            self._told, self._at = status, self._clock()


def about(task: str, env: Env, *, person: bool) -> dict[str, Json]:
    """What the page should know of a run from its beginning."""
    arm = isinstance(env, ArmEnv)
    control_dt = env.engine.dt if isinstance(env, ArmEnv) else _period(env)
    return {
        "task": task,
        "question": question_of(task),
        "control_dt": control_dt,
        "bodies": list(body_names(env.task.num_blocks)) if arm else [],
        "teacher": "person" if person else "simulated",
        "pid": os.getpid(),
    }


def _period(env: Env) -> float:
    return 1.0 / env.fps if isinstance(env, GymImport) else 0.05
