"""Whether a SQLite file holds the tables, and values of the kinds, that armchair writes.

SQLite keeps any value in any column; whoever reads one takes it for what the schema says.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from armchair.reading.limits import ARRAYS_BYTES, JSON_BYTES
from armchair.store.rows.meta import get_meta, set_meta
from armchair.store.schema import CHOICES, metadata

TABLES = "tables"  # in `meta`: SHA-256 of how tables and indexes are defined
_LARGEST = 1e15  # of a number that is not whole: times are seconds since the epoch
_BYTES_A_LETTER = 4


def wrong_kinds(conn: sa.Connection) -> list[str]:
    """What is wrong, a line for each column; empty when nothing is."""
    plain = {
        str(name)
        for name, text in conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if not str(text).upper().startswith("CREATE VIRTUAL")
    }
    if missing := sorted(set(metadata.tables) - plain):
        return [f"it has no table {', '.join(missing)}"]
    found: list[str] = []
    for table in metadata.tables.values():
        right = {column.name: _right(column) for column in table.c}
        whole = " AND ".join(f"({condition})" for condition in right.values())
        if not _wrong(conn, table.name, whole):
            continue
        for name, condition in right.items():
            if number := _wrong(conn, table.name, condition):
                found.append(
                    f"{number} of its rows have something in {table.name}.{name} that armchair never writes"
                )
    return found


def note_tables(conn: sa.Connection) -> None:
    """Write down how the tables are defined."""
    if conn.dialect.name == "sqlite":
        set_meta(conn, TABLES, _tables(conn))


def wrong_tables(conn: sa.Connection) -> list[str]:
    """What is wrong with the definitions; of a store from before they were noted nothing is known."""
    told = get_meta(conn, TABLES)
    return [] if told in (None, _tables(conn)) else ["the definitions of its tables are not what was written"]


def _tables(conn: sa.Connection) -> str:
    columns = "type, name, tbl_name, coalesce(sql, '')"
    rows = conn.exec_driver_sql(f"SELECT {columns} FROM sqlite_master ORDER BY 1, 2").all()  # nosec B608
    ours = [list(row) for row in rows if not str(row[1]).startswith("sqlite_stat")]
    return hashlib.sha256(repr(ours).encode("utf-8", "surrogatepass")).hexdigest()


def _wrong(conn: sa.Connection, table: str, condition: str) -> int:
    """How many rows do not meet a condition, which is made of our own names alone."""
    statement = f"SELECT count(*) FROM [{table}] WHERE ({condition}) IS NOT TRUE"  # nosec B608
    return int(conn.exec_driver_sql(statement).scalar_one())


def _right(column: sa.Column[object]) -> str:
    """The condition that a value of this column meets, in SQLite's words."""
    name, kind = f"[{column.name}]", column.type
    bytes_ = f"length(CAST({name} AS BLOB))"
    if isinstance(kind, sa.LargeBinary):
        right = f"typeof({name}) = 'blob' AND length({name}) <= {ARRAYS_BYTES}"
    elif isinstance(kind, sa.Boolean):
        right = f"{name} IN (0, 1) AND typeof({name}) = 'integer'"
    elif isinstance(kind, sa.Integer):
        right = f"typeof({name}) = 'integer'"
    elif isinstance(kind, sa.Double):
        right = f"typeof({name}) IN ('real', 'integer') AND abs({name}) <= {_LARGEST}"
    else:
        most = kind.length * _BYTES_A_LETTER if isinstance(kind, sa.String) and kind.length else JSON_BYTES
        right = f"typeof({name}) = 'text' AND {bytes_} <= {most}"
    if (column.table.name, column.name) == ("answers", "choice"):
        right += f" AND {name} IN {CHOICES}"
    return f"{name} IS NULL OR ({right})" if column.nullable else right
