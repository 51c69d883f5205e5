"""SQLite files that cannot be written: on a read-only disk, or of somebody else. They are read all the same.

SQLite wants to write two files beside a database in WAL mode, even to read it. Where it may not, it is told
that nobody writes (`immutable`), or, where there is a log with changes in it, it is given copies of both.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from armchair.errors import StoreError


def is_writable(file: Path) -> bool:
    """Whether SQLite can write to a database: to its file, and to the folder that it is in."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)


class Unwritable:
    """A way to read a database that cannot be written."""

    def __init__(self, file: Path) -> None:
        """Raises OSError where it cannot even be read."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.uri = _uri(file, "mode=ro")
        if self._reads() and file.with_name(f"{file.name}-shm").exists():
            return  # somebody who may write has it open, and says where its log ends
        log = file.with_name(f"{file.name}-wal")
        if not log.exists() or log.stat().st_size == 0:
            self.uri = _uri(file, "mode=ro&immutable=1")
            return
        self._folder = tempfile.TemporaryDirectory(prefix="armchair-reads-", ignore_cleanup_errors=True)
        copy = Path(self._folder.name) / file.name
        for source, target in ((log, copy.with_name(log.name)), (file, copy)):
            shutil.copyfile(source, target)
        self.uri = _uri(copy, "mode=rw")

    def close(self) -> None:
        """Remove what was copied."""
        if self._folder is not None:
            self._folder.cleanup()

    def _reads(self) -> bool:
        try:
            with closing(sqlite3.connect(self.uri, uri=True)) as conn:
                conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            return False
        return True


def way_to_read(file: Path) -> Unwritable | None:
    """A way to read a store that is there and cannot be written; None for others. Raises StoreError."""
    if not file.is_file() or is_writable(file):
        return None
    try:
        return Unwritable(file)
    except OSError as error:
        raise StoreError(f"the store {file} cannot be read: {error.strerror}") from error


def copy_readable(file: Path, copy: Path) -> None:
    """Copy a database that cannot be written to where it can be. Raises sqlite3.Error."""
    source = Unwritable(file)
    try:
        with closing(sqlite3.connect(source.uri, uri=True)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    finally:
        source.close()


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file.resolve()))}?{how}"
