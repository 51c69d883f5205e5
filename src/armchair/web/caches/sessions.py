"""Whose session a cookie is, cached for a moment; and connections that last as long as the session does.

A page sends several requests a second, so each does not look into the store. And with the session that is
looked up go all others that were used lately, so that many people cost about as much as one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from armchair.errors import StoreError
from armchair.store.people import SessionInfo

LOOK = 0.25  # s between two looks whether the session of a WebSocket goes on
MAX_AGE = 1.0  # s; an exclusion or logout by another server is noticed this much later at most
MAX_SESSIONS = 1000
AT_ONCE = 200  # sessions in one look


class SessionCache:
    """Sessions that were looked up lately. A token that opens none is not cached."""

    def __init__(
        self,
        find: Callable[[Sequence[str]], Mapping[str, SessionInfo]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """find: whose sessions tokens are, as the store says. clock: seconds that never go back."""
        self._find, self._clock = find, clock
        self._lock = threading.Lock()
        self._cached: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()
        self._used: set[str] = set()  # since they were looked up
        self._ended = 0  # how often the cache was cleared

    def cached(self, token: str) -> SessionInfo | None:
        """Whose session this is; None where that is not cached."""
        with self._lock:
            since, found = self._cached.get(token, (0.0, None))
            if found is None:
                return None
            self._used.add(token)
            return found if self._clock() - since < MAX_AGE else None

    def known(self, token: str) -> str | None:
        """Whose session this was when it was looked up last; None where that is not remembered."""
        with self._lock:
            _, found = self._cached.get(token, (0.0, None))
            return None if found is None else found.annotator

    def look_up(self, token: str) -> SessionInfo | None:
        """Whose session this is, as the store says now; None for an unknown or expired one."""
        return self.look_up_all([token])[0]

    def look_up_all(self, tokens: Sequence[str]) -> list[SessionInfo | None]:
        """`look_up` of several, in one look."""
        with self._lock:
            ended, now = self._ended, self._clock()
            asked = list(dict.fromkeys([*tokens, *self._with(tokens, now)]))
        found = self._find(asked)
        with self._lock:
            for name in asked:
                self._cached.pop(name, None)
                if name in found and ended == self._ended:
                    self._cached[name] = now, found[name]
            while len(self._cached) > MAX_SESSIONS:
                self._cached.popitem(last=False)
        return [found.get(token) for token in tokens]

    def _with(self, tokens: Sequence[str], now: float) -> list[str]:
        """The others that go with it: those in use that will soon be asked about themselves."""
        since = {name: self._cached[name][0] for name in self._used if name in self._cached}
        old = [name for name, when in since.items() if now - when > MAX_AGE / 2 and name not in tokens]
        taken = old[:AT_ONCE]
        self._used.difference_update(taken, self._used - since.keys())
        return taken

    def clear(self) -> None:
        """Forget all, because this server logged somebody out or excluded them."""
        with self._lock:
            self._ended += 1  # whoever looks something up right now may have read what it was
            self._cached.clear()
            self._used.clear()

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
