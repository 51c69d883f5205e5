"""Admission: a request begins once it is whole and it is its sender's turn.

Nobody takes more than their share. It stands behind the gate, which says who sends, and before everything
else, the mounted dashboard too.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from armchair.store.people import SessionInfo
from armchair.web.errors import Refused, response_to
from armchair.web.limits.inbox import Inbox, Outbox
from armchair.web.limits.places import Places
from armchair.web.limits.turns import Left

VIEWER = "armchair.viewer"  # where in the scope the gate leaves who it let in


class Admission:
    """Lets requests and WebSockets through in turns."""

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self._app, self._places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on when it is its turn, or answers it with why not."""
        viewer: SessionInfo | None = scope.get(VIEWER)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, address(scope) if viewer is None else viewer.annotator)
        elif scope["type"] == "http":
            await self._request(scope, receive, send, viewer)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, who: str) -> None:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._places.sockets.held(who))
            except Refused as refused:
                await send({"type": "websocket.close", "code": 1008, "reason": refused.code})
                return
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send, viewer: SessionInfo | None) -> None:
        who = address(scope) if viewer is None else viewer.annotator
        turns, share, pace = self._places.of(scope, viewer is not None)
        inbox = Inbox(receive)
        with ExitStack() as stack:
            try:
                if pace is not None:
                    pace.step(who)
                if share is not None:
                    stack.enter_context(share.held(who))
                await inbox.fill()
                if turns is not None:
                    await turns.begin(who, inbox.gone)
            except Refused as refused:
                await response_to(refused, scope)(scope, receive, send)
                return
            except Left:
                return
            outbox = Outbox(send, turns)
            stack.callback(outbox.leave)
            with suppress(Left):  # nobody is there to be answered
                await self._app(scope, inbox.receive, outbox.send)


def address(scope: Scope) -> str:
    """Where a request came from."""
    client = scope.get("client")
    return client[0] if client else ""
