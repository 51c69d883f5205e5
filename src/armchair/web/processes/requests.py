"""Asking a process to end in its own time: a trainer leaves a checkpoint first.

On Windows SIGTERM ends a process at once; what comes nearest to it there is Ctrl-Break, which reaches those
processes that were begun as groups of their own.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

END = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)
OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""`creationflags` for a process that Ctrl-C shall not reach; elsewhere `start_new_session` does that."""


def ask_to_end(pid: int) -> None:
    """Ask it, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, END)
