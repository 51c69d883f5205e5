"""Logging in and out."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request, Response

from armchair.web.api.types import LogIn
from armchair.web.context import EntranceDep, Viewer
from armchair.web.errors import refuse

router = APIRouter()


@router.post("/api/login", status_code=204)
def log_in(given: LogIn, request: Request, context: EntranceDep) -> Response:
    """Exchange a link's token, which works once, for a session."""
    session = context.store.people.redeem(given.token)  # first: others' wrong links keep nobody out
    if session is None:
        client = request.client.host if request.client else ""
        wait = context.throttle.wait(client)
        if wait > 0:
            refuse(429, "too_often", f"too many wrong links: try again in {wait:.0f} s")
        context.throttle.failed(client)
        refuse(401, "login", "this link was used already or has expired: ask for a new one")
    response = Response(status_code=204)
    response.set_cookie(
        context.options.cookie,
        session.token,
        max_age=max(0, int(session.expires - time.time())),
        path=f"{context.options.base_path}/",
        secure=context.options.https or request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


@router.post("/api/logout", status_code=204)
def log_out(request: Request, context: EntranceDep, viewer: Viewer) -> Response:
    """End the session of this browser."""
    context.store.people.end_session(request.cookies[context.options.cookie])
    context.sessions.clear()
    response = Response(status_code=204)
    response.delete_cookie(
        context.options.cookie, path=f"{context.options.base_path}/", httponly=True, samesite="strict"
    )
    return response
