"""Going on with a run from its page, also after its trainer has ended."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from armchair.errors import ArmchairError
from armchair.store.board import MAX_LABELS
from armchair.web.api.owner import owner
from armchair.web.api.types import TaughtOn, TeachOn
from armchair.web.context import Context, ContextDep
from armchair.web.errors import refuse

router = APIRouter(dependencies=[Depends(owner)])


@router.post("/api/run/teach-on")
def teach_on(given: TeachOn, context: ContextDep) -> TaughtOn:
    """See to it that so many more answers may be given, and that a trainer is at work."""
    start = context.options.resume
    if start is None:
        refuse(409, "no_start", "this server starts no trainers: use `armchair resume` in a terminal")
    raised = _raise_budget(given.labels, context)
    try:
        started = start()
    except ArmchairError as error:
        refuse(409, "no_start", str(error))
    if started:
        _say_so(context)
    return {"labels": raised, "started": started}


def _raise_budget(more: int, context: Context) -> int | None:
    """Twice the same, as by a button pressed twice, raises it once. -> the budget."""
    with context.writing:
        snapshot = context.snapshots.latest()
        now, wanted = snapshot.budget, min(snapshot.counts.asked + more, MAX_LABELS)
        if now is None or wanted <= now:
            return now
        return context.store.board.set_setting("labels", wanted).labels


def _say_so(context: Context) -> None:
    """The new trainer speaks as soon as it has read its checkpoint; till then this is what is known."""
    status = context.store.board.status()
    if status is not None:
        context.store.board.set_status({**status.value, "phase": "collecting"})
