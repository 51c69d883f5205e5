"""Who answers, within a transaction that the caller holds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.store.rows.binds import ANNOTATOR
from armchair.store.schema import annotators

KINDS = ("person", "simulated", "imported", "model")

_KIND = sa.select(annotators.c.kind).where(annotators.c.name == ANNOTATOR)
_KINDS = sa.select(annotators.c.name, annotators.c.kind).order_by(annotators.c.name)
_EXCLUDED = (  # SQLite, where one writes at a time, needs no lock and leaves it out
    sa.select(annotators.c.excluded).where(annotators.c.name == ANNOTATOR).with_for_update(key_share=True)
)


_KNOWN = _EXCLUDED.add_columns(annotators.c.kind)


def check_name(annotator: str) -> None:
    """Raises InvalidInput for a name that no annotator can have."""
    if not 0 < len(annotator) <= 200 or not annotator.isprintable():
        raise InvalidInput(f"an annotator needs a name of 1 to 200 printable characters, got {annotator!r}")


def register(conn: sa.Connection, annotator: str, kind: str, now: float) -> None:
    """Make an annotator known; one who is known already stays as they are."""
    check_choice("kind of annotator", kind, KINDS)
    check_name(annotator)
    if kind_of(conn, annotator) is None:
        insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        row = insert(annotators).values(name=annotator, kind=kind, created=now)
        conn.execute(row.on_conflict_do_nothing())  # another process may have done so just now


def admit(conn: sa.Connection, annotator: str, now: float) -> str:
    """Make somebody known who is to answer, as a person where they are not known yet. -> one of KINDS.

    Raises StoreError for an annotator who is excluded; that stays so while this transaction lasts.
    """
    known = conn.execute(_KNOWN, {"annotator": annotator}).one_or_none()
    if known is None:
        register(conn, annotator, "person", now)
        return "person"
    _refuse_excluded(annotator, known.excluded)
    return str(known.kind)


def kind_of(conn: sa.Connection, annotator: str) -> str | None:
    """One of KINDS, or None for an unknown annotator."""
    return conn.execute(_KIND, {"annotator": annotator}).scalar_one_or_none()


def kinds(conn: sa.Connection) -> dict[str, str]:
    """The kinds of all annotators, by name."""
    return {row.name: row.kind for row in conn.execute(_KINDS)}


def is_excluded(conn: sa.Connection, annotator: str) -> bool | None:
    """Whether an annotator is excluded, for as long as this transaction lasts; None: there is no such one."""
    return conn.execute(_EXCLUDED, {"annotator": annotator}).scalar_one_or_none()


def check_included(conn: sa.Connection, annotator: str) -> None:
    """Raises StoreError for an annotator who is excluded; that stays so while this transaction lasts."""
    _refuse_excluded(annotator, is_excluded(conn, annotator))


def _refuse_excluded(annotator: str, excluded: bool | None) -> None:
    if excluded:
        raise StoreError(f"{annotator} is excluded: include them again, or answer under another name")
