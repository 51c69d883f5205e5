"""The gate: who may pass, for HTTP and WebSocket alike, before anything behind it sees a request.

It stands in front of all of it, the mounted dashboard too: a dependency of FastAPI would not cover that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from armchair.errors import StoreError
from armchair.store.people import SessionInfo
from armchair.web.apology import wants_page
from armchair.web.caches.sessions import SessionCache, while_valid
from armchair.web.errors import Refused, refuse, response_to
from armchair.web.limits.admission import VIEWER, address
from armchair.web.limits.inbox import check_size
from armchair.web.limits.places import SAFE, Places
from armchair.web.limits.together import Together
from armchair.web.limits.turns import PATIENCE, refuse_late
from armchair.web.options import LOOPBACK_NAMES, Options, host_allowed
from armchair.web.outer.base_path import HEALTH

PUBLIC = {"GET /login", "POST /api/login", "GET /favicon.ico", "GET /metrics"} | {
    f"{method} {path}" for method in ("GET", "HEAD") for path in HEALTH
}
_PUBLIC_ASSET = re.compile(r"GET /assets/[A-Za-z0-9_-][A-Za-z0-9._-]*")
_PAGES = ("/", "/play", "/wish", "/dashboard", "/dashboard/")
TO_EXCLUDED = {"GET /", "POST /api/logout"}
OUT = "the owner of this run has left your answers out; ask them to include you again"


class Gate:
    """Checks host, origin, size and session of every request and WebSocket."""

    def __init__(
        self,
        app: ASGIApp,
        options: Options,
        sessions: SessionCache,
        places: Places,
        login_page: Callable[[], Response],
    ) -> None:
        """sessions: whose session a cookie is. login_page: the body of a 401 for a browser."""
        self._app = app
        self._options = options
        self._sessions = sessions
        self._places = places
        self._login_page = login_page
        self._known = Together[str, SessionInfo | None](sessions.look_up_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on or answers it with the reason why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check_request(scope)
            await self._check_session(scope)
        except Refused as refused:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": refused.code})
            else:
                await self._answer(scope, refused)(scope, receive, send)
            return
        viewer: SessionInfo | None = scope.get(VIEWER)
        if scope["type"] == "http" or viewer is None:
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies[self._options.cookie]
        valid = partial(self._is_valid, token, scope, viewer)
        await while_valid(self._app, scope, receive, send, valid)

    async def _is_valid(self, token: str, scope: Scope, viewer: SessionInfo) -> bool:
        """Whether a WebSocket's session goes on; also while nothing can be asked."""
        try:
            async with self._places.watching.turn(viewer.annotator):
                return await self._sessions.is_valid(token, partial(goes_on, scope, viewer))
        except Refused:
            return True

    def _check_request(self, scope: Scope) -> None:
        """Refuses a request that is wrong in itself."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not host_allowed(hosts[0], self._options):
            refuse(400, "host", "this server is not known by that name; allow it with --allow-host")
        writes = scope["type"] == "http" and scope["method"] not in SAFE
        scheme = scheme_of(scope, hosts[0], self._options)
        if (writes or scope["type"] == "websocket") and not same_origin(headers, hosts[0], scheme):
            refuse(403, "origin", "only the page itself may send this; behind HTTPS, start with --https")
        if writes and not in_dashboard(scope) and headers.get("x-armchair") != "1":
            refuse(403, "header", "the header X-Armchair: 1 is missing")
        check_size(headers)

    async def _check_session(self, scope: Scope) -> None:
        """Refuses whoever is not logged in, or may not go there."""
        if is_public(scope):
            return
        token = HTTPConnection(scope).cookies.get(self._options.cookie)
        viewer = self._sessions.cached(token) if token else None
        try:
            if token and viewer is None:
                viewer = await self._look_up(token, address(scope))
        except StoreError as error:
            refuse(503, "store", str(error))
        if viewer is None:
            refuse(401, "login", "log in first, with the link that was printed or sent to you")
        if viewer.excluded and not may_pass(scope, viewer):
            refuse(403, "excluded", OUT)
        if not may_pass(scope, viewer):
            refuse(403, "forbidden", "the dashboard is for the run's owner")
        scope[VIEWER] = viewer

    async def _look_up(self, token: str, where: str) -> SessionInfo | None:
        """Whose session it is, as the store says. Those who were here lately wait for no stranger's tries."""
        if self._sessions.known(token) is not None:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._known.do(token)
            except TimeoutError:
                refuse_late()
        async with self._places.sessions.turn(where):
            return await run_in_threadpool(self._sessions.look_up, token)

    def _answer(self, scope: Scope, refused: Refused) -> Response:
        """The refusal, or the login page where a browser wanted a page."""
        method, path = scope["method"], scope["path"]
        accept = Headers(scope=scope).get("accept", "")
        page = (method == "GET" and path in _PAGES) or wants_page(method, path, accept)
        if refused.status == 401 and page:
            return self._login_page()
        return response_to(refused, scope)


def is_public(scope: Scope) -> bool:
    """Whether a request needs no session: the login and what its page is made of."""
    if scope["type"] != "http":
        return False
    line = f"{scope['method']} {scope['path']}"
    return line in PUBLIC or _PUBLIC_ASSET.fullmatch(line) is not None


def may_pass(scope: Scope, viewer: SessionInfo) -> bool:
    """Whether somebody who is logged in may go there. Whoever is excluded gets the page that says so."""
    if viewer.excluded:
        return scope["type"] == "http" and f"{scope['method']} {scope['path']}" in TO_EXCLUDED
    return viewer.role == "owner" or not in_dashboard(scope)


def goes_on(scope: Scope, before: SessionInfo, now: SessionInfo) -> bool:
    """Whether a session may still be where it was let in: it is the same person's, with the same role."""
    return (now.annotator, now.role) == (before.annotator, before.role) and may_pass(scope, now)


def scheme_of(scope: Scope, host: str, options: Options) -> str:
    """How our own pages are reached: by HTTPS where a proxy speaks that, unless it is on this machine."""
    if options.https and re.sub(r":\d+$", "", host.lower()) not in LOOPBACK_NAMES:
        return "https"
    spoken: str = scope["scheme"]
    return {"ws": "http", "wss": "https"}.get(spoken, spoken)


def in_dashboard(scope: Scope) -> bool:
    """Whether a request is for the mounted dashboard."""
    path: str = scope["path"]
    return path == "/dashboard" or path.startswith("/dashboard/")


def same_origin(headers: Headers, host: str, scheme: str) -> bool:
    """Whether a browser says that one of our own pages sent this; other clients say nothing at all."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
        return (parts.scheme, parts.netloc.lower()) == (scheme, host.lower())
    except ValueError:
        return False
