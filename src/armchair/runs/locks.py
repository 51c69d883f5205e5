"""A lock on an open file, held until that is closed, however its process ends: flock, on Windows a byte."""

from __future__ import annotations

import importlib
import os
import time
from typing import Protocol, cast

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

BYTE = 2**30  # the one that is locked on Windows: far behind what the file holds, which others may read
TRIES, PAUSE = 5, 0.05  # s; on Windows whoever looks whether a lock is held must hold it for a moment


class _Msvcrt(Protocol):
    """What is wanted of Windows's C library."""

    LK_NBLCK: int
    LK_UNLCK: int

    def locking(self, handle: int, mode: int, count: int, /) -> None: ...


def take(handle: int) -> bool:
    """Take the lock. -> False where another process holds it; True, too, on file systems without locks."""
    if fcntl is None:
        return any(_take_byte(handle, pause) for pause in (0.0, *[PAUSE] * (TRIES - 1)))
    return _flock(handle, fcntl.LOCK_EX) is not False


def is_held(handle: int) -> bool:
    """Whether another process holds the lock."""
    if fcntl is None:
        if not _take_byte(handle):
            return True
        _lock_byte(handle, _msvcrt().LK_UNLCK)
        return False
    return _flock(handle, fcntl.LOCK_SH) is False


def _flock(handle: int, kind: int) -> bool | None:
    """Take a lock of this kind. -> False where another process holds it, None where there are no locks."""
    assert fcntl is not None
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _take_byte(handle: int, pause: float = 0.0) -> bool:
    time.sleep(pause)
    try:
        _lock_byte(handle, _msvcrt().LK_NBLCK)
    except OSError:
        return False
    return True


def _lock_byte(handle: int, mode: int) -> None:
    """Windows locks from where the file is at."""
    os.lseek(handle, BYTE, os.SEEK_SET)
    try:
        _msvcrt().locking(handle, mode, 1)
    finally:
        os.lseek(handle, 0, os.SEEK_SET)


def _msvcrt() -> _Msvcrt:
    return cast(_Msvcrt, importlib.import_module("msvcrt"))
