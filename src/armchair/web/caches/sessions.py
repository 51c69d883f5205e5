"""Whose session a cookie is, cached for a moment; and connections that last as long as the session does.

A page sends several requests a second, so each does not look into the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from armchair.errors import StoreError
from armchair.store.people import SessionInfo

LOOK = 0.25  # s between two looks whether the session of a WebSocket goes on
MAX_AGE = 1.0  # s; an exclusion or logout by another server is noticed this much later at most
MAX_SESSIONS = 1000


class SessionCache:
    """Sessions that were looked up lately. A token that opens none is not cached."""

    def __init__(
        self, find: Callable[[str], SessionInfo | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """find: reads the store. clock: seconds that never go back."""
        self._find, self._clock = find, clock
        self._lock = threading.Lock()
        self._cached: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()
        self._ended = 0  # how often the cache was cleared

    def cached(self, token: str) -> SessionInfo | None:
        """Whose session this is; None where that is not cached."""
        with self._lock:
            since, found = self._cached.get(token, (0.0, None))
            return found if found is not None and self._clock() - since < MAX_AGE else None

    def known(self, token: str) -> str | None:
        """Whose session this was when it was looked up last; None where that is not remembered."""
        with self._lock:
            _, found = self._cached.get(token, (0.0, None))
            return None if found is None else found.annotator

    def look_up(self, token: str) -> SessionInfo | None:
        """Whose session this is, as the store says now; None for an unknown or expired one."""
        with self._lock:
            ended, now = self._ended, self._clock()
        found = self._find(token)
        with self._lock:
            self._cached.pop(token, None)
            if found is not None and ended == self._ended:
                self._cached[token] = now, found
            while len(self._cached) > MAX_SESSIONS:
                self._cached.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget all, because this server logged somebody out or excluded them."""
        with self._lock:
            self._ended += 1  # whoever looks something up right now may have read what it was
            self._cached.clear()

    async def current(self, token: str) -> SessionInfo | None:
        """Whose session this is, cached or not; None where there is none. Raises StoreError."""
        return self.cached(token) or await run_in_threadpool(self.look_up, token)

    async def is_valid(self, token: str, allowed: Callable[[SessionInfo], bool]) -> bool:
        """Whether a session goes on and may still do what it did; also while the store does not answer."""
        try:
            found = await run_in_threadpool(self.look_up, token)
        except StoreError:
            return True
        return found is not None and allowed(found)


async def while_valid(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, valid: Callable[[], Awaitable[bool]]
) -> None:
    """Run a WebSocket for as long as its session lasts: then it is closed, and the app told so.

    valid: asks the store. It is asked every `LOOK`, and before each message that comes is passed on.
    """
    over = asyncio.Event()

    async def watch() -> None:
        while await valid():
            await asyncio.sleep(LOOK)
        await close()

    async def close() -> None:
        if not over.is_set():
            over.set()
            with contextlib.suppress(Exception):  # it may be gone already
                await send({"type": "websocket.close", "code": 1008, "reason": "login"})

    async def receive_while() -> Message:
        coming, ending = asyncio.ensure_future(receive()), asyncio.ensure_future(over.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            passes = coming.done() and not over.is_set()
            if passes and (coming.result()["type"] != "websocket.receive" or await valid()):
                return coming.result()
        finally:
            coming.cancel()
            ending.cancel()
        await close()
        return {"type": "websocket.disconnect", "code": 1008, "reason": "login"}

    async def send_while(message: Message) -> None:
        if over.is_set():
            raise OSError("the session has ended")
        await send(message)

    watching = asyncio.create_task(watch())
    try:
        await app(scope, receive_while, send_while)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
