"""Single values of a store, by key, within a transaction that the caller holds."""

from __future__ import annotations

import sqlalchemy as sa

from armchair.store.schema import meta

IDENTITY = "identity"  # the key of a name that a store keeps, which no copy that armchair makes has, too

_VALUE = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("key"))
_CHANGE = meta.update().where(meta.c.key == sa.bindparam("of")).values(value=sa.bindparam("new"))


def get_meta(conn: sa.Connection, key: str) -> str | None:
    """A value of the meta table, or None."""
    return conn.execute(_VALUE, {"key": key}).scalar_one_or_none()


def set_meta(conn: sa.Connection, key: str, value: str) -> None:
    """Write a value of the meta table."""
    if not conn.execute(_CHANGE, {"of": key, "new": value}).rowcount:
        conn.execute(meta.insert().values(key=key, value=value))
