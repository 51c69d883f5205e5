"""Live figures: what /api/state says, sent whenever it has changed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from armchair.errors import StoreError
from armchair.store.people import SessionInfo
from armchair.web.api.state import describe
from armchair.web.context import Context, ContextDep, Viewer
from armchair.web.errors import Refused

SIGN_OF_LIFE = 10.0  # s between comments

router = APIRouter()


async def watched(context: ContextDep) -> AsyncIterator[None]:
    """Counts a stream while it lasts, so that the store is looked at only for somebody."""
    context.hub.watchers += 1
    try:
        yield
    finally:
        context.hub.watchers -= 1


@router.get("/api/events", response_class=EventSourceResponse, dependencies=[Depends(watched)])
async def events(request: Request, context: ContextDep, viewer: Viewer) -> AsyncIterator[ServerSentEvent]:
    """The event "state" with what /api/state says, whenever it has changed."""
    sent, life = "", time.monotonic()
    token, now = request.cookies[context.options.cookie], viewer
    async for snapshot in context.hub.watch():
        with suppress(StoreError, Refused):  # while it does not answer nobody is put out
            now = context.sessions.cached(token) or await _look_up(context, token, viewer.annotator)
        if now is None or now.excluded:
            return
        text = json.dumps(describe(context, snapshot, now))
        if text != sent:
            sent = text
            yield ServerSentEvent(event="state", raw_data=text)
        if time.monotonic() - life > SIGN_OF_LIFE:
            life = time.monotonic()
            yield ServerSentEvent(comment="still here")


async def _look_up(context: Context, token: str, who: str) -> SessionInfo | None:
    """Whose session it is now, in turns with all others who have something open."""
    async with context.places.watching.turn(who):
        return await context.sessions.current(token)
