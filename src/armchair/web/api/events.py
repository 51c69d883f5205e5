"""Live figures: what /api/state says, sent whenever it has changed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from armchair.errors import StoreError
from armchair.web.api.state import describe
from armchair.web.context import ContextDep, Viewer
from armchair.web.errors import refuse

SIGN_OF_LIFE = 10.0  # s between comments
MAX_STREAMS = 200

router = APIRouter()


async def room(context: ContextDep) -> AsyncIterator[None]:
    """Counts a stream while it lasts, and refuses one too many."""
    if context.hub.watchers >= MAX_STREAMS:
        refuse(429, "too_often", "too many pages are open: close some of them")
    context.hub.watchers += 1
    try:
        yield
    finally:
        context.hub.watchers -= 1


@router.get("/api/events", response_class=EventSourceResponse, dependencies=[Depends(room)])
async def events(request: Request, context: ContextDep, viewer: Viewer) -> AsyncIterator[ServerSentEvent]:
    """The event "state" with what /api/state says, whenever it has changed."""
    sent, life = "", time.monotonic()
    token, now = request.cookies[context.options.cookie], viewer
    async for snapshot in context.hub.watch():
        with suppress(StoreError):  # while it does not answer nobody is put out
            now = await context.sessions.current(token)
        if now is None or now.excluded:
            return
        text = json.dumps(describe(context, snapshot, now))
        if text != sent:
            sent = text
            yield ServerSentEvent(event="state", raw_data=text)
        if time.monotonic() - life > SIGN_OF_LIFE:
            life = time.monotonic()
            yield ServerSentEvent(comment="still here")
