"""A second look at answers of one's own that the model is surest to be otherwise; each is offered once."""

from __future__ import annotations

from fastapi import APIRouter

from armchair.store import second_looks
from armchair.web.api.label import history_rows, own_answer
from armchair.web.api.types import Flipped, SecondLook, SecondLooks
from armchair.web.context import ContextDep, Viewer
from armchair.web.errors import refuse

router = APIRouter()


@router.get("/api/look-again")
def offered(context: ContextDep, viewer: Viewer) -> SecondLooks:
    """One's own answers that deserve a second look."""
    board = context.store.board
    wanted = second_looks.waiting(board, board.asset_versions())
    found = context.store.history(viewer.annotator, questions=wanted)
    mine = {record.question.id: record for record in found}
    return {"rows": history_rows(context, [mine[name] for name in wanted if name in mine], viewer)}


@router.post("/api/look-again")
def looked(given: SecondLook, context: ContextDep, viewer: Viewer) -> Flipped:
    """Keep an answer or give another in its place; the earlier one stays on record."""
    with context.writing:
        record = own_answer(context.store, given.answer, viewer)
        if record is not None and given.choice not in (None, record.answer.choice):
            context.store.flip(given.answer, given.id, given.choice)
            record = None
        record = record or own_answer(context.store, given.id, viewer)  # also when this came a second time
        if record is None:
            refuse(404, "not_found", "that answer was taken back or changed, or never was")
        second_looks.look(context.store.board, record.question.id)
    return {"answer": history_rows(context, [record], viewer)[0]}
