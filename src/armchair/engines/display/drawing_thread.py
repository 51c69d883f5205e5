"""OpenGL in a thread of its own, so that it does not matter which thread asks for a picture or closes."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from armchair.errors import InvalidInput

Found = TypeVar("Found")

FORKED = (
    "this process was forked from one that draws, which OpenGL does not survive: begin processes with "
    'multiprocessing.get_context("spawn")'
)


_drew: set[int] = set()  # processes that have drawn: this one, and those that it was forked from


class DrawingThread:
    """Runs what it is given one by one, always in the same thread; in a forked process it refuses."""

    def __init__(self, own: bool) -> None:
        """own: whether it has a thread; a window's OpenGL wants the caller's.

        Raises InvalidInput in a process that was forked from one that had drawn.
        """
        self._pid = os.getpid()
        if _drew - {self._pid}:
            raise InvalidInput(FORKED)
        _drew.add(self._pid)
        self._pool = ThreadPoolExecutor(1, "armchair-drawing") if own else None

    def run(self, work: Callable[[], Found]) -> Found:
        """What `work` returns or raises. Raises InvalidInput in a process that was forked since."""
        if self.forked:
            raise InvalidInput(FORKED)
        return work() if self._pool is None else self._pool.submit(work).result()

    @property
    def forked(self) -> bool:
        """Whether this is another process than the one that it was made in."""
        return os.getpid() != self._pid

    def end(self) -> None:
        """Let the thread end; twice is harmless."""
        if self._pool is not None and not self.forked:
            self._pool.shutdown()
