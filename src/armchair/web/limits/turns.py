"""Waiting in turns: people are served one after the other, however many requests each of them sends."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

from armchair.web.errors import refuse

PATIENCE = 20.0  # s; afterwards the client had better ask again
MOST = 400  # requests that wait, everybody's
Gone = Callable[[], Awaitable[None]]
"""Returns once the client has left."""


class Left(Exception):
    """The client left while it waited; nobody is there to be answered."""


def refuse_late() -> NoReturn:
    """End a request that has waited too long (503)."""
    refuse(503, "busy", "the server has not come to this in time: try again in a moment", retry=2)


class Turns:
    """Places to work in. Where all are taken, the next free one goes to whoever was served longest ago.

    Only for one event loop; whoever waits holds no thread.
    """

    def __init__(self, places: int, *, patience: float = PATIENCE, most: int = MOST) -> None:
        """patience: s to wait for a place. most: how many may wait."""
        self._free, self._patience, self._most = places, patience, most
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    async def begin(self, who: str, gone: Gone | None = None) -> None:
        """Wait for a place, which `end` gives back. gone: tells when there is nobody to wait for any more.

        Raises Refused (503) when it takes too long, Left when the client has gone.
        """
        if self._free > 0:
            self._free -= 1
            return
        if self.waiting >= self._most:
            refuse(503, "busy", "the server has more to do than it can: try again in a moment", retry=2)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(who, deque()).append(mine)
        self.waiting += 1
        watch = None if gone is None else asyncio.ensure_future(gone())
        try:
            futures: set[asyncio.Future[None]] = {mine} if watch is None else {mine, watch}
            await asyncio.wait(futures, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._withdraw(who, mine)
            raise
        finally:
            self.waiting -= 1
            if watch is not None:
                watch.cancel()
        if watch is not None and watch.done():
            self._withdraw(who, mine)
            raise Left
        if not mine.done():
            self._withdraw(who, mine)
            refuse_late()

    def end(self) -> None:
        """Give a place back: to the person whose turn it is."""
        while self._queues:
            who, queue = self._queues.popitem(last=False)
            mine = queue.popleft()
            if queue:
                self._queues[who] = queue
            if not mine.done():
                mine.set_result(None)
                return
        self._free += 1

    @asynccontextmanager
    async def turn(self, who: str, gone: Gone | None = None) -> AsyncGenerator[None]:
        """A place for as long as the block lasts."""
        await self.begin(who, gone)
        try:
            yield
        finally:
            self.end()

    def _withdraw(self, who: str, mine: asyncio.Future[None]) -> None:
        """Wait no longer; a place that was given meanwhile goes on to the next."""
        if mine.done():
            self.end()
            return
        mine.cancel()
        queue = self._queues.get(who)
        if queue is not None and mine in queue:
            queue.remove(mine)
            if not queue:
                del self._queues[who]
