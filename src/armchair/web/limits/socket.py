"""The same guard for WebSockets: what a client does not take is not piled up, and a message has few parts."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from armchair.web.limits.connection import STALLED

MAX_PARTS = 1000  # of a message; its size is limited elsewhere, and parts may be empty


class GuardedSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which answers pings whether or not anybody reads the answers."""

    _parts = 0
    _stalled: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client takes less than it is sent, so it is not listened to either."""
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken what was sent."""
        self._cancel()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._cancel()
        super().connection_lost(exc)

    def handle_cont(self, event: Frame) -> None:
        """Part of a message."""
        self._parts = 0 if event.fin else self._parts + 1
        if self._parts > MAX_PARTS:
            self.transport.abort()
            return
        super().handle_cont(event)

    def _cancel(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
