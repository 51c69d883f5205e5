"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.schema import counted, in_force, is_live, leases, questions
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
    choices, repeats = _by_choice(conn)
    asked = sum(choices.values())
    return Counts(put, waiting, leased, retired, asked, asked - choices["cant_tell"], choices, repeats)


def _by_choice(conn: sa.Connection) -> tuple[dict[Choice, int], int]:
    """How many answers say what, repeats apart, every choice is there; and how many there are to repeats."""
    names: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
    rows = conn.execute(_CHOICES).all()
    found = {row[0]: int(row[1] - row[2]) for row in rows}
    return {name: found.get(name, 0) for name in names}, sum(int(row[2]) for row in rows)


def _of_questions() -> sa.Executable:
    """How many there are, wait, are held and were closed."""
    waits = sa.and_(questions.c.state == "open", questions.c.answered == 0)
    first = questions.c.repeat_of.is_(None)
    ours = sa.select(sa.func.count()).select_from(questions).where(first)
    put, waiting, retired = (ours.where(one) for one in (sa.true(), waits, questions.c.state == "retired"))
    live = is_live(sa.bindparam("now", type_=sa.Double[float]()))
    # no join, which SQLite would begin with all questions that wait: few are held of the many
    one_of_ours = sa.exists().where(questions.c.id == leases.c.question, waits, first)
    leased = sa.select(sa.func.count(leases.c.question.distinct())).where(live, one_of_ours)
    return sa.select(*(one.scalar_subquery() for one in (put, waiting, leased, retired)))


def _of_choices() -> sa.Executable:
    """By choice: how many answers count, and how many of them are to repeats."""
    repeats = sa.select(questions.c.id).where(questions.c.repeat_of.is_not(None))
    again = sa.func.sum(sa.case((counted.c.question.in_(repeats), 1), else_=0))
    return sa.select(counted.c.choice, sa.func.count(), again).group_by(counted.c.choice)


_QUESTIONS, _CHOICES = _of_questions(), _of_choices()  # made once


def tally(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
