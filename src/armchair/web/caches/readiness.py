"""Whether the store can be read, asked at most once a second however many want to know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from armchair.errors import StoreError

MAX_AGE = 1.0  # s
PATIENCE = 2.0  # s; a store that takes longer cannot be read


class Readiness:
    """Remembers whether the last look at the store succeeded."""

    def __init__(self, read: Callable[[], object]) -> None:
        """read: reads something from the store; raises StoreError where that cannot be."""
        self._read = read
        self._looking: asyncio.Task[bool] | None = None
        self._since, self._ready = float("-inf"), False

    async def now(self) -> bool:
        """Whether the store can be read."""
        if time.monotonic() - self._since < MAX_AGE:
            return self._ready
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        done, _ = await asyncio.wait({self._looking}, timeout=PATIENCE)
        return bool(done) and self._looking.result()

    async def _look(self) -> bool:
        try:
            await run_in_threadpool(self._read)
            self._ready = True
        except StoreError:
            self._ready = False
        self._since = time.monotonic()
        return self._ready
