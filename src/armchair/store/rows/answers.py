"""Answers in the database: only ever added, within a transaction that the caller holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import ArmchairError, InvalidInput, StoreError, check_choice
from armchair.ids import check_id, new_id
from armchair.store.rows import audit as chain
from armchair.store.rows import leases
from armchair.store.rows.annotators import check_included, is_excluded
from armchair.store.rows.binds import IDS
from armchair.store.rows.clips import chunks, find_question
from armchair.store.rows.kept import adding, tallies
from armchair.store.rows.kept.adding import Change
from armchair.store.rows.records import Wanted, find, to_answer
from armchair.store.schema import (
    CHOICES,
    annotators,
    answers,
    in_force,
    questions,
    times_answered,
)
from armchair.types import Answer, Choice, Question

MAX_STRENGTH = 10.0
MAX_PAGE = 64  # letters in a page's version
FLIPPED: dict[str, Choice] = {"left": "right", "right": "left"}

_BY_IDS = sa.select(answers).where(answers.c.id.in_(IDS))
_ANSWERED = sa.select(in_force.c.question, in_force.c.annotator).where(in_force.c.question.in_(IDS))
_UPDATE_ANSWERED = questions.update().where(questions.c.id.in_(IDS)).values(answered=times_answered)


def check_answer(answer: Answer) -> None:
    """Raises InvalidInput (InvalidChoice for the choice) for an answer that cannot be stored."""
    check_id("an answer", answer.id)
    check_choice("choice", answer.choice, CHOICES)
    if not 0.0 < answer.strength <= MAX_STRENGTH:
        raise InvalidInput(f"strength must be above 0 and at most {MAX_STRENGTH:g}, got {answer.strength}")
    if not (math.isfinite(answer.seconds) and answer.seconds >= 0 and math.isfinite(answer.created)):
        raise InvalidInput(f"seconds and created must be finite, got {answer.seconds} and {answer.created}")
    if len(answer.page) > MAX_PAGE or "\0" in answer.page:  # which PostgreSQL does not take
        raise InvalidInput(f"a page's version has at most {MAX_PAGE} letters and no NUL, got {answer.page!r}")


def submit(conn: sa.Connection, answer: Answer) -> bool:
    """Store an answer to a question that the annotator holds. -> False when it was there already.

    Raises StoreError for an unknown question, one that the annotator does not hold, and for an id that
    stands for something else.
    """
    (told,) = submit_all(conn, [answer])
    if isinstance(told, ArmchairError):
        raise told
    return told


def submit_all(conn: sa.Connection, several: Sequence[Answer]) -> list[bool | ArmchairError]:
    """`submit`, of several at once. -> of each what it returns or raises; those that are wrong stop none."""
    told, left = dict[int, bool | ArmchairError](), dict(enumerate(several))
    while left:
        part, ids, asked = dict[int, Answer](), set[str](), set[str]()
        for k, answer in left.items():  # of one id or of one question, the later ones wait
            if answer.id not in ids and answer.question not in asked:
                part[k] = answer
            ids.add(answer.id)
            asked.add(answer.question)
        told |= zip(part, _submit(conn, list(part.values())), strict=True)
        left = {k: answer for k, answer in left.items() if k not in part}
    return [told[k] for k in range(len(several))]


def _submit(conn: sa.Connection, several: Sequence[Answer]) -> list[bool | ArmchairError]:
    """Those of different ids, to different questions."""
    names = [answer.question for answer in several]
    known = {row.id: row for row in conn.execute(_BY_IDS, {"ids": [answer.id for answer in several]})}
    leases.lock(conn, names)
    shown = chain.find_shown(conn, names)
    about = _About(known, shown, _answered(conn, names), leases.holders(conn, names))
    told: list[bool | ArmchairError] = []
    new: list[Answer] = []
    for answer in several:
        try:
            told.append(_is_new(answer, about))
        except ArmchairError as error:
            told.append(error)
        else:
            new += [answer] if told[-1] else []
    if new:
        adding.add(conn, [Change(answer, answer.choice, None) for answer in new], shown)
        leases.end(conn, [(answer.question, answer.annotator) for answer in new])
    return told


class _About(NamedTuple):
    """What has to be known to take answers."""

    known: dict[str, sa.Row[tuple[object, ...]]]  # rows that have their ids
    shown: Mapping[str, chain.Shown]  # their questions
    answered: set[tuple[str, str]]  # (question, annotator)
    held: set[tuple[str, str]]


def _is_new(answer: Answer, about: _About) -> bool:
    """Whether it has to be stored. Raises what `submit` does."""
    check_answer(answer)
    known = about.known.get(answer.id)
    if known is not None:
        same = ("question", "annotator", "choice", "strength")
        if all(getattr(known, field) == getattr(answer, field) for field in same):
            return False
        raise StoreError(f"another answer already has the id {answer.id}: make a new UUID for every answer")
    if answer.question not in about.shown:
        raise StoreError(f"there is no question {answer.question} in the store")
    if (answer.question, answer.annotator) in about.answered:
        raise StoreError(
            f"{answer.annotator} has answered question {answer.question} already: flip that answer or undo it"
        )
    if (answer.question, answer.annotator) not in about.held:
        raise StoreError(
            f"{answer.annotator} does not hold question {answer.question}: claim it first; a claim that ran "
            "out is lost when someone else takes the question or it is retired"
        )
    return True


def _answered(conn: sa.Connection, names: Sequence[str]) -> set[tuple[str, str]]:
    """Who has an answer in force to which of these questions: (question, annotator)."""
    return {(row.question, row.annotator) for row in conn.execute(_ANSWERED, {"ids": list(names)})}


def has_answered(conn: sa.Connection, question: str, annotator: str) -> bool:
    """Whether an answer of this annotator to this question is in force."""
    return (question, annotator) in _answered(conn, [question])


def undo(conn: sa.Connection, annotator: str, row_id: str, *, now: float, expires: float) -> Question | None:
    """Take an annotator's latest answer back and lease them its question. None: there is none to take back.

    The same `row_id` again takes nothing more back.
    """
    check_id("an undo", row_id)
    check_included(conn, annotator)
    known = _find(conn, row_id)
    if known is not None:
        if known.annotator != annotator or known.choice is not None:
            raise StoreError(f"an answer already has the id {row_id}: make a new UUID for every undo")
        return find_question(conn, known.question)
    last = find(conn, Wanted(annotator=annotator), newest=1)
    if not last:
        return None
    _insert_undo(conn, last[0].answer, row_id, now)
    leases.grant(conn, last[0].question.id, annotator, expires)
    return last[0].question


def flip(conn: sa.Connection, answer_id: str, row_id: str, now: float, to: Choice | None = None) -> Answer:
    """Turn an answer in force round, left for right, or make it `to`. The same `row_id` again is harmless.

    Raises StoreError for an unknown answer or one no longer in force, InvalidInput for one that cannot be
    turned or is `to` already.
    """
    check_id("a flip", row_id)
    known = _find(conn, row_id)
    if known is not None:
        if known.supersedes != answer_id or known.choice is None:
            raise StoreError(f"another answer already has the id {row_id}: make a new UUID for every flip")
        return to_answer(known)
    row = conn.execute(sa.select(in_force).where(in_force.c.id == answer_id)).one_or_none()
    if row is None:
        why = "has been taken back or changed" if _find(conn, answer_id) else "is not in the store"
        raise StoreError(f"answer {answer_id} {why}")
    old = to_answer(row)
    check_included(conn, old.annotator)
    if to is not None:
        check_choice("choice", to, CHOICES)
    if to == old.choice:
        raise InvalidInput(f"answer {answer_id} is {old.choice!r} already")
    if to is None and old.choice not in FLIPPED:
        raise InvalidInput(
            f"only left and right can be flipped; answer {answer_id} is {old.choice!r}: undo it"
        )
    choice = to or FLIPPED[old.choice]
    strength = old.strength if choice in FLIPPED else 1.0
    new = old._replace(id=row_id, choice=choice, strength=strength, created=now)
    _insert(conn, new, new.choice, old)
    return new


def retract(conn: sa.Connection, annotator: str, after: int, now: float) -> int:
    """Take back all answers of an annotator recorded after a position. -> how many."""
    late = sa.select(in_force).where(in_force.c.annotator == annotator, in_force.c.seq > after)
    rows = [to_answer(row) for row in conn.execute(late.order_by(in_force.c.seq))]
    for answer in rows:
        _insert_undo(conn, answer, new_id(), now)
    return len(rows)


def update_answered(conn: sa.Connection, names: Sequence[str]) -> None:
    """Bring `questions.answered` of these questions up to date."""
    for chunk in chunks(dict.fromkeys(names)):
        conn.execute(_UPDATE_ANSWERED, {"ids": chunk})


def exclude(conn: sa.Connection, annotator: str, excluded: bool, now: float) -> None:
    """Have an annotator's answers count no longer, or again. What they hold is free for others.

    Raises StoreError for an unknown annotator.
    """
    before = is_excluded(conn, annotator)
    if before is None:
        raise StoreError(f"there is no annotator {annotator!r} in the store")
    if before == excluded:
        return
    theirs = sa.select(in_force.c.question).where(in_force.c.annotator == annotator)
    names = list(conn.execute(theirs).scalars())
    with tallies.kept(conn, names):
        conn.execute(annotators.update().where(annotators.c.name == annotator).values(excluded=excluded))
        update_answered(conn, names)
    leases.release_all(conn, annotator)
    chain.add_exclusion(conn, annotator, excluded, now)


def _find(conn: sa.Connection, row_id: str) -> sa.Row[tuple[object, ...]] | None:
    return conn.execute(_BY_IDS, {"ids": [row_id]}).one_or_none()


def _insert_undo(conn: sa.Connection, answer: Answer, row_id: str, now: float) -> None:
    _insert(conn, answer._replace(id=row_id, created=now), None, answer)


def _insert(conn: sa.Connection, answer: Answer, choice: Choice | None, old: Answer | None) -> None:
    """Record a row of somebody, and keep count. old: the answer in force that it supersedes."""
    adding.add(conn, [Change(answer, choice, old)], chain.find_shown(conn, [answer.question]))
