"""Going on with a run from its page, also after its trainer has ended."""

from __future__ import annotations

import threading
import time

from fastapi import APIRouter, Depends

from armchair.errors import ArmchairError
from armchair.store.board import MAX_LABELS, Board, budget_of
from armchair.store.store import Store
from armchair.web.api.owner import owner
from armchair.web.api.types import TaughtOn, TeachOn
from armchair.web.caches.snapshots import ALIVE_SECONDS
from armchair.web.context import ContextDep
from armchair.web.errors import refuse
from armchair.web.options import Resume

router = APIRouter(dependencies=[Depends(owner)])


@router.post("/api/run/teach-on")
def teach_on(given: TeachOn, context: ContextDep) -> TaughtOn:
    """See to it that so many more answers may be given, and that a trainer is at work."""
    start = context.options.resume
    if start is None:
        refuse(409, "no_start", "this server starts no trainers: use `armchair resume` in a terminal")
    return go_on(context.store, given.labels, start, context.writing)


def go_on(store: Store, more: int, start: Resume, writing: threading.Lock) -> TaughtOn:
    """Raise a run's budget where fewer than `more` answers are left of it, and have a trainer started.

    writing: held while the budget is raised, and not while the trainer starts, which takes seconds.
    """
    with writing:
        labels = _raise_budget(store.board, store.counts().asked + more)
    before = store.board.status()
    if before is not None and before.value.get("waits") and time.time() - before.updated < ALIVE_SECONDS:
        return {"labels": labels, "started": False}  # one whose run is done goes on by itself
    try:
        started = start()
    except ArmchairError as error:
        refuse(409, "no_start", str(error))
    if started and before is not None:
        # it speaks as soon as it has read its checkpoint; till then this is what is known
        store.board.replace_status(before, {**before.value, "phase": "collecting"})
    return {"labels": labels, "started": started}


def _raise_budget(board: Board, wanted: int) -> int | None:
    """Twice the same, as by a button pressed twice, raises it once. -> the budget."""
    now = budget_of(board.settings(), board.status())
    if now is None or wanted <= now:
        return now
    return board.set_setting("labels", min(wanted, MAX_LABELS)).labels
