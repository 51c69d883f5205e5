"""Live figures: one look at the store four times a second, shared by everybody who watches."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from armchair.errors import StoreError
from armchair.web.api.errors import refuse
from armchair.web.api.state import describe
from armchair.web.caches.ledger import Snapshot
from armchair.web.context import Here, Viewer

TICK = 0.25  # s
SIGN_OF_LIFE = 10.0  # s between comments, at which the session is looked up again
MAX_STREAMS = 200

router = APIRouter()


class Hub:
    """Looks while somebody watches, and only then."""

    def __init__(self, look: Callable[[], Snapshot]) -> None:
        """look: reads the store; called in a thread, by one caller at a time."""
        self._look = look
        self._stopping: Callable[[], bool] = lambda: False
        self._tick = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._snapshot: Snapshot | None = None
        self.watchers = 0

    def stop_when(self, stopping: Callable[[], bool]) -> None:
        """End all streams once this is true; a server that shuts down would wait for them otherwise."""
        self._stopping = stopping

    async def watch(self) -> AsyncIterator[Snapshot]:
        """What was seen, at every tick, until the server stops. The caller is counted in `watchers`."""
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
        """Look until nobody watches."""
        try:
            while self.watchers > 0:
                started = time.monotonic()
                with contextlib.suppress(StoreError):  # what was seen last stays; failing requests say why
                    self._snapshot = await run_in_threadpool(self._look)
                self._wake()
                await asyncio.sleep(max(0.0, TICK - (time.monotonic() - started)))
        finally:
            self._wake()

    def _wake(self) -> None:
        self._tick.set()
        self._tick = asyncio.Event()


async def room(here: Here) -> AsyncIterator[None]:
    """Counts a stream while it lasts, and refuses one too many."""
    if here.hub.watchers >= MAX_STREAMS:
        refuse(429, "too_often", "too many pages are open: close some of them")
    here.hub.watchers += 1
    try:
        yield
    finally:
        here.hub.watchers -= 1


@router.get("/api/events", response_class=EventSourceResponse, dependencies=[Depends(room)])
async def events(request: Request, here: Here, viewer: Viewer) -> AsyncIterator[ServerSentEvent]:
    """The event "state" with what /api/state says, whenever it has changed."""
    sent, life = "", time.monotonic()
    token = request.cookies[here.options.cookie]
    async for snapshot in here.hub.watch():
        text = json.dumps(describe(here, snapshot, viewer))
        if text != sent:
            sent = text
            yield ServerSentEvent(event="state", raw_data=text)
        if time.monotonic() - life > SIGN_OF_LIFE:
            life = time.monotonic()
            if await run_in_threadpool(here.store.people.session, token) is None:
                return
            yield ServerSentEvent(comment="still here")
