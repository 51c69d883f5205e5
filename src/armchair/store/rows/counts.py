"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows.binds import LIVE
from armchair.store.schema import CHOICES, answers, counted, exclusions, in_force, leases, questions
from armchair.types import Choice

SETTLING = "settling"  # strategy of the comparisons that are put aside for after the budget


class Counts(NamedTuple):
    """How far the asking has come, without what was taken back or said by excluded annotators.

    Repeats, and comparisons after the budget, are apart: they count for fitting like any answer, but nobody
    waits for them, and no budget is charged with them.
    """

    questions: int  # ever put
    open: int  # waiting for a first answer
    leased: int  # of the open ones, those in someone's hands
    retired: int  # closed without an answer
    asked: int  # answers of any kind, "can't tell" too: what a budget is charged with
    answers: int  # answers that say something, so without "can't tell"
    by_choice: dict[Choice, int]
    repeats: int  # answers to questions that were put again; in none of the other numbers
    settling: int  # answers to comparisons after the budget; in none of the other numbers
    changed_at: int  # `Store.position` of the last change that is none of those comparisons'


def count(conn: sa.Connection, now: float) -> Counts:
    """Everything there is to count at a moment (s since the epoch)."""
    put, waiting, leased, retired = conn.execute(_QUESTIONS, {"now": now}).one()
    choices, repeats, settling = dict.fromkeys(CHOICES, 0), 0, 0
    for choice, number, again, apart in conn.execute(_CHOICES):
        choices[choice] = int(number - again - apart)
        repeats += int(again)
        settling += int(apart)
    asked = sum(choices.values())
    useful, changed = asked - choices["cant_tell"], conn.execute(_CHANGED).one()
    last = max(changed.answer or 0, changed.exclusion or 0)
    return Counts(put, waiting, leased, retired, asked, useful, choices, repeats, settling, last)


def _of_questions() -> sa.Executable:
    """How many there are, wait, are held and were closed."""
    waits = sa.and_(questions.c.state == "open", questions.c.answered == 0)
    first = sa.and_(questions.c.repeat_of.is_(None), questions.c.strategy != SETTLING)
    ours = sa.select(sa.func.count()).select_from(questions).where(first)
    put, waiting, retired = (ours.where(one) for one in (sa.true(), waits, questions.c.state == "retired"))
    # no join, which SQLite would begin with all questions that wait: few are held of the many
    one_of_ours = sa.exists().where(questions.c.id == leases.c.question, waits, first)
    leased = sa.select(sa.func.count(leases.c.question.distinct())).where(LIVE, one_of_ours)
    return sa.select(*(one.scalar_subquery() for one in (put, waiting, leased, retired)))


_QUESTIONS = _of_questions()
_REPEATS = sa.select(questions.c.id).where(questions.c.repeat_of.is_not(None))
_APART = sa.select(questions.c.id).where(questions.c.strategy == SETTLING)


def _sum(which: sa.Select[tuple[str]]) -> sa.Function[int]:
    """How many of the answers are to such questions."""
    return sa.func.sum(sa.case((counted.c.question.in_(which), 1), else_=0))


_CHOICES = sa.select(counted.c.choice, sa.func.count(), _sum(_REPEATS), _sum(_APART)).group_by(
    counted.c.choice
)
"""By choice: how many answers count, and of them those to repeats, and to comparisons after the budget."""
_LAST_ANSWER = sa.select(sa.func.max(answers.c.seq)).where(answers.c.question.not_in(_APART))
_LAST_EXCLUSION = sa.select(sa.func.max(exclusions.c.seq))
_CHANGED = sa.select(
    _LAST_ANSWER.scalar_subquery().label("answer"), _LAST_EXCLUSION.scalar_subquery().label("exclusion")
)


def count_answers(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
