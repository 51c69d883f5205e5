"""One tracker in a thread of its own: whatever it does, the training neither waits for it nor stops.

What it prints goes to standard error: standard output is the command's own.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from armchair.console import warn

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

WAITING = 2000  # things to tell that may wait: some minutes of training
Task = Callable[["GeneralTracker"], None]


class Worker:
    """Has a tracker made, and tells it one thing after the other."""

    def __init__(self, name: str, make: Callable[[], GeneralTracker]) -> None:
        """name: of the tracker, for warnings. make: makes it, in the thread."""
        self.name = name
        self._make = make
        self._waiting: queue.Queue[Task | None] = queue.Queue(WAITING)
        self._failed = self._late = False
        self._thread = threading.Thread(target=self._work, daemon=True, name=f"tracker {name}")
        ASIDE.add(self._thread)
        self._thread.start()

    def tell(self, task: Task) -> None:
        """Have it done soon; left out where the tracker has failed, or does not keep up."""
        if self._failed:
            return
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            if not self._late:
                self._late = True
                warn(f"{self.name} does not keep up: it misses some of what the run tells, the run goes on")

    def finish(self) -> None:
        """Let it end once it has been told all; see `join`."""
        while True:
            try:
                self._waiting.put_nowait(None)
                return
            except queue.Full:
                with contextlib.suppress(queue.Empty):  # it has just been taken
                    self._waiting.get_nowait()

    def join(self, seconds: float) -> None:
        """Wait for its end, and no longer than so many seconds."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            warn(f"{self.name} has not taken all in after {seconds:.0f} s: it misses the rest")

    def _work(self) -> None:
        try:
            tracker = self._make()
            while not self._failed and (task := self._waiting.get()) is not None:
                task(tracker)
            tracker.finish()
        except BaseException as error:  # a tracker may raise SystemExit, too
            self._failed = True
            told = " ".join(str(error).split())[:200] or type(error).__name__
            warn(f"{self.name} is told nothing more, the run goes on: {told}")


class Aside:
    """Standard output, but for what some threads print, which goes to standard error."""

    def __init__(self) -> None:
        self._threads: set[threading.Thread] = set()

    def add(self, thread: threading.Thread) -> None:
        """Send what this thread prints aside from now on."""
        self._threads.add(thread)
        if not isinstance(sys.stdout, _Divided):
            sys.stdout = _Divided(sys.stdout, self._threads)

    def end(self) -> None:
        """Give standard output back where no such thread is left."""
        self._threads -= {thread for thread in self._threads if not thread.is_alive()}
        if not self._threads and isinstance(sys.stdout, _Divided):
            sys.stdout = sys.stdout.whole


class _Divided:
    """What `print` needs of a stream; all else is the stream's own."""

    def __init__(self, whole: TextIO, threads: set[threading.Thread]) -> None:
        self.whole, self._threads = whole, threads

    def write(self, text: str) -> int:
        """Where the thread's text belongs."""
        return (sys.stderr if threading.current_thread() in self._threads else self.whole).write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)


ASIDE = Aside()
