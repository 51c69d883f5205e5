"""What there is to say of each run in a folder, read again only where something has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from typing_extensions import TypedDict

from armchair.errors import ArmchairError
from armchair.jsonable import Json
from armchair.runs.folder import OF_RUNS, RunDir, runs_in
from armchair.store.board import budget_of
from armchair.store.database import shown
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_of
from armchair.store.wishes import style_of
from armchair.web.caches.snapshots import ALIVE_SECONDS
from armchair.web.processes.launcher import LOG, last_line

MORE = 30  # answers more that are offered when a budget is spent
ELSEWHERE = 10.0  # s between two looks into a database that is no file
PATIENCE = 0.5  # s that its first answer is waited for
ON_REQUEST = "stopped by "  # begins the last words of a trainer that was asked to end early on
PEOPLE = "person"  # in a run's description, where people answer

SKILL = ("policy", "reward")  # names of what is saved of one

State = Literal["running", "waiting", "paused", "stopped", "done", "broken"]


class Row(TypedDict):
    """A run in the list."""

    name: str
    task: str
    question: str
    teacher: str
    """Who answers: "" for people, the name of a simulated teacher, "reward" where nobody is asked."""
    answers: int
    budget: int | None
    success: float | None
    """Of the task, where that is what is taught."""
    active: float | None
    """When something was heard of it last, s since the epoch."""
    state: State
    detail: str
    """What went wrong, in one line; empty where nothing did."""
    can_open: bool
    can_teach_on: bool
    can_stop: bool
    can_wish: bool
    """Whether it is a finished skill that a wish can be taught on top of."""
    more: int
    """Answers by which the budget is raised to go on; 0 where some are left."""


class _Board(NamedTuple):
    """What a run's store says."""

    question: str
    own_question: bool  # whether the task's own is asked
    phase: str
    answers: int
    budget: int | None
    success: float | None
    heard: float  # s since the epoch
    last: float  # the last answer, s since the epoch; 0 where there is none


