"""Opening a store's database: its tables are made, checked for being readable, or brought up to date."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from armchair.errors import StoreError
from armchair.ids import new_id
from armchair.store.database import Database
from armchair.store.kinds import note_tables, wrong_kinds
from armchair.store.rows import audit as chain
from armchair.store.rows.kept import tallies
from armchair.store.rows.meta import IDENTITY, get_meta, set_meta
from armchair.store.schema import COPY, SCHEMA_VERSION, meta, metadata, questions, times_answered
from armchair.version import __version__

ALIENS = 5  # of what does not belong into a store, named in an error
OLDER = ("1", "2", "3", "4", "5")  # schemas that are brought up to date
CHAINED = 3  # the one that brought the audit chain
MOST_DIGITS = 9  # of a version


def open_database(url_or_path: str | Path, *, create: bool = True) -> Database:
    """Open, or create, a store's database and check its schema.

    Raises StoreError when it cannot be used, is no store, has triggers or views, was written by a newer
    armchair, or (create=False) is not there or empty.
    """
    database = Database(url_or_path, create=create)
    try:
        if database.read_only:
            with database.read() as conn:
                check_plain(conn, str(database.where))
                _check_readable(conn, str(database.where))
        else:
            _check_or_make(database, create)
    except StoreError:
        database.close()
        raise
    return database


def _check_or_make(database: Database, create: bool) -> None:
    with database.write() as conn:
        check_plain(conn, str(database.where))
        tables = set(sa.inspect(conn).get_table_names())
        if tables:
            _check_version(conn, tables, str(database.where))
        elif create:
            metadata.create_all(conn)
            chain.set_head(conn, chain.EMPTY)
            set_meta(conn, IDENTITY, new_id())
            _set_version(conn)
            note_tables(conn)
        else:
            raise StoreError(f"{database.where} is empty, there is no store in it: go on from a backup")


def check_plain(conn: sa.Connection, where: str) -> None:
    """Raises StoreError where a database has triggers, rules or views in it, of which a store has none.

    They would act with what is written here, as whoever put them there wants. They are not removed: somebody
    may need them, and what they did may have to be found out.
    """
    found = [f"the {kind} {_printable(name)}" for kind, name in _alien(conn)]
    if found:
        raise StoreError(
            f"{where} has {', '.join(found[:ALIENS])}, which armchair did not put there and which could "
            "change what is written: find out whose it is, then remove it with the database's own tool (DROP "
            f"{_alien(conn)[0][0].upper()} ...)"
        )


def _alien(conn: sa.Connection) -> list[tuple[str, str]]:
    """Kind and name of what acts by itself in a database: on a server, at the tables of a store."""
    if conn.dialect.name == "sqlite":
        kinds = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type, name"
        return [(row[0], row[1]) for row in conn.exec_driver_sql(kinds)]
    rows = conn.execute(_ALIEN_THERE, {"ours": list(metadata.tables)})
    return [(row[0], row[1]) for row in rows]


_ALIEN_THERE = sa.text(
    "SELECT kind, found.name FROM ("
    "SELECT 'trigger' AS kind, tgname AS name, tgrelid AS at FROM pg_trigger WHERE NOT tgisinternal "
    "UNION ALL SELECT 'rule', rulename, ev_class FROM pg_rewrite WHERE rulename <> '_RETURN' "
    "UNION ALL SELECT 'view', relname, oid FROM pg_class WHERE relkind IN ('v', 'm')"
    ") AS found JOIN pg_class ON pg_class.oid = found.at "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND relname = ANY(:ours) ORDER BY 1, 2"
)


def _printable(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:60]


def _check_readable(conn: sa.Connection, where: str) -> None:
    """Raises StoreError for a store that would first have to be brought up to date, and for what is none."""
    if "meta" in sa.inspect(conn).get_table_names() and get_meta(conn, "schema") in OLDER:
        raise StoreError(
            f"{where} is of an older armchair and cannot be written: copy the run, and open that"
        )
    _check_version(conn, set(sa.inspect(conn).get_table_names()), where)


def _check_version(conn: sa.Connection, tables: set[str], where: str) -> None:
    """Bring an older store up to date. Raises StoreError for a newer one and for what is no store."""
    if "meta" not in tables:
        raise StoreError(f"{where} is a database, but not a store of armchair: name another file")
    found = get_meta(conn, "schema")
    if not isinstance(found, str) or not found.isdecimal() or len(found) > MOST_DIGITS:
        raise StoreError(f"{where} does not say which schema it has: it is not a store of armchair")
    if found in OLDER:
        _upgrade(conn, int(found))
    elif int(found) != SCHEMA_VERSION:
        writer = get_meta(conn, "written_by")
        raise StoreError(
            f"{where} has schema {found}, written by armchair {writer}; this is armchair "
            f"{__version__}, which reads schema {SCHEMA_VERSION}: install armchair {writer}"
            + (" or newer" if int(found) > SCHEMA_VERSION else "")
        )
    _check_kinds(conn, where)


def _check_kinds(conn: sa.Connection, where: str) -> None:
    """Raises StoreError for a file that holds values of a kind that armchair does not write.

    It takes a millisecond for a thousand clips. Other databases keep to the kinds of their columns.
    """
    if conn.dialect.name == "sqlite" and (wrong := wrong_kinds(conn)):
        raise StoreError(f"{where} cannot be used: {wrong[0]}: go on from a backup")


def _upgrade(conn: sa.Connection, version: int) -> None:
    """Bring an older store up to date, within the transaction that opens it.

    Version 2 brought columns with defaults, tables, and the number of answers of each question; version 3
    the audit chain, which begins with what is there; version 4 a second copy of what has no checksum; version
    5 wishes: what is there belongs to the skill, and the chain, which seals the wish of a question that has
    one, stays as it is; version 6 running counts, which begin with what is there, and clips that
    are elsewhere.
    """
    for name in ("ix_questions_repeat_of", "questions_to_ask"):
        conn.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    if version == 1:
        conn.exec_driver_sql("DROP INDEX ix_answers_annotator")
    for name in ("annotators", "clips", "questions", "leases", "answers"):
        _add_columns(conn, metadata.tables[name])
    metadata.create_all(conn)
    if conn.dialect.name == "sqlite":  # a copy of fewer columns than there are now
        for name in ("clips", "questions", "leases"):
            conn.exec_driver_sql(f"DROP INDEX IF EXISTS {COPY}{name}")
    for table in metadata.tables.values():
        _add_indexes(conn, table)
    if version == 1:
        conn.execute(questions.update().values(answered=times_answered))
    if version < CHAINED:
        chain.set_head(conn, chain.EMPTY)
        chain.seal_all(conn, int(get_meta(conn, "position") or 0))
        conn.execute(meta.delete().where(meta.c.key == "position"))
    tallies.write_anew(conn)
    set_meta(conn, IDENTITY, new_id())
    _set_version(conn)
    note_tables(conn)


def _set_version(conn: sa.Connection) -> None:
    set_meta(conn, "schema", str(SCHEMA_VERSION))
    set_meta(conn, "written_by", __version__)


def _add_columns(conn: sa.Connection, table: sa.Table) -> None:
    """The columns of a table that it does not have yet."""
    there = {str(old["name"]) for old in sa.inspect(conn).get_columns(table.name)}
    for column in table.c:
        if column.name not in there:
            text = str(sa.schema.CreateColumn(column).compile(dialect=conn.dialect))
            conn.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {text}")


def _add_indexes(conn: sa.Connection, table: sa.Table) -> None:
    """The indexes of a table that it does not have yet."""
    indexes = {old["name"] for old in sa.inspect(conn).get_indexes(table.name)}
    for index in table.indexes:
        copy = str(index.name).startswith(COPY)
        if index.name not in indexes and not (copy and conn.dialect.name != "sqlite"):
            index.create(conn)
