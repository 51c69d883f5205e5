"""Limits to what a call into somebody's code may do: how long it takes, and where it leaves this process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType, TracebackType
from typing import cast

from armchair.errors import ForeignError


class Overdue(BaseException):
    """Not an Exception, which somebody's code might well catch."""


class TimeLimit:
    """Ends what takes too long, where that can be done: in the main thread of a system with alarms.

    Code that never comes back to Python cannot be ended; in processes of their own anything can.
    """

    def __init__(self, seconds: float, where: Callable[[], str]) -> None:
        """seconds: at most; where: what was going on, for the error."""
        self._seconds, self._where = seconds, where
        self._before: object = None
        self._set = (
            hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
            and signal.getitimer(signal.ITIMER_REAL)[0] == 0.0  # somebody else's is left alone
        )

    def __enter__(self) -> None:
        if self._set:
            self._before = signal.signal(signal.SIGALRM, _overdue)
            signal.setitimer(signal.ITIMER_REAL, self._seconds, 1.0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._set:
            return
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, cast("signal.Handlers", self._before))
        if isinstance(error, Overdue):
            raise ForeignError(
                f"{self._where()}: it has not come back for {self._seconds:g} s; env.time_limit is "
                "the most that a step or a reset may take"
            ) from None


def _overdue(number: int, frame: FrameType | None) -> None:
    raise Overdue


@contextlib.contextmanager
def unmoved() -> Generator[None]:
    """Come back to the working folder, which somebody's code may leave: a run's folder lies below it."""
    here = Path.cwd()
    try:
        yield
    finally:
        os.chdir(here)
