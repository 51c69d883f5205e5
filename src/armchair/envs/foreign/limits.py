"""Limits to what a call into somebody's code may do: how long it takes, and where it leaves this process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Literal, NamedTuple, cast

import numpy as np
import torch

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


class _Settings(NamedTuple):
    """What code changes for the whole process."""

    dtype: torch.dtype
    gradients: bool
    errors: dict[str, str]  # what NumPy does about them

    @staticmethod
    def now() -> _Settings:
        return _Settings(
            torch.get_default_dtype(), torch.is_grad_enabled(), cast("dict[str, str]", np.geterr())
        )

    def set(self) -> None:
        torch.set_default_dtype(self.dtype)
        torch.set_grad_enabled(self.gradients)
        np.seterr(**cast("dict[str, Literal['ignore']]", self.errors))


_theirs: list[_Settings] = []  # as somebody's code left them, the latest; it may rely on them


@contextlib.contextmanager
def unmoved() -> Generator[None]:
    """Come back to the working folder and our settings of torch and NumPy, which somebody's code may leave.

    A run's folder lies below the folder. What the code has set holds for it again when it is called again.
    """
    here, ours = Path.cwd(), _Settings.now()
    if _theirs:
        _theirs[-1].set()
    try:
        yield
    finally:
        os.chdir(here)
        left = _Settings.now()
        if left != ours:
            _theirs[:] = [left]
            ours.set()
        elif _theirs:
            _theirs.clear()
