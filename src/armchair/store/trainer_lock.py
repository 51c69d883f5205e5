"""One trainer to a run: a lock on a file in its folder, which a process that died does not keep.

Where a run's answers are in a database, that has another lock: folders can be copied to other hosts.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator

from armchair.errors import RunError
from armchair.runs import locks
from armchair.runs.folder import RunDir
from armchair.store.database import shown
from armchair.store.migrations import open_database

LOCK = "trainer.lock"


@contextlib.contextmanager
def trainer_lock(run: RunDir) -> Generator[None]:
    """Hold the lock of the run's one trainer for as long as the block lasts.

    Raises RunError where another process is, and where the run's folder cannot be written; StoreError where
    its database cannot be used.
    """
    with _in_folder(run):
        url = run.store
        if not isinstance(url, str):
            yield
            return
        with open_database(url) as database, database.trainer() as free:
            if not free:
                raise RunError(f"the run in {shown(url)} is being trained already: stop that trainer first")
            yield


@contextlib.contextmanager
def _in_folder(run: RunDir) -> Generator[None]:
    file = run.path / LOCK
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(f"{run.path} cannot be written: {error.strerror}") from None
    try:
        _take(handle, run)
        yield
    finally:
        os.close(handle)


def check_unlocked(run: RunDir) -> None:
    """Raises RunError where another trainer is at work on the run; what to do before anything is begun."""
    with trainer_lock(run):
        pass


def trainer_of(run: RunDir) -> int | None:
    """The process on this machine that trains the run at this moment; None where none does.

    A free lock is not touched unless the process that took it last, or another of its number, is there: a
    trainer that begins meanwhile must not find the lock taken.
    """
    with contextlib.suppress(OSError):
        handle = os.open(run.path / LOCK, os.O_RDONLY)
        try:
            pid = os.read(handle, 32).decode(errors="replace").strip()
            if pid.isdecimal() and _may_be_there(int(pid)) and locks.is_held(handle):
                return int(pid)
        finally:
            os.close(handle)
    return None


def _may_be_there(pid: int) -> bool:
    if os.name != "posix":  # where such a question would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _take(handle: int, run: RunDir) -> None:
    if not locks.take(handle):
        who = os.read(handle, 32).decode(errors="replace").strip()
        raise RunError(
            f"{run.path} is being trained already, by process {who or 'unknown'}: stop that one first"
        )
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
