"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.feedback.schema import counted, in_force, is_live, leases, questions
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
    live = questions.c.id.in_(sa.select(leases.c.question).where(is_live(now)))
    waits = sa.and_(questions.c.state == "open", questions.c.answered == 0)
    wanted = (sa.true(), waits, waits & live, questions.c.state == "retired")
    ours = sa.select(sa.func.count()).select_from(questions).where(questions.c.repeat_of.is_(None))
    put, waiting, leased, retired = (conn.execute(ours.where(which)).scalar_one() for which in wanted)
    choices, repeats = _by_choice(conn)
    asked = sum(choices.values())
    return Counts(put, waiting, leased, retired, asked, asked - choices["cant_tell"], choices, repeats)


def _by_choice(conn: sa.Connection) -> tuple[dict[Choice, int], int]:
    """How many answers say what, repeats apart, every choice is there; and how many there are to repeats."""
    names: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
    repeats = sa.select(questions.c.id).where(questions.c.repeat_of.is_not(None))
    again = sa.func.sum(sa.case((counted.c.question.in_(repeats), 1), else_=0))
    rows = conn.execute(sa.select(counted.c.choice, sa.func.count(), again).group_by(counted.c.choice)).all()
    found = {row[0]: int(row[1] - row[2]) for row in rows}
    return {name: found.get(name, 0) for name in names}, sum(int(row[2]) for row in rows)


def tally(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
