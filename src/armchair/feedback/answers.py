"""Answers in the database: only ever added, within a transaction that the caller holds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.feedback import leases
from armchair.feedback.clip_rows import find_question
from armchair.feedback.schema import CHOICES, answers, in_force, questions
from armchair.ids import check_id, new_id
from armchair.types import Answer, Choice, Question

MAX_STRENGTH = 10.0
FLIPPED: dict[str, Choice] = {"left": "right", "right": "left"}


def check_answer(answer: Answer) -> None:
    """Raises InvalidInput (InvalidChoice for the choice) for an answer that cannot be stored."""
    check_id("an answer", answer.id)
    check_choice("choice", answer.choice, CHOICES)
    if not 0.0 < answer.strength <= MAX_STRENGTH:
        raise InvalidInput(f"strength must be above 0 and at most {MAX_STRENGTH:g}, got {answer.strength}")
    if not (math.isfinite(answer.seconds) and answer.seconds >= 0 and math.isfinite(answer.created)):
        raise InvalidInput(f"seconds and created must be finite, got {answer.seconds} and {answer.created}")


def submit(conn: sa.Connection, answer: Answer) -> bool:
    """Store an answer to a question that the annotator holds. -> False when it was there already.

    Raises StoreError for an unknown question, one that the annotator does not hold, and for an id that
    stands for something else.
    """
    check_answer(answer)
    known = _find(conn, answer.id)
    if known is not None:
        same = ("question", "annotator", "choice", "strength")
        if all(getattr(known, field) == getattr(answer, field) for field in same):
            return False
        raise StoreError(f"another answer already has the id {answer.id}: make a new UUID for every answer")
    if find_question(conn, answer.question) is None:
        raise StoreError(f"there is no question {answer.question} in the store")
    if has_answered(conn, answer.question, answer.annotator):
        raise StoreError(
            f"{answer.annotator} has answered question {answer.question} already: flip that answer or undo it"
        )
    if not leases.has_lease(conn, answer.question, answer.annotator):
        raise StoreError(
            f"{answer.annotator} does not hold question {answer.question}: claim it first; a claim that ran "
            "out is lost when someone else takes the question or it is retired"
        )
    _insert(conn, answer, answer.choice, None)
    leases.drop(conn, answer.annotator, [answer.question])
    return True


def has_answered(conn: sa.Connection, question: str, annotator: str) -> bool:
    """Whether an answer of this annotator to this question is in force."""
    mine = sa.select(in_force.c.id).where(in_force.c.question == question, in_force.c.annotator == annotator)
    return conn.execute(mine).first() is not None


def take_back(
    conn: sa.Connection, annotator: str, row_id: str, *, now: float, expires: float
) -> Question | None:
    """Take an annotator's latest answer back and lease them its question. None: there is none to take back.

    The same `row_id` again takes nothing more back.
    """
    check_id("an undo", row_id)
    known = _find(conn, row_id)
    if known is not None:
        if known.annotator != annotator or known.choice is not None:
            raise StoreError(f"an answer already has the id {row_id}: make a new UUID for every undo")
        return find_question(conn, known.question)
    last = history(conn, annotator, limit=1)
    if not last:
        return None
    _undo(conn, last[0], row_id, now)
    leases.give(conn, last[0].question, annotator, expires)
    return find_question(conn, last[0].question)


def flip(conn: sa.Connection, answer_id: str, row_id: str, now: float) -> Answer:
    """Turn an answer in force round, left for right. The same `row_id` again is harmless.

    Raises StoreError for an unknown answer or one no longer in force, InvalidInput for one without sides.
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
    if old.choice not in FLIPPED:
        raise InvalidInput(
            f"only left and right can be flipped; answer {answer_id} is {old.choice!r}: undo it"
        )
    new = old._replace(id=row_id, choice=FLIPPED[old.choice], created=now)
    _insert(conn, new, new.choice, answer_id)
    return new


def retract(conn: sa.Connection, annotator: str, after: int, now: float) -> int:
    """Take back all answers of an annotator recorded after a position. -> how many."""
    late = sa.select(in_force).where(in_force.c.annotator == annotator, in_force.c.seq > after)
    rows = [to_answer(row) for row in conn.execute(late.order_by(in_force.c.seq))]
    for answer in rows:
        _undo(conn, answer, new_id(), now)
    return len(rows)


def history(conn: sa.Connection, annotator: str, limit: int | None = None) -> list[Answer]:
    """An annotator's answers in force, the latest first."""
    mine = sa.select(in_force).where(in_force.c.annotator == annotator).order_by(in_force.c.seq.desc())
    return [to_answer(row) for row in conn.execute(mine.limit(limit) if limit is not None else mine)]


def by_choice(conn: sa.Connection) -> dict[Choice, int]:
    """How many answers in force say what; every choice is there."""
    counted = sa.select(in_force.c.choice, sa.func.count()).group_by(in_force.c.choice)
    found = {row[0]: int(row[1]) for row in conn.execute(counted)}
    names: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
    return {name: found.get(name, 0) for name in names}


def position(conn: sa.Connection) -> int:
    """The number of the last row of answers; 0 before the first."""
    return conn.execute(sa.select(sa.func.coalesce(sa.func.max(answers.c.seq), 0))).scalar_one()


def in_order(
    conn: sa.Connection, since: int = 0, exclude: Sequence[str] = ()
) -> list[tuple[Answer, Question]]:
    """Answers in force recorded after the position `since`, with their questions, as recorded."""
    asked = questions.alias("asked")
    columns = (asked.c.left_clip, asked.c.right_clip, asked.c.strategy, asked.c.policy_step)
    chosen = (
        sa.select(in_force, *columns)
        .join(asked, asked.c.id == in_force.c.question)
        .where(in_force.c.seq > since, in_force.c.annotator.not_in(list(exclude)))
        .order_by(in_force.c.seq)
    )
    return [
        (to_answer(row), Question(row.question, row.left_clip, row.right_clip, row.strategy, row.policy_step))
        for row in conn.execute(chosen)
    ]


def to_answer(row: sa.Row[tuple[object, ...]]) -> Answer:
    """A row of `answers` that has a choice."""
    return Answer(row.id, row.question, row.annotator, row.choice, row.strength, row.seconds, row.created)


def _find(conn: sa.Connection, row_id: str) -> sa.Row[tuple[object, ...]] | None:
    return conn.execute(sa.select(answers).where(answers.c.id == row_id)).one_or_none()


def _undo(conn: sa.Connection, answer: Answer, row_id: str, now: float) -> None:
    _insert(conn, answer._replace(id=row_id, created=now), None, answer.id)


def _insert(conn: sa.Connection, answer: Answer, choice: Choice | None, supersedes: str | None) -> None:
    row = answer._asdict() | {"choice": choice, "supersedes": supersedes}
    conn.execute(answers.insert().values(row))
