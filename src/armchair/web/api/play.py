"""The live viewer's WebSocket. What is played comes from the caller."""

from __future__ import annotations

import contextlib

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from armchair.web.context import ContextDep

router = APIRouter()


@router.websocket("/api/play")
async def play(socket: WebSocket, context: ContextDep) -> None:
    """Poses of the arm as it moves, and wishes of the person who watches."""
    player = context.options.player
    if player is None:
        await socket.close(code=1008, reason="nothing plays here")
        return
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await player(socket)
        await socket.close()
