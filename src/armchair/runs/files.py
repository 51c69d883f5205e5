"""Files replaced as wholes and durably: whoever reads finds the old content or the new one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from armchair.errors import RunError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # to open what is there, not what it points to


def write_atomic(file: Path, content: bytes) -> None:
    """Replace a file as a whole, durably: after a crash it has the old content or the new one.

    Raises RunError when that cannot be done, as where the disk is full; then it has the old one.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        try:
            with draft.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        sync(file.parent)
    except OSError as error:
        raise RunError(f"{file} cannot be written: {error.strerror or error}") from None


def open_to_append(file: Path) -> BinaryIO:
    """Open a file to read it and to write at its end; OSError where it is a link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | NO_LINK | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(file, flags, 0o666), "ab+")


def sync(path: Path) -> None:
    """Have the system write a file's content, or a folder's names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