class Listing:
    """The runs of a folder, those at work first, then the latest."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self.root, self._clock = root, clock
        self._lock = threading.Lock()
        self._asked: set[str] = set()  # runs whose database has not answered yet
        self._read: dict[str, tuple[tuple[object, ...], _Board | str | None]] = {}

    def rows(self) -> list[Row]:
        """All of them; one that cannot be read is a row that says so."""
        with self._lock:
            found = [row for run in runs_in(self.root) if (row := self._row(run)) is not None]
        busy = ("running", "waiting", "paused")
        return sorted(found, key=lambda row: (row["state"] not in busy, -(row["active"] or 0.0), row["name"]))

    def find(self, name: str) -> RunDir | None:
        """The run of this name, looked up among those there are."""
        return next((run for run in runs_in(self.root) if run.name == name), None)

    def _row(self, run: RunDir) -> Row | None:
        try:
            return self._described(run)
        except (
            ArmchairError,
            OSError,
            ValueError,
            TypeError,
            LookupError,
        ) as error:  # whatever was put there
            return _broken(run, f"{error}")

    def _described(self, run: RunDir) -> Row | None:
        config = run.config()
        if config.get("command") in OF_RUNS:
            return None
        if config.get("command") == "train":
            return _trained(run, config)
        board = self._board(run)
        if isinstance(board, str):
            return _broken(run, board, _text(config, "task"))
        return _taught(run, config, board, self._clock())

    def _board(self, run: RunDir) -> _Board | str | None:
        """What the store says; an error's text; None where there is no store yet."""
        stamp = self._stamp(run)
        known = self._read.get(run.name)
        if known is not None and known[0] == stamp:
            return known[1]
        if isinstance(run.store, Path):
            self._look(run, stamp)
        elif run.name not in self._asked:  # a database that does not answer must not keep the others
            self._asked.add(run.name)
            asking = threading.Thread(target=self._look, args=[run, stamp], daemon=True)
            asking.start()
            asking.join(PATIENCE)
        return self._read.get(run.name, (stamp, f"{shown(str(run.store))} has not answered yet"))[1]

    def _look(self, run: RunDir, stamp: tuple[object, ...]) -> None:
        try:
            found = _read(run)
        except ArmchairError as error:
            found = str(error)
        self._read[run.name] = stamp, found
        self._asked.discard(run.name)

    def _stamp(self, run: RunDir) -> tuple[object, ...]:
        """Changes where the store has changed."""
        if isinstance(run.store, str):
            return (self._clock() // ELSEWHERE,)
        found: list[object] = []
        for end in ("", "-wal"):
            with suppress(OSError):
                file = run.store_file.with_name(run.store_file.name + end).stat()
                found += [end, file.st_mtime_ns, file.st_size]
        return tuple(found)


def _read(run: RunDir) -> _Board | None:
    if isinstance(run.store, Path) and not run.store.is_file():
        return None
    with Store.open(run.store, create=False) as store:
        settings, status, position = store.board.settings(), store.board.status(), store.position()
        value: Mapping[str, Json] = {} if status is None else status.value
        latest = store.records(since=max(0, position - 1)) if position else []
        success, own = value.get("success"), _text(value, "question")
        wished = " · ".join(wish.question for wish in store.wishes())
        return _Board(
            question=settings.question or wished or own,
            own_question=settings.question in ("", own),
            phase=_text(value, "phase"),
            answers=store.counts().asked,
            budget=budget_of(settings, status),
            success=float(success) if isinstance(success, int | float) else None,
            heard=0.0 if status is None else status.updated,
            last=max((record.answer.created for record in latest), default=0.0),
        )


def _taught(run: RunDir, config: Mapping[str, Json], board: _Board | None, now: float) -> Row:
    """A run of `armchair teach`."""
    teacher = config.get("teacher")
    name = str(teacher.get("name", "")) if isinstance(teacher, Mapping) else ""
    people = name in ("", PEOPLE)
    board = board or _Board("", True, "", 0, None, None, 0.0, 0.0)
    queries = config.get("queries")
    budget = board.budget or (queries.get("labels") if isinstance(queries, Mapping) else None)
    here = trainer_of(run) is not None
    afar = isinstance(run.store, str) and now - board.heard < ALIVE_SECONDS
    state, detail = _state(run, board.phase, here or afar)
    spent = isinstance(budget, int) and board.answers >= budget
    row = _row_of(run, config, state, detail)
    row["question"], row["teacher"] = board.question, "" if people else name
    row["answers"], row["budget"] = board.answers, budget if isinstance(budget, int) else None
    row["success"] = board.success if board.own_question and style_of(config) is None else None
    row["active"] = max(board.heard, board.last) or row["active"]
    row["can_open"] = board.phase != ""
    row["can_teach_on"] = state == "stopped" or (people and state == "done")
    row["can_wish"] = state == "done" and not here and _has_skill(run)
    row["can_stop"], row["more"] = here, MORE if people and (spent or state == "done") else 0
    return row


def _has_skill(run: RunDir) -> bool:
    """Whether a policy and what it has learned to want are there."""
    return all((run.checkpoints / f"{name}.safetensors").is_file() for name in SKILL)


def _state(run: RunDir, phase: str, alive: bool) -> tuple[State, str]:
    """Where a run of teaching stands, and what went wrong if something did."""
    if alive:
        return (phase if phase in ("waiting", "paused") else "running"), ""
    if phase == "done":
        return "done", ""
    if phase == "stopped":
        return "stopped", ""
    line = last_line(run.path / LOG)
    if line is not None and line.startswith(ON_REQUEST):
        return "stopped", ""
    return "stopped", f"Last line of its log: {line}" if line else "Its trainer ended without a word."


def _trained(run: RunDir, config: Mapping[str, Json]) -> Row:
    """A run of `armchair train`, in which nobody is asked."""
    here = trainer_of(run) is not None
    ended = [line["eval_success"] for line in run.metrics() if "eval_success" in line]
    row = _row_of(run, config, "running" if here else "done" if ended else "stopped", "")
    last = ended[-1] if ended else None
    row["teacher"], row["can_stop"], row["can_teach_on"] = "reward", here, row["state"] == "stopped"
    row["success"] = float(last) if isinstance(last, int | float) else None
    return row


def _broken(run: RunDir, error: str, task: str = "") -> Row:
    return _row_of(run, {"task": task}, "broken", printable(" ".join(error.split())))


def _row_of(run: RunDir, config: Mapping[str, Json], state: State, detail: str) -> Row:
    """A run of which no more is known than its folder says."""
    active = None
    for file in (run.metrics_file, run.config_file):
        with suppress(OSError):
            active = active or file.stat().st_mtime
    return {
        "name": printable(run.name),
        "task": _text(config, "task"),
        "question": "",
        "teacher": "",
        "answers": 0,
        "budget": None,
        "success": None,
        "active": active,
        "state": state,
        "detail": detail,
        "can_open": False,
        "can_teach_on": False,
        "can_stop": False,
        "can_wish": False,
        "more": 0,
    }


def printable(text: str) -> str:
    """Text that can be sent, whatever bytes a file's name had."""
    return text.encode(errors="replace").decode()


def _text(values: Mapping[str, Json], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""
