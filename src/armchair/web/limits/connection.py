"""A guard in front of the HTTP parser: no connection takes more memory or time than a request may.

httptools keeps whatever it is sent of a header until the header is complete, and uvicorn goes on reading what
nobody asked for. Here a message has a size, a time to arrive and a time to be taken; what goes beyond is
answered in one line where that can be, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HEAD = 32 * 1024  # bytes of a request's first line and headers
MAX_MESSAGE = 256 * 1024  # bytes of a request on the wire: a body of the size allowed, in small chunks
SLICE = 4 * 1024  # bytes that are parsed before it is looked again
MAX_PIPELINED = 8  # requests that wait behind one that is answered
ARRIVAL = (
    20.0  # s from the first byte of a request, or the beginning of a connection, to a request's last byte
)
STALLED = 60.0  # s in which a client that takes nothing is given up
LINGER = 1.0  # s that a client has to read why it was refused
MOST = 800  # connections at a time; MOST_SHARE of what files the system lets this process open, where fewer
MOST_SHARE = 0.6
_SIGNS = itertools.count()


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits on size, time and number."""

    _size = 0  # bytes of the message that arrives
    _begun = False  # whether one has begun to arrive
    _in_head = True
    _refused = False
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _last = 0  # the connection's last sign of use, numbered; a clock may stand still between two of them

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, in place of the one that has waited longest where there are too many."""
        super().connection_made(transport)
        self._last = next(_SIGNS)
        make_room(cast("Iterable[object]", self.connections))
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, a slice at a time, for as long as it keeps within the limits."""
        for start in range(0, len(data), SLICE):
            if self._refused or self.transport.is_closing():
                return
            piece = data[start : start + SLICE]
            self._size += len(piece)
            super().data_received(piece)
            if self.transport.get_protocol() is not self:  # a WebSocket's has taken over
                self._cancel_timers()
                return
            if self._in_head and self._size > MAX_HEAD:
                self._refuse(431, "too_large", f"the first line and headers may have {MAX_HEAD} bytes")
            elif self._size > MAX_MESSAGE:
                self._refuse(413, "too_large", f"a request may have {MAX_MESSAGE} bytes on the wire")
            elif len(self.pipeline) > MAX_PIPELINED:
                self._refuse(429, "too_many", f"{MAX_PIPELINED} requests may wait on a connection")
        self._watch()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._in_head = False
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser; also for what follows a body in chunks, which nobody here reads."""
        if self._in_head:
            super().on_header(name, value)

    def on_message_complete(self) -> None:
        """Called by the parser; what comes now belongs to the next message."""
        self._size, self._begun, self._in_head = 0, False, True
        self._last = next(_SIGNS)
        self._cancel_late()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken what was sent."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for in a while: close, without waiting for who does not take the last answer."""
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()
        super().timeout_keep_alive_handler()

    @property
    def idle_since(self) -> int | None:
        """Its last sign of use, while it waits for its client; None while the client waits for it."""
        return self._last if self._begun or self._answering() is None else None

    def _answering(self) -> RequestResponseCycle | None:
        """The request that is being answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # none before the first
        return None if cycle is None or cycle.response_complete else cycle

    def _watch(self) -> None:
        """See to it that a message that has begun, or that is awaited, does not take for ever."""
        waits = self.idle_since is not None and (self._begun or self.timeout_keep_alive_task is None)
        if not waits:
            self._cancel_late()
        elif self._late is None:
            self._late = self.loop.call_later(ARRIVAL, self._too_late)

    def _too_late(self) -> None:
        self._late = None
        if self._begun:
            self._refuse(408, "slow", f"a request has {ARRIVAL:.0f} s to arrive")
        else:
            self.transport.abort()

    def _refuse(self, status: int, code: str, error: str) -> None:
        """Answer, unless an answer is under way, read nothing more, and close."""
        self._refused = True
        self._cancel_timers()
        self.pipeline.clear()
        cycle, started = self._answering(), False
        if cycle is not None:
            started = cycle.response_started
            cycle.disconnected = True
            cycle.message_event.set()
        if not started:
            self.transport.write(answer(status, code, error))
        self.transport.pause_reading()
        self.loop.call_later(LINGER, self.transport.abort)

    def _cancel_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cancel_timers(self) -> None:
        self._cancel_late()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def answer(status: int, code: str, error: str) -> bytes:
    """A refusal as it is sent."""
    names = {408: "Request Timeout", 413: "Content Too Large", 429: "Too Many Requests"}
    body = json.dumps({"error": error, "code": code}).encode()
    head = (
        f"HTTP/1.1 {status} {names.get(status, 'Request Header Fields Too Large')}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def most_connections() -> int:
    """How many connections there may be at a time."""
    try:
        import resource
    except ImportError:  # not on Windows
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else min(MOST, int(MOST_SHARE * files))


def make_room(connections: Iterable[object]) -> None:
    """Where there are too many, close that which has waited longest for its client; none that is answered."""
    guarded = [one for one in connections if isinstance(one, GuardedProtocol)]
    live = [one for one in guarded if not one.transport.is_closing()]
    if len(live) > most_connections():
        idle = {one.idle_since: one for one in live if one.idle_since is not None}
        if idle:
            idle[min(idle)].transport.abort()
