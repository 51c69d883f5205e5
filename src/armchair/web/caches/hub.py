"""One reading of the store four times a second, shared by every open stream."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from armchair.errors import StoreError
from armchair.web.caches.snapshots import Snapshot

TICK = 0.25  # s


class Hub:
    """Reads the store while somebody watches, and only then."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        """read: reads the store; called in a thread, by one caller at a time."""
        self._read = read
        self._stopping: Callable[[], bool] = lambda: False
        self._tick = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._snapshot: Snapshot | None = None
        self.watchers = 0

    def stop_when(self, stopping: Callable[[], bool]) -> None:
        """End all streams once this is true; a server that shuts down would wait for them otherwise."""
        self._stopping = stopping

    async def watch(self) -> AsyncIterator[Snapshot]:
        """The latest snapshot, at every tick, until the server stops. The caller is counted in `watchers`."""
        while not self._stopping():
            if self._task is not None and self._task.done():
                self._task.result()  # raises what went wrong in it
                self._task = None
            if self._task is None:
                self._task = asyncio.create_task(self._poll())
            await self._tick.wait()
            if self._snapshot is not None:
                yield self._snapshot

    async def _poll(self) -> None:
        """Read until nobody watches."""
        try:
            while self.watchers > 0:
                started = time.monotonic()
                with contextlib.suppress(StoreError):  # the last snapshot stays; failing requests say why
                    self._snapshot = await run_in_threadpool(self._read)
                self._wake()
                await asyncio.sleep(max(0.0, TICK - (time.monotonic() - started)))
        finally:
            self._wake()

    def _wake(self) -> None:
        self._tick.set()
        self._tick = asyncio.Event()
