"""All trackers of a run: told its settings once, its metrics in groups, its film and its plot at the end."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from armchair.jsonable import Json
from armchair.reports.tracking.kept import keep, tracked
from armchair.reports.tracking.making import CHOOSES, Where, id_of, new_id, start
from armchair.reports.tracking.media import show
from armchair.reports.tracking.worker import ASIDE, Worker
from armchair.runs.folder import RunDir
from armchair.runs.metrics_log import STEP

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

PATIENCE = 20.0  # s that the end of a run waits for its trackers, all together
GROUPS = {
    "feedback": ("asked", "answers"),
    "policy": ("reward", "success", "kl", "std", "contest_own", "contest_rival"),
    "reward_model": ("accuracy", "nll", "ece", "slips"),
    "health": ("diverged", "faults"),
}
PREFIXES = {"eval_": "evaluation", "fit_": "reward_model"}
_GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}


def tag(name: str) -> str:
    """A metric's name within its group, such as evaluation/success."""
    for prefix, group in PREFIXES.items():
        if name.startswith(prefix):
            return f"{group}/{name.removeprefix('eval_')}"
    return f"{_GROUP_OF.get(name, 'run')}/{name}"


def flat(config: Mapping[str, Json], before: str = "") -> dict[str, str | int | float | bool]:
    """Settings by dotted key, as hyperparameters are: numbers, truth values and texts."""
    found: dict[str, str | int | float | bool] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}.")
        elif isinstance(value, bool | int | float | str):
            found[f"{before}{key}"] = value
        elif value is not None:
            found[f"{before}{key}"] = str(value)[:500]
    return found


class Tracking:
    """A context manager; what it is told of goes to each tracker in a thread of its own."""

    def __init__(self, run: RunDir, names: tuple[str, ...]) -> None:
        """names: see `armchair.offers.trackers`. Nothing is started before `begin`."""
        self._run, self.names = run, names
        self._workers: list[Worker] = []
        self._step = 0
        self._keeping = threading.Lock()

    def begin(self, after: int) -> None:
        """Start the trackers; after: environment steps that a run going on has behind it."""
        self._step = after
        ids = tracked(self._run)
        settings = flat(self._run.config())
        for name in self.names:
            known = ids.get(name, "")
            made = "" if name in CHOOSES else new_id()
            where = Where(self._run.name, self._run.path, known or made, not known, after)
            self._workers.append(Worker(name, self._maker(name, where, settings)))

    def _maker(self, name: str, where: Where, settings: Mapping[str, str | int | float | bool]):  # noqa: ANN202
        def make() -> GeneralTracker:
            tracker = start(name, where, settings)
            with self._keeping:
                keep(self._run, {**tracked(self._run), name: id_of(name, tracker, where)})
            return tracker

        return make

    def add(self, record: Mapping[str, Json]) -> None:
        """The finite numbers of a line of metrics, at its environment steps."""
        step = record.get(STEP)
        if not isinstance(step, int):
            return
        numbers = {
            tag(name): value
            for name, value in record.items()
            if name != STEP and isinstance(value, int | float) and math.isfinite(value)
        }
        self._step = step
        for worker in self._workers:
            worker.tell(lambda tracker: tracker.log(numbers, step=step))

    def show(self, what: str, file: Path) -> None:
        """A film (.mp4) or a plot (.png)."""
        for worker in self._workers:
            worker.tell(partial(_show, worker.name, what, file, self._step))

    def close(self) -> None:
        """Let all trackers end, and wait for them, `PATIENCE` at most."""
        deadline = time.monotonic() + PATIENCE
        for worker in self._workers:
            worker.finish()
        for worker in self._workers:
            worker.join(max(0.1, deadline - time.monotonic()))
        self._workers = []
        ASIDE.end()

    def __enter__(self) -> Tracking:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _show(name: str, what: str, file: Path, step: int, tracker: GeneralTracker) -> None:
    show(name, tracker, what, file, step)
