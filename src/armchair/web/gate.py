"""The gate: who may pass, for HTTP and WebSocket alike, before anything behind it sees a request.

It stands in front of all of it, the mounted dashboard too: a dependency of FastAPI would not cover that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from armchair.errors import StoreError
from armchair.web.caches.visitors import Visitors
from armchair.web.options import Options, host_allowed

MAX_BODY = 64 * 1024  # bytes; the largest that the page sends is a list of ids
PUBLIC = {"GET /login", "POST /api/login", "GET /favicon.ico"}
_PUBLIC_ASSET = re.compile(r"GET /assets/[A-Za-z0-9_-][A-Za-z0-9._-]*")
_PAGES = ("/", "/play", "/dashboard", "/dashboard/")
VIEWER = "armchair.viewer"  # where in the scope the gate leaves who it let in


class Refusal(NamedTuple):
    """Why a request goes no further."""

    status: int
    code: str
    error: str


class Gate:
    """Checks host, origin, size and session of every request and WebSocket."""

    def __init__(
        self,
        app: ASGIApp,
        options: Options,
        visitors: Visitors,
        login_page: Callable[[], Response],
    ) -> None:
        """visitors: whose session it is. login_page: the body of a 401 for a browser."""
        self._app = app
        self._options = options
        self._visitors = visitors
        self._login_page = login_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on or answers it with the reason why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) or await self._stranger(scope)
        if refusal is None:
            await self._app(scope, limited(receive), send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        else:
            await self._answer(scope, refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        """What is wrong with the request itself."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not host_allowed(hosts[0], self._options):
            return Refusal(400, "host", "this server is not known by that name; allow it with --allow-host")
        writes = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if (writes or scope["type"] == "websocket") and not same_origin(headers, hosts[0]):
            return Refusal(403, "origin", "this may only be sent by the page itself")
        if writes and not in_dashboard(scope) and headers.get("x-armchair") != "1":
            return Refusal(403, "header", "the header X-Armchair: 1 is missing")
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size) > MAX_BODY:
            return Refusal(413, "too_large", f"a request may have {MAX_BODY} bytes")
        return None

    async def _stranger(self, scope: Scope) -> Refusal | None:
        """Whether nobody is logged in, or somebody who may not go there."""
        if is_public(scope):
            return None
        token = HTTPConnection(scope).cookies.get(self._options.cookie)
        viewer = self._visitors.known(token) if token else None
        try:
            if token and viewer is None:
                viewer = await run_in_threadpool(self._visitors.find, token)
        except StoreError as error:
            return Refusal(503, "store", str(error))
        if viewer is None:
            return Refusal(401, "login", "log in first, with the link that was printed or sent to you")
        if in_dashboard(scope) and viewer.role != "owner":
            return Refusal(403, "forbidden", "the dashboard is for the run's owner")
        scope[VIEWER] = viewer
        return None

    def _answer(self, scope: Scope, refusal: Refusal) -> Response:
        """The refusal as JSON, or the login page where a browser wanted a page."""
        html = "text/html" in Headers(scope=scope).get("accept", "")
        page = scope["path"] in _PAGES or (html and not scope["path"].startswith("/api/"))
        if refusal.status == 401 and page and scope["method"] == "GET":
            return self._login_page()
        return JSONResponse({"error": refusal.error, "code": refusal.code}, refusal.status)


def is_public(scope: Scope) -> bool:
    """Whether a request needs no session: the login and what its page is made of."""
    if scope["type"] != "http":
        return False
    line = f"{scope['method']} {scope['path']}"
    return line in PUBLIC or _PUBLIC_ASSET.fullmatch(line) is not None


def in_dashboard(scope: Scope) -> bool:
    """Whether a request is for the mounted dashboard."""
    path: str = scope["path"]
    return path == "/dashboard" or path.startswith("/dashboard/")


def same_origin(headers: Headers, host: str) -> bool:
    """Whether a browser says that one of our own pages sent this; other clients say nothing at all."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def limited(receive: Receive) -> Receive:
    """`receive` that stops at a body larger than allowed, also when it comes in pieces of no stated size."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise HTTPException(413, f"a request may have {MAX_BODY} bytes")
        return message

    return counted
