"""The live viewer's WebSocket. What is played comes from the caller; here is only the door."""

from __future__ import annotations

import contextlib

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from armchair.web.context import Here

router = APIRouter()


@router.websocket("/api/play")
async def play(socket: WebSocket, here: Here) -> None:
    """Poses of the arm as it moves, and wishes of the person who watches."""
    player = here.options.player
    if player is None:
        await socket.close(code=1008, reason="nothing plays here")
        return
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        await player(socket)
        await socket.close()
