"""Reading answers: which are in force, of whom, about what. Within a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import check_choice
from armchair.store.rows.binds import ANNOTATOR
from armchair.store.rows.clips import chunks, to_question
from armchair.store.rows.wishes import EVERY
from armchair.store.schema import CHOICES, answers, clips, counted, in_force, questions
from armchair.types import Answer, Choice, Question

AT_A_LOOK = 75  # answers that are looked through in one statement
END = 2**31 - 1  # after every position


class Record(NamedTuple):
    """An answer in force and what it speaks of."""

    answer: Answer
    question: Question
    seq: int  # the `position` at which it was recorded
    left_step: int  # policy_step of the left clip: how far trained the policy was that acts in it
    right_step: int


class Wanted(NamedTuple):
    """Which answers in force."""

    since: int = 0  # recorded after this position
    before: int | None = None  # recorded before it
    annotator: str | None = None  # of this one only
    exclude: Sequence[str] = ()  # annotators to leave out
    choice: Choice | None = None
    strategy: str | None = None  # how the question was chosen
    excluded: bool = False  # also those of annotators who are excluded
    answer: str | None = None  # the one of this id
    wish: str | None = EVERY  # that the question speaks of; None: of the skill
    against: bool = False  # for the other side than the model had guessed
    questions: Sequence[str] | None = None  # to one of these (ids)


def latest(conn: sa.Connection, wanted: Wanted, number: int) -> list[Record]:
    """At most `number` answers, the latest first, looked for in steps, so that each is short."""
    found: list[Record] = []
    before = END if wanted.before is None else min(wanted.before, END)
    while True:
        low = conn.execute(
            _LOW_OF_ALL if wanted.annotator is None else _LOW,
            {"annotator": wanted.annotator, "before": before},
        ).scalar_one_or_none()
        part = wanted._replace(before=before, since=max(wanted.since, (low or 1) - 1))
        found += find(conn, part, newest=number - len(found))
        if low is None or len(found) >= number:
            return found
        before = low


def about(conn: sa.Connection, wanted: Wanted, questions: Iterable[str]) -> list[Record]:
    """The answers to these questions (ids), the latest first."""
    anybody, found = (
        wanted._replace(annotator=None),
        list[Record](),
    )  # SQLite would go through all of somebody's
    for part in chunks(questions):
        found += find(conn, anybody._replace(questions=part))
    mine = (one for one in found if wanted.annotator in (None, one.answer.annotator))
    return sorted(mine, key=lambda record: -record.seq)


def find(conn: sa.Connection, wanted: Wanted, *, newest: int | None = None) -> list[Record]:
    """Answers with their questions, as recorded. newest: at most that many, and the latest first."""
    kept = in_force if wanted.excluded else counted
    left, right = clips.alias("left_one"), clips.alias("right_one")
    asked = [column for column in questions.c if column.name not in ("id", "seq", "answered")]
    steps = (left.c.policy_step.label("left_step"), right.c.policy_step.label("right_step"))
    chosen = (
        sa.select(kept, *asked, *steps)
        .join(questions, questions.c.id == kept.c.question)
        .join(left, left.c.id == questions.c.left_clip)
        .join(right, right.c.id == questions.c.right_clip)
        .where(kept.c.seq > wanted.since)
        .order_by(kept.c.seq if newest is None else kept.c.seq.desc())
        .limit(newest)
    )
    if wanted.exclude:
        chosen = chosen.where(kept.c.annotator.not_in(list(wanted.exclude)))
    if wanted.questions is not None:
        chosen = chosen.where(kept.c.question.in_(list(wanted.questions)))
    if wanted.before is not None:
        chosen = chosen.where(kept.c.seq < wanted.before)
    if wanted.against:
        left_expected = sa.and_(questions.c.guess < 0.5, kept.c.choice == "right")
        right_expected = sa.and_(questions.c.guess > 0.5, kept.c.choice == "left")
        chosen = chosen.where(sa.or_(left_expected, right_expected))
    if wanted.wish != EVERY:
        chosen = chosen.where(questions.c.wish.is_not_distinct_from(wanted.wish))
    if wanted.choice is not None:
        check_choice("choice", wanted.choice, CHOICES)
    equal = (
        (kept.c.choice, wanted.choice),
        (kept.c.annotator, wanted.annotator),
        (questions.c.strategy, wanted.strategy),
        (kept.c.id, wanted.answer),
    )
    chosen = chosen.where(*(column == value for column, value in equal if value is not None))
    return [
        Record(to_answer(row), to_question(row, row.question), row.seq, row.left_step, row.right_step)
        for row in conn.execute(chosen)
    ]


def _low(about: sa.ColumnElement[bool]) -> sa.Executable:
    """The position of the answer that is AT_A_LOOK before a position."""
    seq = answers.c.seq
    earlier = sa.select(seq).where(about, seq < sa.bindparam("before", type_=sa.Integer))
    return earlier.order_by(seq.desc()).offset(AT_A_LOOK - 1).limit(1)


_LOW, _LOW_OF_ALL = _low(answers.c.annotator == ANNOTATOR), _low(sa.true())


def to_answer(row: sa.Row[tuple[object, ...]]) -> Answer:
    """A row of `answers` that has a choice."""
    return Answer(*(getattr(row, field) for field in Answer._fields))
