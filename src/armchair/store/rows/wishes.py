"""Wishes: what is wanted of how a skill is done, and in which order people are asked about them.

Within a transaction that the caller holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.store.rows.binds import ANNOTATOR
from armchair.store.schema import in_force, questions, wishes
from armchair.types import Wish

EVERY = ""  # in the place of a wish's name: the skill and every wish
MAX_NAME, MAX_QUESTION = 64, 200  # letters
FAR = 150  # of the answers of a person, so many are looked at to see what they were asked about
BLOCK = 10  # questions of one wish that a person is given in a row, where others wait, too

_ALL = sa.select(wishes.c.name, wishes.c.question, wishes.c.weight).order_by(wishes.c.created, wishes.c.name)
_NAMED = wishes.c.name == sa.bindparam("named", type_=sa.String)
_REWORD = wishes.update().where(_NAMED).values(question=sa.bindparam("asked", type_=sa.String))
_WEIGH = wishes.update().where(_NAMED).values(weight=sa.bindparam("weighs", type_=sa.Double[float]()))


def add(conn: sa.Connection, name: str, question: str, now: float) -> None:
    """Make a wish known; of one that is there already the question is reworded. Raises InvalidInput."""
    check(Wish(name, question, None))
    if not conn.execute(_REWORD, {"named": name, "asked": question}).rowcount:
        conn.execute(wishes.insert().values(name=name, question=question, created=now))


def find(conn: sa.Connection) -> list[Wish]:
    """All wishes, in the order in which they came. Raises StoreError for one that nobody can have added."""
    found = [Wish(*row) for row in conn.execute(_ALL)]
    try:
        for wish in found:
            check(wish)
    except InvalidInput as error:
        raise StoreError(f"the store has a wish that armchair never makes: {error}") from None
    return found


def weigh(conn: sa.Connection, name: str, weight: float | None) -> None:
    """Say how much is wanted of a wish; None: nobody has chosen. Raises InvalidInput, also for an unknown."""
    check_known(conn, name)
    check(Wish(name, "?", weight))
    conn.execute(_WEIGH, {"named": name, "weighs": weight})


def check_known(conn: sa.Connection, name: str | None) -> None:
    """Raises InvalidChoice for the name of no wish; None, the skill, and `EVERY` are always there."""
    if name is None or name == EVERY:
        return
    known = [wish.name for wish in find(conn)]
    if not known:
        raise InvalidInput(f"there are no wishes in the store, so none {name!r}: add it first")
    check_choice("wish", name, known)


def check(wish: Wish) -> None:
    """Raises InvalidInput for a wish that cannot be one."""
    name, question, weight = wish
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        raise InvalidInput(f"a wish needs a name of 1 to {MAX_NAME} printable characters, got {name!r}")
    if not 0 < len(question) <= MAX_QUESTION or not question.isprintable() or not question.strip():
        raise InvalidInput(
            f"a wish needs a question, one line of at most {MAX_QUESTION} characters, got {question!r}"
        )
    if weight is not None and not 0.0 <= weight <= 1.0:
        raise InvalidInput(f"the weight of a wish is a number from 0 to 1, got {weight}")


# ---- blocks

_Row = sa.Row[tuple[object, ...]]
_ANY = sa.select(sa.exists().where(wishes.c.name.is_not(None)))
_MINE = (
    sa.select(questions.c.wish)
    .join(in_force, in_force.c.question == questions.c.id)
    .where(in_force.c.annotator == ANNOTATOR)
)
_LATEST = _MINE.order_by(in_force.c.seq.desc()).limit(BLOCK)
_FAR_BACK = (  # what somebody answered before that counts as never
    sa.select(in_force.c.question, in_force.c.seq)
    .where(in_force.c.annotator == ANNOTATOR)
    .order_by(in_force.c.seq.desc())
    .limit(FAR)
    .subquery()
)
_LAST = (
    sa.select(questions.c.wish, sa.func.max(_FAR_BACK.c.seq).label("last"))
    .join(_FAR_BACK, _FAR_BACK.c.question == questions.c.id)
    .group_by(questions.c.wish)
)


class Turn(NamedTuple):
    """What a person is to be asked about."""

    wish: str | None  # None: the skill
    room: int  # questions of it, at most


def any_there(conn: sa.Connection) -> bool:
    """Whether the store has any wish."""
    return bool(conn.execute(_ANY).scalar_one())


def in_blocks(conn: sa.Connection, annotator: str, held: Iterable[_Row]) -> list[_Row]:
    """The questions that somebody holds, by wish: first those of the one they answered about last.

    held: rows of `questions` with when they `expires`, in the order in which they were put.
    """
    rows = list(held)
    if len({row.wish for row in rows}) < 2:
        return rows
    latest = conn.execute(_LATEST, {"annotator": annotator}).scalars().all()
    first: dict[str | None, tuple[bool, float, int]] = {}
    for row in rows:  # claimed sooner, ends sooner
        rank = (row.wish not in latest[:1], row.expires, row.seq)
        first[row.wish] = min(rank, first.get(row.wish, rank))
    return sorted(rows, key=lambda row: (first[row.wish], row.seq))


def turns(conn: sa.Connection, annotator: str, held: Iterable[_Row]) -> list[Turn]:
    """What a person is to be asked about, in this order; the skill is among it.

    They stay with what they were given last until a block is full; then comes what they were given the
    longest time ago, or never. held: as in `in_blocks`.
    """
    named: list[str | None] = [None, *(wish.name for wish in find(conn))]
    latest = conn.execute(_LATEST, {"annotator": annotator}).scalars().all()
    given = [*reversed(latest), *(row.wish for row in in_blocks(conn, annotator, held))]
    last: dict[str | None, float] = {
        row.wish: row.last for row in conn.execute(_LAST, {"annotator": annotator})
    }
    after = max(last.values(), default=0)
    last |= {wish: after + place for place, wish in enumerate(given) if place >= len(latest)}
    named.sort(key=lambda wish: last.get(wish, -1))
    if not given:
        return [Turn(wish, BLOCK) for wish in named]
    now, others = given[-1], [Turn(wish, BLOCK) for wish in named if wish != given[-1]]
    row = next((k for k, wish in enumerate(reversed(given)) if wish != now), len(given))
    return [*others, Turn(now, BLOCK)] if row >= BLOCK else [Turn(now, BLOCK - row), *others]
