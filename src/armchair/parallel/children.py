"""How processes that work for this one begin and end: what a terminal asks is the parent's matter."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator

OF_TERMINALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)  # Windows alone has SIGBREAK, and no SIGHUP


@contextlib.contextmanager
def deaf() -> Generator[None]:
    """Processes that begin in this block do not hear what a terminal asks; this one hears it afterwards.

    By their first line of Python it would be too late: a Ctrl-C while they load would be a traceback each.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_TERMINALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_as_child() -> None:
    """In a child, first of all: leave what a terminal asks to the parent, and end where that has gone."""
    for number in OF_TERMINALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def how_it_ended(code: int | None) -> str:
    """The end of a process by its exit code (minus the signal), as a clause."""
    if code is None:
        return "and nobody knows how"
    if code >= 0:
        return f"with exit code {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        memory = "; the system does that where memory runs out" if name == "SIGKILL" else ""
        return f"killed by {name}{memory}"
    return f"killed by signal {-code}"


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()  # by a pipe: also one that went while this process loaded
    assert parent is not None, "children are begun by multiprocessing"
    parent.join()
    sys.stderr.flush()
    os._exit(1)
