"""Doing at once what several have asked for: while one lot is done, the next gathers.

A transaction costs about as much for many answers as for one, and those who wait for their turn to write are
served together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

MOST = 64  # at once

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Together(Generic[Asked, Told]):
    """Hands what was asked for to a thread, as much as has gathered, one lot after the other.

    Only for one event loop at a time.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Told | Exception]]) -> None:
        """work: does several, and says of each what came of it. What it raises is raised for all of them."""
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Told]]] = []
        self._task: asyncio.Task[None] | None = None

    async def do(self, asked: Asked) -> Told:
        """Have it done. Raises what came of it where that is an exception."""
        mine: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, mine))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go_on())
        return await mine

    async def _go_on(self) -> None:
        while self._waiting:
            wanted = [one for one in self._waiting if not one[1].done()]  # some have left
            lot, self._waiting = wanted[:MOST], wanted[MOST:]
            if not lot:
                return
            try:
                told = await run_in_threadpool(self._work, [asked for asked, _ in lot])
            except Exception as error:
                told = [error] * len(lot)
            for (_, future), result in zip(lot, told, strict=True):
                if future.done():  # nobody waits for it any more
                    continue
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
