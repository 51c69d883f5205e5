"""What each recorded answer changed, in the order of recording, within a transaction that the caller holds.

Whoever has followed the changes up to a position goes on from there: nothing older is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, cast

import sqlalchemy as sa

from armchair.store.rows.binds import IDS
from armchair.store.schema import annotators, answers, clips, exclusions, in_force, questions
from armchair.types import Choice


class Change(NamedTuple):
    """An answer that was given, or turned round, or (`choice` is None) taken back."""

    seq: int  # the `position` at which it was recorded
    annotator: str
    choice: Choice | None
    created: float  # s since the epoch
    question: str
    strategy: str
    wish: str | None
    excluded: bool  # whether the annotator is excluded by now
    was: int | None  # seq of the answer in whose place it came; None: a new one
    was_created: float | None
    newer: Literal["left", "right"] | None  # where the clip of the newer policy is; None also where not asked


class Part(NamedTuple):
    """Some changes in a row."""

    changes: list[Change]
    excluded_at: int  # position of the last exclusion or inclusion of anybody, 0 for none


def find(conn: sa.Connection, since: int, limit: int, compared: Collection[str]) -> Part:
    """The first changes after a position. compared: strategies of whose questions `newer` is told."""
    rows = conn.execute(_AFTER, {"since": since, "n": limit}).all()
    newer = _newer(conn, list({row.question for row in rows if row.strategy in compared}))
    changes = [Change._make((*row, newer.get(row.question))) for row in rows]
    return Part(changes, conn.execute(_EXCLUDED_AT).scalar_one_or_none() or 0)


def answered_by(conn: sa.Connection, names: Sequence[str]) -> set[tuple[str, str]]:
    """Who has answered which of these questions (ids), by an answer in force: (annotator, question)."""
    rows = conn.execute(_ANSWERED_BY, {"ids": list(names)}) if names else ()
    return {(str(row[0]), str(row[1])) for row in rows}


def _newer(conn: sa.Connection, names: list[str]) -> dict[str, Literal["left", "right"]]:
    """The side of the newer policy, by question; those of one policy alone are left out."""
    if not names:
        return {}
    rows = conn.execute(_STEPS, {"ids": names})
    sides = ((str(row.id), "left" if row.left > row.right else "right") for row in rows)
    return cast('dict[str, Literal["left", "right"]]', dict(sides))


_was = answers.alias("was")
_AFTER = (
    sa.select(
        answers.c.seq,
        answers.c.annotator,
        answers.c.choice,
        answers.c.created,
        answers.c.question,
        questions.c.strategy,
        questions.c.wish,
        annotators.c.excluded,
        _was.c.seq.label("was"),
        _was.c.created.label("was_created"),
    )
    .join(questions, questions.c.id == answers.c.question)
    .join(annotators, annotators.c.name == answers.c.annotator)
    .outerjoin(_was, _was.c.id == answers.c.supersedes)
    .where(answers.c.seq > sa.bindparam("since", type_=sa.Integer))
    .order_by(answers.c.seq)
    .limit(sa.bindparam("n", type_=sa.Integer))
)
_EXCLUDED_AT = sa.select(sa.func.max(exclusions.c.seq))
_left, _right = clips.alias("left_one"), clips.alias("right_one")
_STEPS = (
    sa.select(questions.c.id, _left.c.policy_step.label("left"), _right.c.policy_step.label("right"))
    .join(_left, _left.c.id == questions.c.left_clip)
    .join(_right, _right.c.id == questions.c.right_clip)
    .where(questions.c.id.in_(IDS), _left.c.policy_step != _right.c.policy_step)
)
_ANSWERED_BY = sa.select(in_force.c.annotator, in_force.c.question).where(in_force.c.question.in_(IDS))
