"""A whole store copied into another database, table by table: ids, order and audit chain stay as they are."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from armchair.errors import StoreError
from armchair.ids import new_id
from armchair.store.migrations import open_database
from armchair.store.rows import admission
from armchair.store.rows.meta import IDENTITY, set_meta
from armchair.store.schema import annotators, invites, meta, metadata, sessions

ROWS = 200  # copied at a time
STAY = (sessions, invites)


def copy_store(source: str | Path, target: str | Path) -> int:
    """Copy a store, which may be in use, into a database that holds none yet. -> how many rows.

    The copy is the store as it was at one moment, but for who may come in: sessions, links and owners stay
    where they were. Raises StoreError when either cannot be used or the
    target holds something; then the target stays as it was.
    """
    with (
        open_database(source, create=False) as old,
        open_database(target) as new,
        old.read() as reads,
        new.write() as writes,
    ):
        _check_empty(writes, str(new.where))
        total = 0
        for table in metadata.sorted_tables:  # those that others point to first
            writes.execute(table.delete())
            if table not in STAY:
                total += _copy_table(table, reads, writes)
        writes.execute(annotators.update().values(role="annotator"))
        writes.execute(meta.delete().where(meta.c.key == admission.HOME))
        set_meta(writes, IDENTITY, new_id())
        return total


def check_empty(target: str | Path) -> None:
    """Make the tables of a store that is to be filled. Raises StoreError where something is in it already."""
    with open_database(target) as database, database.read() as conn:
        _check_empty(conn, str(database.where))


def _check_empty(conn: sa.Connection, where: str) -> None:
    for name in ("clips", "questions", "annotators", "metrics", "assets"):
        if conn.execute(sa.select(sa.func.count()).select_from(metadata.tables[name])).scalar_one():
            raise StoreError(f"there is a store at {where} already: name an empty database")


def _copy_table(table: sa.Table, reads: sa.Connection, writes: sa.Connection) -> int:
    """Copy a table in the order of its keys, in which rows come after those of the same table they name."""
    number = 0
    rows = sa.select(table).order_by(*table.primary_key.columns)
    for part in reads.execute(rows, execution_options={"yield_per": ROWS}).mappings().partitions():
        writes.execute(table.insert(), [dict(row) for row in part])
        number += len(part)
    if number and writes.dialect.name == "postgresql" and table.autoincrement_column is not None:
        column = table.autoincrement_column
        last = sa.select(sa.func.max(column)).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        writes.execute(sa.select(sa.func.setval(sequence, last)))
    return number
