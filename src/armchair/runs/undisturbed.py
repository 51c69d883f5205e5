"""Moments in which a request to end has to wait, such as the writing of a checkpoint."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)  # Windows has no SIGHUP, but SIGBREAK (Ctrl-Break), by which a trainer is asked to end there
"""Signals that ask a process to end."""


@contextlib.contextmanager
def undisturbed() -> Generator[None]:
    """Signals that ask the process to end wait until the block has ended; then the first of them comes.

    Python hears signals in its main thread alone, so elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def wait(number: int, _: FrameType | None) -> None:
        came.append(number)

    heard = {number: signal.getsignal(number) for number in ENDING}
    heard = {number: what for number, what in heard.items() if what not in (signal.SIG_IGN, None)}
    for number in heard:
        signal.signal(number, wait)
    try:
        yield
    finally:
        for number, what in heard.items():
            signal.signal(number, what)
        if came:
            signal.raise_signal(came[0])
