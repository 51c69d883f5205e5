"""Threads that somebody's code began and never ends: Python would wait for them when a command is done."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time

PATIENCE = 3.0  # s in which they may come to an end


def leave(status: int) -> None:
    """End this process with `status` where threads would keep it; nothing elsewhere. All must be done."""
    until = time.monotonic() + PATIENCE
    for thread in _others():
        thread.join(max(0.0, until - time.monotonic()))
    if not _others():
        return
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _others() -> list[threading.Thread]:
    main = threading.main_thread()
    return [one for one in threading.enumerate() if one is not main and not one.daemon and one.is_alive()]
