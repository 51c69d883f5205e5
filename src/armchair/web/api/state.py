"""What the page shows beside the clips: progress, trainer, settings, meter.

It is the same for everybody, but for one's own answers and rights.
"""

from __future__ import annotations

import math
import time
from typing import Literal, cast

from fastapi import APIRouter
from typing_extensions import TypedDict

from armchair.jsonable import Json
from armchair.store.board import CHANGE, own_wish
from armchair.store.people import SessionInfo
from armchair.version import __version__
from armchair.web.api.settling import SettlingState, settling_state
from armchair.web.caches.snapshots import Snapshot
from armchair.web.context import Context, ContextDep, Viewer
from armchair.web.understanding import understanding, version_of

DEFAULT_QUESTION = "Which one is better?"
ENOUGH = 5  # own answers before the agreement is shown, so that nobody learns the model's taste first

router = APIRouter()


class ShownSettings(TypedDict):
    """The settings that concern annotators."""

    show_success: bool
    show_guess: bool
    strengths: bool


class Agreement(TypedDict):
    """How often the model that was in force had guessed the latest answers."""

    agree: int
    of: int


class Learned(TypedDict):
    """Of the answers that the last fit was the first to know, those that changed the model's mind."""

    answers: int
    changed: int


class Progress(TypedDict):
    """How far the answering has come."""

    answers: int
    budget: int | None
    mine: int
    today: int
    pace_per_minute: float | None
    eta_minutes: float | None
    agreement: Agreement | None
    learned: Learned | None
    waiting: int
    look_again: int
    """One's own answers that deserve a second look."""


class Trainer(TypedDict):
    """What the arm does right now."""

    phase: str
    alive: bool
    updates: int
    of_updates: int
    env_steps: int
    success: float | None
    waits: bool
    """Done, and goes on by itself once there is more to do."""


class MeterState(TypedDict):
    """Whether more answers still help."""

    verdict: str
    wins: int
    ties: int
    losses: int
    text: str
    more: int
    done: bool
    """Whether no more answers are needed, by what it found."""


class File(TypedDict):
    """Where a file of the run is."""

    url: str
    version: str


class UnderstoodNow(TypedDict):
    """That something was understood of a wish, and which version of it."""

    asks: str
    version: str


class State(TypedDict):
    """Everything that the page shows beside the clips."""

    run: str
    folder: str | None
    """Of the run, for its owner."""
    finished: bool
    """Whether the owner has ended the run."""
    task: str
    question: str
    annotator: str
    role: Literal["owner", "annotator"]
    page: str
    can_start: bool
    runs_at: str
    clip_seconds: float | None
    control_dt: float | None
    settings: ShownSettings
    progress: Progress
    trainer: Trainer
    meter: MeterState
    scene: File | None
    change: File | None
    """The arm before and now."""
    settling: SettlingState | None
    """Comparisons after the budget."""
    wishes: int
    """How many there are."""
    understood: UnderstoodNow | None
    """That there is something to see of what was understood of a wish, for its owner."""


@router.get("/api/state")
def state(context: ContextDep, viewer: Viewer) -> State:
    """How things stand, for this annotator."""
    return describe(context, context.snapshots.latest(), viewer)


def describe(context: Context, snapshot: Snapshot, viewer: SessionInfo) -> State:
    """A snapshot as this annotator may see it."""
    status = {} if snapshot.status is None else snapshot.status.value
    settings = snapshot.settings
    return {
        "run": context.options.run,
        "folder": _folder(context, viewer),
        "finished": settings.finished,
        "task": _text(status, "task"),
        "question": settings.question or _text(status, "question") or DEFAULT_QUESTION,
        "annotator": viewer.annotator,
        "role": viewer.role,
        "page": __version__,
        "runs_at": context.options.runs_at if viewer.role == "owner" else "",
        "can_start": context.options.resume is not None and viewer.role == "owner",
        "clip_seconds": _number(status, "clip_seconds"),
        "control_dt": _number(status, "control_dt"),
        "settings": {
            "show_success": settings.show_success,
            "show_guess": settings.show_guess,
            "strengths": settings.strengths,
        },
        "progress": _progress(snapshot, viewer, time.time()),
        "trainer": _trainer(snapshot, viewer, time.time()),
        "meter": cast(MeterState, snapshot.meter._asdict()),
        "scene": _file(snapshot, "scene"),
        "change": _file(snapshot, CHANGE),
        "settling": settling_state(snapshot, context, shown=_shown(snapshot, viewer)),
        "wishes": len(snapshot.wishes),
        "understood": _understood(snapshot, viewer),
    }


def _understood(snapshot: Snapshot, viewer: SessionInfo) -> UnderstoodNow | None:
    found = understanding(snapshot.status) if viewer.role == "owner" else None
    asked = {wish.name: wish.question for wish in snapshot.wishes}
    if found is None or found.wish not in asked:
        return None
    return {"asks": asked[found.wish], "version": version_of(found)}


def _shown(snapshot: Snapshot, viewer: SessionInfo) -> bool:
    """Whether somebody is told of success."""
    shown = snapshot.settings.show_success or viewer.role == "owner"
    return shown and own_wish(snapshot.settings, snapshot.status)


def _file(snapshot: Snapshot, name: str) -> File | None:
    version = snapshot.assets.get(name)
    return None if version is None else {"url": f"/api/{name}", "version": version[:16]}


def _progress(snapshot: Snapshot, viewer: SessionInfo, now: float) -> Progress:
    known = snapshot.mine.get(viewer.annotator)
    mine, today = (known.count, known.today(now)) if known is not None else (0, 0)
    answers, budget, pace = snapshot.counts.asked, snapshot.budget, snapshot.pace(now)
    left = None if budget is None else max(0, budget - answers)
    status = {} if snapshot.status is None else snapshot.status.value
    share = status.get("agreement") if mine >= ENOUGH else None
    return {
        "answers": answers,
        "budget": budget,
        "mine": mine,
        "today": today,
        "pace_per_minute": pace,
        "eta_minutes": None if left is None or not pace else float(math.ceil(left / pace)),
        "agreement": cast(Agreement | None, share),
        "learned": cast(Learned | None, status.get("learned")),
        "waiting": snapshot.counts.open,
        "look_again": snapshot.again.get(viewer.annotator, 0),
    }


def _trainer(snapshot: Snapshot, viewer: SessionInfo, now: float) -> Trainer:
    status = {} if snapshot.status is None else snapshot.status.value
    success = _number(status, "success")
    if snapshot.offer is not None and snapshot.offer.used:
        success = snapshot.offer.older_success
    return {
        "phase": snapshot.phase,
        "alive": snapshot.alive(now),
        "updates": int(_number(status, "updates") or 0),
        "of_updates": int(_number(status, "of_updates") or 0),
        "env_steps": int(_number(status, "env_steps") or 0),
        "success": success if _shown(snapshot, viewer) else None,
        "waits": snapshot.waits(now),
    }


def _folder(context: Context, viewer: SessionInfo) -> str | None:
    folder = context.options.run_path
    return str(folder) if folder is not None and viewer.role == "owner" else None


def _text(status: dict[str, Json], key: str) -> str:
    value = status.get(key)
    return value if isinstance(value, str) else ""


def _number(status: dict[str, Json], key: str) -> float | None:
    value = status.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
