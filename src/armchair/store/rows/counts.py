"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows.binds import LIVE
from armchair.store.schema import CHOICES, counted, in_force, leases, questions
from armchair.types import Choice


class Counts(NamedTuple):
    """How far the asking has come, without what was taken back or said by excluded annotators.

    Repeats are apart: they count for fitting like any answer, but nobody waits for them, and no budget is
    charged with them.
    """

    questions: int  # ever put
    open: int  # waiting for a first answer
    leased: int  # of the open ones, those in someone's hands
    retired: int  # closed without an answer
    asked: int  # answers of any kind, "can't tell" too: what a budget is charged with
    answers: int  # answers that say something, so without "can't tell"
    by_choice: dict[Choice, int]
    repeats: int  # answers to questions that were put again; in none of the other numbers


def count(conn: sa.Connection, now: float) -> Counts:
    """Everything there is to count at a moment (s since the epoch)."""
    put, waiting, leased, retired = conn.execute(_QUESTIONS, {"now": now}).one()
    choices, repeats = dict.fromkeys(CHOICES, 0), 0
    for choice, number, again in conn.execute(_CHOICES):
        choices[choice] = int(number - again)
        repeats += int(again)
    asked = sum(choices.values())
    return Counts(put, waiting, leased, retired, asked, asked - choices["cant_tell"], choices, repeats)


def _of_questions() -> sa.Executable:
    """How many there are, wait, are held and were closed."""
    waits = sa.and_(questions.c.state == "open", questions.c.answered == 0)
    first = questions.c.repeat_of.is_(None)
    ours = sa.select(sa.func.count()).select_from(questions).where(first)
    put, waiting, retired = (ours.where(one) for one in (sa.true(), waits, questions.c.state == "retired"))
    # no join, which SQLite would begin with all questions that wait: few are held of the many
    one_of_ours = sa.exists().where(questions.c.id == leases.c.question, waits, first)
    leased = sa.select(sa.func.count(leases.c.question.distinct())).where(LIVE, one_of_ours)
    return sa.select(*(one.scalar_subquery() for one in (put, waiting, leased, retired)))


_QUESTIONS = _of_questions()
_REPEATS = sa.select(questions.c.id).where(questions.c.repeat_of.is_not(None))
_AGAIN = sa.func.sum(sa.case((counted.c.question.in_(_REPEATS), 1), else_=0))
_CHOICES = sa.select(counted.c.choice, sa.func.count(), _AGAIN).group_by(counted.c.choice)
"""By choice: how many answers count, and how many of them are to repeats."""


def count_answers(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
