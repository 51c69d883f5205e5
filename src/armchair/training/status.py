"""What a run tells the page, through the store: rarely enough to cost nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from armchair.config.teach import TeachConfig
from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE
from armchair.envs.base import Env, Poses
from armchair.envs.spec import TaskSpec
from armchair.jsonable import Json
from armchair.store.store import Store

LEAST = 0.5  # s between two writes
BEAT = 5.0  # s after which the same is written again: the page takes silence for a trainer that is gone

Phase = Literal["collecting", "fitting", "practising", "waiting", "paused", "done", "stopped"]


class StatusBoard(Protocol):
    """Where a status is written; `Store.board` is one."""

    def set_status(self, value: Mapping[str, Json]) -> None:
        """Replace what is there."""
        ...


class StatusWriter:
    """Writes a run's status when it has changed, at most twice a second, and from time to time anyway."""

    def __init__(
        self,
        board: StatusBoard,
        about: Mapping[str, Json],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """about: what stays the same in the course of a run, see `about`."""
        self._board, self._about, self._clock = board, dict(about), clock
        self._written: dict[str, Json] = {}
        self._at = -BEAT

    def know(self, about: Mapping[str, Json]) -> None:
        """Say this, too, from now on."""
        self._about |= about

    def write(self, phase: Phase, facts: Mapping[str, Json], *, now: bool = False) -> None:
        """Say what the run does. now: write it in any case."""
        status = {**self._about, **facts, "phase": phase}
        passed = self._clock() - self._at
        if now or passed >= BEAT or (passed >= LEAST and status != self._written):
            self._board.set_status(status)
            self._written, self._at = status, self._clock()


def about(spec: TaskSpec, env: Env, *, people: bool) -> dict[str, Json]:
    """What the page should know of a run from its beginning; env: the one that clips are made in."""
    return {
        "task": spec.name,
        "question": spec.question,
        "control_dt": env.dt,
        "bodies": list(env.body_names) if isinstance(env, Poses) else [],
        "teacher": "person" if people else "simulated",
        "pid": os.getpid(),
    }


def announce(store: Store, spec: TaskSpec, config: TeachConfig) -> None:
    """Say what is going to be taught, before there is a trainer: a page that is open already can show it."""
    put_scene(store, spec.scene_asset(config.env))
    store.board.set_status(
        {
            "task": spec.name,
            "question": spec.question,
            "labels": config.queries.labels,
            "of_updates": config.schedule.updates,
            "updates": 0,
            "env_steps": 0,
            "phase": "collecting",
            "success": None,
            "teacher": "person",
        }
    )


def put_scene(store: Store, asset: bytes | None) -> None:
    """Leave the scene that clips are replayed in, where there is one."""
    if asset is not None:
        store.board.put_asset(SCENE, asset, SCENE_TYPE)
