"""How far the asking has come, within a transaction that the caller holds."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows.binds import LIVE, OF_WISH
from armchair.store.rows.kept import tallies as tallies_of
from armchair.store.rows.wishes import EVERY
from armchair.store.schema import CHOICES, exclusions, in_force, leases, questions, tallies
from armchair.types import Choice


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
    about = {"now": now} | ({} if wish == EVERY else {"of": wish or tallies_of.SKILL, "wish": wish})
    kept = conn.execute(_OF_ALL if wish == EVERY else _OF_ONE, about).one()
    choices: dict[Choice, int] = {choice: int(getattr(kept, f"said_{choice}")) for choice in CHOICES}
    asked = sum(choices.values())
    return Counts(
        questions=int(kept.put),
        open=int(kept.waiting),
        leased=int(kept.leased),
        retired=int(kept.retired),
        asked=asked,
        answers=asked - choices["cant_tell"],
        by_choice=choices,
        repeats=int(kept.repeats),
        settling=int(kept.settling),
        changed_at=max(int(kept.changed_at), kept.exclusion or 0),
    )


_EXCLUSION = sa.select(sa.func.max(exclusions.c.seq)).scalar_subquery().label("exclusion")
_LEASED = sa.select(sa.func.count(leases.c.question.distinct())).where(leases.c.waits, LIVE)
_LEASED_OF_ONE = _LEASED.where(sa.exists().where(questions.c.id == leases.c.question, OF_WISH))
_KEPT = sa.select(
    *(sa.func.coalesce(sa.func.sum(tallies.c[name]), 0).label(name) for name in tallies_of.SUMS),
    sa.func.coalesce(sa.func.max(tallies.c.changed_at), 0).label("changed_at"),
    _EXCLUSION,
)
_OF_ALL = _KEPT.add_columns(_LEASED.scalar_subquery().label("leased"))
_OF_ONE = _KEPT.add_columns(_LEASED_OF_ONE.scalar_subquery().label("leased")).where(
    tallies.c.wish == sa.bindparam("of", type_=sa.String)
)


def asked_of(conn: sa.Connection) -> dict[str, int]:
    """Answers of any kind, by wish: what `Counts.asked` is of each."""
    said = [tallies.c[f"said_{choice}"] for choice in CHOICES]
    return {row[0]: sum(row[1:]) for row in conn.execute(sa.select(tallies.c.wish, *said))}


def count_answers(conn: sa.Connection, annotator: str, since: float) -> int:
    """How many answers of an annotator are in force that were given since then (s since the epoch)."""
    mine = sa.select(sa.func.count()).where(in_force.c.annotator == annotator, in_force.c.created >= since)
    return conn.execute(mine).scalar_one()
