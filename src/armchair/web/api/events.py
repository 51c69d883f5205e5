"""Live figures: what /api/state says, sent whenever it has changed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from armchair.web.api.state import describe
from armchair.web.context import ContextDep, Viewer

SIGN_OF_LIFE = 10.0  # s between comments, at which the session is looked up again

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
    token = request.cookies[context.options.cookie]
    async for snapshot in context.hub.watch():
        text = json.dumps(describe(context, snapshot, viewer))
        if text != sent:
            sent = text
            yield ServerSentEvent(event="state", raw_data=text)
        if time.monotonic() - life > SIGN_OF_LIFE:
            life = time.monotonic()
            async with context.places.reads.turn(viewer.annotator):
                session = await run_in_threadpool(context.store.people.session, token)
            if session is None:
                return
            yield ServerSentEvent(comment="still here")
