"""Labelling: getting pairs, answering, taking back, looking back."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, cast

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from armchair.errors import StoreError
from armchair.store import settling
from armchair.store.board import budget_of
from armchair.store.people import SessionInfo
from armchair.store.reader import Standing
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.types import Answer, Choice, Question
from armchair.web.api.settling import goes_on
from armchair.web.api.types import (
    MAX_ROWS,
    AnswerRow,
    Flipped,
    Given,
    Guess,
    History,
    HistoryRow,
    Id,
    Named,
    Pair,
    Pairs,
    Reason,
    Released,
    Saved,
    Undone,
    Wanted,
)
from armchair.web.context import Context, ContextDep, Viewer
from armchair.web.errors import Refused, refuse, unusable

router = APIRouter()
AMPLE = 1000  # questions, far more than those that are being given out at one moment


@router.post("/api/pairs")
def pairs(wanted: Wanted, context: ContextDep, viewer: Viewer) -> Pairs:
    """Pairs to answer: first those this annotator holds already, then new ones."""
    if context.options.read_only:
        return {"pairs": [], "reason": "read_only"}
    with _looked(context, viewer.annotator) as now:
        if wanted.visit is not None and context.visits.has_ended(viewer.annotator, wanted.visit):
            return {"pairs": [], "reason": "empty"}  # the page was closed while it asked
        room, reason = _room(context, now)
        if reason is not None:
            return {"pairs": [], "reason": reason}
        held = now.held[: wanted.want]
        new = min(wanted.want - len(held), room)
        claimed = context.store.claim(viewer.annotator, n=new) if new > 0 else []
        if wanted.visit is not None:
            context.visits.give(viewer.annotator, wanted.visit, (one.id for one in held + claimed))
            if context.visits.has_ended(viewer.annotator, wanted.visit):  # or was closed meanwhile
                context.visits.end(viewer.annotator, wanted.visit, ())  # what it was just given is not kept
                context.store.release(viewer.annotator, [one.id for one in claimed])
                return {"pairs": [], "reason": "empty"}
    found = _pairs(context, held + claimed)
    return {"pairs": found, "reason": None if found else ("done" if now.phase == "done" else "empty")}


@contextmanager
def _looked(context: Context, annotator: str) -> Generator[Standing]:
    """How things stand; near the end of the budget no server gives anything out meanwhile."""
    store = context.store
    if store.is_file:
        with context.writing:
            yield store.standing(annotator)
        return
    now = store.standing(annotator)
    budget = budget_of(now.settings, now.status)
    if budget is None or budget - now.counts.asked - now.counts.leased > AMPLE:
        yield now
        return
    with store.giving():
        yield store.standing(annotator)


def _room(context: Context, standing: Standing) -> tuple[int, Reason | None]:
    """How many more questions may be given out, and why none."""
    if standing.settings.paused:
        return 0, "paused"
    counts, budget = standing.counts, budget_of(standing.settings, standing.status)
    if budget is None:
        return 2**31, None
    if counts.asked >= budget:  # with which comparisons afterwards are not charged
        return (2**31, None) if goes_on(context.snapshots.latest()) else (0, "budget")
    if standing.phase == "done":
        offer = context.snapshots.latest().offer
        if offer is not None and offer.on:
            settling.end(context.store, offer)  # the budget was raised meanwhile
    return budget - counts.asked - counts.leased, None


@router.post("/api/release", status_code=204)
def release(given: Released, context: ContextDep, viewer: Viewer) -> Response:
    """Give pairs back, so that others need not wait until the hold on them ends."""
    with context.writing:
        back = given.questions
        if given.ends is not None:
            back = context.visits.end(viewer.annotator, given.ends, back, given.keeps)
        context.store.release(viewer.annotator, back)
    return Response(status_code=204)


@router.post("/api/answers")
async def answer(given: Given, context: ContextDep, viewer: Viewer) -> Saved:
    """Store an answer. It is on disk when this is answered; sent again it does no harm."""
    made = Answer(annotator=viewer.annotator, created=time.time(), **given.model_dump())
    try:
        kept = await context.saving.do(made)
    except StoreError as error:
        if unusable(error):
            raise
        async with context.places.reads.turn(viewer.annotator):
            refusal = await run_in_threadpool(_refusal, context.store, made, str(error))
        raise refusal from error
    return {"saved": True, "new": kept.new, "guess": _guess(kept.guess)}


def _refusal(store: Store, made: Answer, why: str) -> Refused:
    """Which of the reasons it was, so that the page can drop the pair or go on."""
    try:
        store.question(made.question)
    except StoreError:
        return Refused(404, "not_found", why)
    answered = store.history(made.annotator, questions=[made.question])
    return Refused(409, "answered" if answered else "lost", why)


def _guess(guess: float | None) -> Guess | None:
    """guess: P(right is better), where it is known and told."""
    if guess is None:
        return None
    return {"choice": "right" if guess >= 0.5 else "left", "probability": max(guess, 1.0 - guess)}


@router.post("/api/undo")
def undo(given: Named, context: ContextDep, viewer: Viewer) -> Undone:
    """Take one's latest answer back and get its pair again; as often as one likes."""
    with context.writing:
        before = context.store.history(viewer.annotator, limit=1)
        question = context.store.undo(viewer.annotator, given.id)
    if question is None:
        return {"undone": None, "pair": None}
    taken = before[0].answer if before and before[0].question.id == question.id else None
    (pair,) = _pairs(context, [question])
    return {"undone": None if taken is None else cast(AnswerRow, taken._asdict()), "pair": pair}


