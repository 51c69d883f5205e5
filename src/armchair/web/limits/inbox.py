"""What a request brings along: read whole before anything is done about it, bounded in size and time."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send

from armchair.web.errors import refuse
from armchair.web.limits.turns import Left, Turns

MAX_BODY = 64 * 1024  # bytes; the largest that the page sends is a list of ids
BODY_SECONDS = 15.0  # that a body may take
PIECE = 64 * 1024  # bytes that are sent before it is seen whether the client takes them
_TOO_LARGE = f"a request may have {MAX_BODY} bytes"


def check_size(headers: Headers) -> None:
    """Refuses a request by the size that it states: once, a number, not too large."""
    stated = headers.getlist("content-length")
    if not stated:
        return
    digits = stated[0]
    if len(stated) > 1 or not (digits.isascii() and digits.isdigit()):
        refuse(400, "bad", "Content-Length is one number, of bytes")
    digits = digits.lstrip("0")
    if len(digits) > len(str(MAX_BODY)) or int(digits or "0") > MAX_BODY:
        refuse(413, "too_large", _TOO_LARGE)


class Inbox:
    """A request's body, whole, for the app to read; then what its client does next."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body: bytes | None = b""

    async def fill(self) -> None:
        """Read the body. Raises Refused (413, 408) for one too large or too slow, Left without one."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await self._fill()
        except TimeoutError:
            refuse(408, "slow", f"a request has {BODY_SECONDS:.0f} s to arrive")

    async def _fill(self) -> None:
        parts, size, more = [b""], 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Left
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY:
                refuse(413, "too_large", _TOO_LARGE)
            more = message.get("more_body", False)
        self._body = b"".join(parts)

    async def receive(self) -> Message:
        """The body first, then whatever comes: that the client has gone."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()

    async def gone(self) -> None:
        """Returns once the client has left. Only while the app does not receive."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Outbox:
    """What is sent back: in pieces, each waiting until the client takes what came before."""

    def __init__(self, send: Send, turns: Turns | None) -> None:
        """turns: where the request has a place, which it leaves as soon as there is something to send."""
        self._send, self._turns = send, turns

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        self.leave()
        body = message.get("body", b"")
        if message["type"] == "http.response.body" and len(body) > PIECE:
            last = (len(body) - 1) // PIECE * PIECE
            for start in range(0, last, PIECE):
                await self._send({**message, "body": body[start : start + PIECE], "more_body": True})
            message = {**message, "body": body[last:]}
        await self._send(message)

    def leave(self) -> None:
        """Give the place back; twice is harmless."""
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.end()
