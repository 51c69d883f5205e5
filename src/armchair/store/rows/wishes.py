"""Wishes: what is wanted of how a skill is done, within a transaction that the caller holds."""

from __future__ import annotations

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.store.schema import wishes
from armchair.types import Wish

EVERY = ""  # in the place of a wish's name: the skill and every wish
MAX_NAME, MAX_QUESTION = 64, 200  # letters

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
