"""Files replaced as wholes and durably: whoever reads finds the old content or the new one."""

from __future__ import annotations

import os
import time
from pathlib import Path

from armchair.errors import RunError

WINDOWS = os.name == "nt"
READERS_LEAVE = 2.0  # s that others get to close a file on Windows, where an open one cannot be replaced
LOOK = 0.02  # s


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
            replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        sync(file.parent)
    except OSError as error:
        raise RunError(f"{file} cannot be written: {error.strerror or error}") from None


def replace(draft: Path, file: Path) -> None:
    """Put a file in the place of another in one step, on Windows once nobody has that open; or OSError."""
    until = time.monotonic() + READERS_LEAVE
    while True:
        try:
            draft.replace(file)
        except PermissionError:
            if not WINDOWS or time.monotonic() > until:
                raise
            time.sleep(LOOK)
        else:
            return


def sync(path: Path) -> None:
    """Have the system write a file's content, or a folder's names, to the disk.

    Windows does so for files that are open for writing, and does not open folders.
    """
    if WINDOWS and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
