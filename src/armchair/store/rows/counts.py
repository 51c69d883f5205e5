"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows.binds import LIVE, OF_WISH
from armchair.store.rows.wishes import EVERY
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


def count(conn: sa.Connection, now: float, wish: str | None = EVERY) -> Counts:
    """Everything there is to count at a moment (s since the epoch): of all questions, or of a wish's."""
    told = _OF_ALL if wish == EVERY else _OF_ONE
    of = {} if wish == EVERY else {"wish": wish}
    put, waiting, leased, retired = conn.execute(told.questions, {"now": now, **of}).one()
    choices, repeats, settling = dict.fromkeys(CHOICES, 0), 0, 0
    for choice, number, again, apart in conn.execute(told.choices, of):
        choices[choice] = int(number - again - apart)
        repeats += int(again)
        settling += int(apart)
    asked = sum(choices.values())
    useful, changed = asked - choices["cant_tell"], conn.execute(told.changed, of).one()
    last = max(changed.answer or 0, changed.exclusion or 0)
    return Counts(put, waiting, leased, retired, asked, useful, choices, repeats, settling, last)


_REPEATS = sa.select(questions.c.id).where(questions.c.repeat_of.is_not(None))
_APART = sa.select(questions.c.id).where(questions.c.strategy == SETTLING)


class _Statements(NamedTuple):
    """What is counted, of all questions or of some."""

    questions: sa.Executable  # how many there are, wait, are held and were closed
    choices: sa.Executable  # by choice: answers that count; of them to repeats, and to those after the budget
    changed: sa.Executable  # the last answer to one that is not after the budget, and the last exclusion


def _of_questions(about: sa.ColumnElement[bool]) -> sa.Executable:
    waits = sa.and_(questions.c.state == "open", questions.c.answered == 0)
    first = sa.and_(questions.c.repeat_of.is_(None), questions.c.strategy != SETTLING, about)
    ours = sa.select(sa.func.count()).select_from(questions).where(first)
    put, waiting, retired = (ours.where(one) for one in (sa.true(), waits, questions.c.state == "retired"))
    # no join, which SQLite would begin with all questions that wait: few are held of the many
    one_of_ours = sa.exists().where(questions.c.id == leases.c.question, waits, first)
    leased = sa.select(sa.func.count(leases.c.question.distinct())).where(LIVE, one_of_ours)
    return sa.select(*(one.scalar_subquery() for one in (put, waiting, leased, retired)))


def _statements(about: sa.ColumnElement[bool] | None) -> _Statements:
    """about: which questions; None: all of them."""

    def total(which: sa.Select[tuple[str]]) -> sa.Function[int]:
        return sa.func.sum(sa.case((counted.c.question.in_(which), 1), else_=0))

    choices = sa.select(counted.c.choice, sa.func.count(), total(_REPEATS), total(_APART))
    answer = sa.select(sa.func.max(answers.c.seq)).where(answers.c.question.not_in(_APART))
    if about is not None:
        ours = sa.select(questions.c.id).where(about)
        choices, answer = (
            choices.where(counted.c.question.in_(ours)),
            answer.where(answers.c.question.in_(ours)),
        )
    exclusion = sa.select(sa.func.max(exclusions.c.seq))
    last = (answer.scalar_subquery().label("answer"), exclusion.scalar_subquery().label("exclusion"))
    every = sa.true() if about is None else about
    return _Statements(_of_questions(every), choices.group_by(counted.c.choice), sa.select(*last))


_OF_ALL, _OF_ONE = _statements(None), _statements(OF_WISH)


def count_answers(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
