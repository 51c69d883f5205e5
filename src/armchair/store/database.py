"""A database and its transactions: writers take turns, and a write is on disk before it returns.

What is in it is not known here; `migrations.open_database` opens one and sees to its tables.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from armchair.errors import InvalidInput, MissingDependency, StoreError
from armchair.offers.extras import command
from armchair.reading.files import check_regular
from armchair.runs.unwritable import way_to_read

BUSY_SECONDS = 30.0  # how long a writer waits for the others
PAUSE = (0.001, 0.008)  # s between two tries of a writer, drawn anew each time
MOST_BYTES = 2**40  # of a file
CACHE_KIB = 256  # pages that a connection to SQLite keeps; it would be 2 MiB, of each thread that reads
# claims rely on this level, see `leases`; SQLite has one only. Connections to a server: those kept, and more
SERVER: dict[str, Any] = {"isolation_level": "READ COMMITTED", "pool_size": 20, "max_overflow": 20}
WRITE_LOCK = 0x41524D43  # PostgreSQL's advisory lock that stands for "the writer"
TRAINER_LOCK = 0x41524D54  # and for "the trainer"
_BUSY_TIMEOUT = f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}"
_PAUSES = random.Random()  # its own, so that nobody's draws depend on how often a writer had to wait
_DAMAGED = "; it is damaged: `armchair doctor RUN` tells more, go on from a backup"
_SHUT = "; may this user write to the file and to its folder?"
REMEDIES = {
    "file is not a database": _DAMAGED,
    "malformed": _DAMAGED,
    "disk I/O error": _DAMAGED,
    "disk is full": "; nothing was written by halves: free some space and go on",
    "No space left": "; nothing was written by halves: free some space and go on",
    "database is locked": f"; another process has kept it for {BUSY_SECONDS:.0f} s: is one stopped?",
    "readonly database": _SHUT,
    "unable to open": _SHUT,
}
"""What to do about what a database says."""


class Database:
    """Transactions on a SQLite file or, by URL, on another database.

    Writers take turns (SQLite: BEGIN IMMEDIATE; PostgreSQL: one advisory lock), so what a write reads
    stays true until it commits. That is what makes a `position` safe to read on from: it is numbered within
    a turn, a turn ends after its commit, so whoever sees position n sees all before it. A sequence of the
    database would not do, since a smaller number may be committed after a greater one.

    On PostgreSQL the disk is not waited for within the turn but after it. Waiting writers then share one
    write to the disk instead of queueing for one each. What others see a moment before it is on disk is not
    acknowledged yet. Processes open their own; threads may share one.
    """

    def __init__(self, url_or_path: str | Path, *, create: bool = True) -> None:
        """Raises StoreError for a place where no database can be, or (create=False) where none is.

        A SQLite file that is there and cannot be written is `read_only`.
        """
        url = _url(url_or_path, create)
        self._sqlite = url.get_backend_name() == "sqlite"
        self.is_file = self._sqlite  # which can be copied; else a server keeps it
        self.where = url.database if self._sqlite else shown(url)
        self._unwritable = way_to_read(Path(str(url.database))) if self._sqlite else None
        if self._unwritable is not None:
            url = sa.URL.create("sqlite", database=self._unwritable.uri, query={"uri": "true"})
        # threads queue here: SQLite itself would have them try again and again, and some wait for seconds
        self._turn = threading.Lock()
        if self._sqlite and create and not self.read_only:
            _make_file(Path(str(url.database)))
        try:
            self._engine = sa.create_engine(url, **({} if self._sqlite else SERVER))
        except ModuleNotFoundError as error:
            how = command("postgres") if error.name == "psycopg" else f"pip install {error.name}"
            raise MissingDependency(f"{error.name} is not installed", how) from error
        except exc.ArgumentError as error:
            raise StoreError(f"no database at {self.where}: {error}") from error
        if self._sqlite:
            event.listen(self._engine, "connect", _set_up_unwritable if self.read_only else _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        else:
            event.listen(self._engine, "connect", _set_up_postgresql)

    @property
    def read_only(self) -> bool:
        """Whether it can be read and not written."""
        return self._unwritable is not None

    def close(self) -> None:
        """Close all connections; twice is harmless."""
        self._engine.dispose()
        if self._unwritable is not None:
            self._unwritable.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that only reads and sees one state of the database."""
        with self._translated(), self._engine.connect() as conn:
            if not self._sqlite:
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[sa.Connection]:
        """A transaction that may write. It is on disk when the block ends, and undone when it raises.

        durable: False where a power cut may undo the last ones, which is several times as fast; a durable one
        that comes after makes them durable too. Raises StoreError where the database is read-only.
        """
        if self.read_only:
            raise StoreError(f"the store {self.where} is read-only: look at it, nothing can be changed")
        with self._turn, self._translated(), self._engine.connect() as conn:
            conn = conn.execution_options(armchair_durable=durable)
            with conn.begin():
                if not self._sqlite:
                    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
                yield conn
        if durable and not self._sqlite:
            self._flush()

    @contextmanager
    def write_rows(self) -> Generator[sa.Connection]:
        """As `write(durable=False)`, but on PostgreSQL beside other writers: it must lock the rows it reads.

        Only for what adds nothing that is numbered by `position`.
        """
        if self._sqlite:
            with self.write(durable=False) as conn:
                yield conn
            return
        with self._translated(), self._engine.begin() as conn:
            yield conn

    @contextmanager
    def trainer(self) -> Generator[bool]:
        """Be the one trainer at this database for as long as the block lasts. -> whether there was no other.

        A connection holds that, so one that died keeps nobody out. SQLite knows nothing of the kind.
        """
        if self._sqlite:
            yield True
            return
        with self._translated(), self._engine.connect() as conn:
            conn.execution_options(isolation_level="AUTOCOMMIT")
            taken = conn.exec_driver_sql(f"SELECT pg_try_advisory_lock({TRAINER_LOCK})").scalar_one()
            try:
                yield bool(taken)
            finally:
                conn.invalidate()  # a connection that goes back into the pool would keep the lock

    def _flush(self) -> None:
        """Wait until all that this server committed is on its disk."""
        with self._translated(), self._engine.connect() as conn:
            # the smallest commit that is waited for; the log is written in order, so all before it is too
            conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                "SELECT set_config('synchronous_commit', 'on', true), "
                "pg_logical_emit_message(true, 'armchair', '')"
            )

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except UnicodeDecodeError as error:  # what SQLite says quotes the bytes that are wrong
            told = f"the store {self.where} cannot be used: its schema is malformed{_DAMAGED}"
            raise StoreError(told) from error
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            remedy = next((remedy for part, remedy in REMEDIES.items() if part in cause), "")
            raise StoreError(f"the store {self.where} cannot be used: {cause}{remedy}") from error