@router.post("/api/answers/{answer}/flip")
def flip(answer: Id, given: Named, context: ContextDep, viewer: Viewer) -> Flipped:
    """Turn an answer of one's own round, left for right."""
    with context.writing:
        if own_answer(context.store, answer, viewer) is not None:
            context.store.flip(answer, given.id)
        turned = own_answer(context.store, given.id, viewer)  # also when this request came a second time
    if turned is None:
        refuse(404, "not_found", "that answer was taken back or changed, or never was")
    return {"answer": history_rows(context, [turned], viewer)[0]}


def own_answer(store: Store, answer: str, viewer: SessionInfo) -> Record | None:
    """The answer in force of this id; None when there is none. Refuses those of others."""
    try:
        record = store.record(answer)
    except StoreError as error:
        if unusable(error):
            raise
        return None
    if record.answer.annotator != viewer.annotator:
        refuse(403, "forbidden", "that answer is someone else's")
    return record


@router.get("/api/history")
def history(
    context: ContextDep,
    viewer: Viewer,
    choice: Choice | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 50,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    everyone: bool = False,
    against: bool = False,
) -> History:
    """One's answers, the latest first; with `everyone`, for the run's owner, those of all.

    against: only those for the other side than the model had expected, for whoever is told what it had.
    """
    if everyone and viewer.role != "owner":
        refuse(403, "forbidden", "the answers of others are for the run's owner")
    whose = None if everyone else viewer.annotator
    if against and not _told_guesses(context, viewer):
        refuse(403, "forbidden", "what the model had expected is not shown in this run")
    records = context.store.history(whose, limit + 1, before=before, choice=choice, against=against)
    more = records[limit - 1].seq if len(records) > limit else None
    return {"rows": history_rows(context, records[:limit], viewer), "next": more}


def _told_guesses(context: Context, viewer: SessionInfo) -> bool:
    """Whether somebody sees, of answers that were given, what the model had expected."""
    return viewer.role == "owner" or context.store.board.settings().show_guess


def history_rows(context: Context, records: list[Record], viewer: SessionInfo) -> list[HistoryRow]:
    """Answers in force with their clips, as this annotator may see them."""
    refs = context.clips.refs(record.question for record in records)
    asked = _asked(context.store, [record.question for record in records])
    shown = _told_guesses(context, viewer)
    return [
        {
            "id": record.answer.id,
            "seq": record.seq,
            "question": record.question.id,
            "choice": record.answer.choice,
            "strength": record.answer.strength,
            "seconds": record.answer.seconds,
            "created": record.answer.created,
            "annotator": record.answer.annotator,
            "left": refs[record.question.left],
            "right": refs[record.question.right],
            "can_flip": record.answer.choice in ("left", "right")
            and record.answer.annotator == viewer.annotator,
            "guess": _guess(record.question.guess) if shown else None,
            "wish": record.question.wish,
            "asks": asked.get(record.question.wish),
        }
        for record in records
    ]


def _pairs(context: Context, questions: list[Question]) -> list[Pair]:
    refs, asked = context.clips.refs(questions), _asked(context.store, questions)
    return [
        {
            "question": question.id,
            "left": refs[question.left],
            "right": refs[question.right],
            "policy_step": question.policy_step,
            "alike": context.clips.alike(question),
            "wish": question.wish,
            "asks": asked.get(question.wish),
        }
        for question in questions
    ]


def _asked(store: Store, questions: list[Question]) -> dict[str | None, str]:
    """What is asked about their wishes, by name; empty where all are about the skill."""
    if all(question.wish is None for question in questions):
        return {}
    return {wish.name: wish.question for wish in store.wishes()}
