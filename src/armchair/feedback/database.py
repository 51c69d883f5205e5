"""A database and its transactions: one writer at a time, and on disk before a write returns."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from armchair.errors import MissingDependency, StoreError
from armchair.feedback.schema import prepare

BUSY_SECONDS = 30.0  # how long a writer waits for the others
WRITE_LOCK = 0x41524D43  # PostgreSQL's advisory lock that stands for "the writer"


class Database:
    """Transactions on a SQLite file or, by URL, on another database.

    Writers take turns (SQLite: BEGIN IMMEDIATE; PostgreSQL: one advisory lock), so what a write reads
    stays true until it commits. Processes open their own; threads may share one.
    """

    def __init__(self, url_or_path: str | Path, *, create: bool = True) -> None:
        """Open, or create, and check the schema. Raises StoreError when that is not possible."""
        url = _url(url_or_path, create)
        self.where = url.database if url.drivername == "sqlite" else url.render_as_string()
        self._sqlite = url.get_backend_name() == "sqlite"
        try:
            self._engine = sa.create_engine(url)
        except ModuleNotFoundError as error:
            raise MissingDependency(f"{error.name} is not installed", f"pip install {error.name}") from error
        except exc.ArgumentError as error:
            raise StoreError(f"no database at {self.where}: {error}") from error
        if self._sqlite:
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        with self.write() as conn:
            prepare(conn, str(self.where))

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that only reads and sees one state of the database."""
        with self._translated(), self._engine.connect() as conn:
            if not self._sqlite:
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn

    @contextmanager
    def write(self) -> Generator[sa.Connection]:
        """A transaction that may write. It is durable when the block ends, and undone when it raises."""
        with self._translated(), self._engine.connect() as conn:
            conn = conn.execution_options(armchair_writes=True)
            with conn.begin():
                if not self._sqlite:
                    conn.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITE_LOCK)))
                yield conn

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(f"the store {self.where} cannot be used: {cause}".splitlines()[0]) from error

    def close(self) -> None:
        """Close all connections; twice is harmless."""
        self._engine.dispose()


def _url(url_or_path: str | Path, create: bool) -> sa.URL:
    """Where the database is; a path means a SQLite file."""
    text = str(url_or_path)
    if "://" in text:
        try:
            url = sa.make_url(text)
        except exc.ArgumentError as error:
            raise StoreError(f"{text!r} is neither a path nor the URL of a database") from error
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise StoreError(f"no store in {url.get_backend_name()}: use a path, sqlite:/// or postgresql://")
        if url.get_backend_name() != "sqlite":
            return url
        text = url.database or ""
    path = Path(text)
    if text in ("", ":memory:"):
        raise StoreError("a store must outlive its process: give it a path")
    if path.is_dir():
        raise StoreError(f"{path} is a folder: name the file in it, such as {path / 'armchair.db'}")
    if not path.parent.is_dir():
        raise StoreError(f"there is no folder {path.parent} to put the store in")
    if not create and not path.is_file():
        raise StoreError(f"there is no store at {path}")
    return sa.URL.create("sqlite", database=str(path.resolve()))


def _set_up_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Settings of a connection: transactions begin when we say so; a commit is on disk when it returns."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode")
    mode = cursor.fetchone()
    if mode is None or mode[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(conn: sa.Connection) -> None:
    writes = conn.get_execution_options().get("armchair_writes", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