def shown(url: str | sa.URL) -> str:
    """The URL of a database as it may be printed: without its password, wherever in it that stands."""
    try:
        made = sa.make_url(url)
    except exc.ArgumentError:
        return str(url)
    hidden = {key: "***" for key in made.query if "password" in key.lower()}
    return made.update_query_dict(hidden).render_as_string(hide_password=True)


def has_password(url: str) -> bool:
    """Whether a URL that can be read as one of a database holds a password."""
    return shown(url) != sa.make_url(url).render_as_string(hide_password=False)


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
            return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
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
    try:
        with suppress(FileNotFoundError):
            check_regular(path.stat(), MOST_BYTES, str(path))
    except InvalidInput as error:
        raise StoreError(f"no store: {error}") from None
    return sa.URL.create("sqlite", database=str(path.resolve()))


def _make_file(file: Path) -> None:
    """An empty file, with the rights that new files have here: SQLite by itself would give narrower ones."""
    try:
        with suppress(FileExistsError):
            file.open("xb").close()
    except OSError as error:
        raise StoreError(f"the store {file} cannot be used: {error.strerror}{_SHUT}") from None


def _set_up_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Settings of a connection: transactions begin when we say so."""
    connection.isolation_level = None
    raw = cast("sqlite3.Connection", connection)
    raw.execute(_BUSY_TIMEOUT)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA trusted_schema = OFF")  # its schema may be somebody else's
    raw.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    if raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        _retry(raw, "PRAGMA journal_mode = WAL")


def _set_up_unwritable(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Settings of a connection to a file that cannot be written."""
    connection.isolation_level = None
    cast("sqlite3.Connection", connection).execute("PRAGMA query_only = ON")


def _set_up_postgresql(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Settings of a connection: no commit waits for the disk by itself, see `Database._flush`."""
    cursor = connection.cursor()
    cursor.execute("SET synchronous_commit TO off")
    cursor.close()
    connection.commit()


def _begin_sqlite(conn: sa.Connection) -> None:
    durable = conn.get_execution_options().get("armchair_durable")  # only a write says it
    raw = cast("sqlite3.Connection", conn.connection.driver_connection)
    if durable is None:
        raw.execute("BEGIN DEFERRED")
        return
    # it cannot be changed within the transaction, and the connection may be a used one
    raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    _retry(raw, "BEGIN IMMEDIATE")


def _retry(raw: sqlite3.Connection, statement: str) -> None:
    """Execute a statement, tried again and again for as long as another process writes.

    SQLite itself waits longer after each failure, so that whoever has waited longest is the least likely
    to be next: of sixteen processes that answer without a pause, some waited for more than half a minute.
    Here everyone tries equally often. And for the change to WAL it does not wait at all.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                raw.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
            time.sleep(_PAUSES.uniform(*PAUSE))
    finally:
        raw.execute(_BUSY_TIMEOUT)
