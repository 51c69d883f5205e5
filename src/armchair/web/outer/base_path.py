"""A server below a path, such as https://example.org/armchair/, behind a proxy that has other paths, too.

The path is taken off before anything else sees a request, so that all else is as at the top. What leads back
to the server has to have it: pages get it with their links, and the page's scripts read it there.
"""

from __future__ import annotations

import re

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

HEALTH = ("/healthz", "/readyz")
BASE = "armchair.base"  # where in the scope it is told
UNMOVED = (*HEALTH, "/metrics")  # asked for by who knows the process, not the proxy's paths
_LINK = re.compile(r"""\b(href|src)=(["'])/(?!/)""")
_META = '<meta name="base" content="">'


def base_of(scope: Scope) -> str:
    """The path below which a request's server is; empty for none."""
    return str(scope.get(BASE, ""))


def moved(page: str, base: str) -> str:
    """A page of ours whose links lead below `base`."""
    if not base:
        return page
    return _LINK.sub(rf"\g<1>=\g<2>{base}/", page).replace(_META, f'<meta name="base" content="{base}">')


class BasePath:
    """Takes the path off each request, and answers those that are not below it."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, without the path."""
        if scope["type"] not in ("http", "websocket") or not self._base or scope["path"] in UNMOVED:
            await self._app(scope, receive, send)
        elif scope["path"].startswith(f"{self._base}/"):
            path = scope["path"].removeprefix(self._base)
            raw = scope.get("raw_path")
            more = {} if raw is None else {"raw_path": raw.removeprefix(self._base.encode())}
            await self._app({**scope, **more, "path": path, BASE: self._base}, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not_found"})
        elif scope["path"] == self._base and scope["method"] in ("GET", "HEAD"):
            await RedirectResponse(f"{self._base}/", 307)(scope, receive, send)
        else:
            await Response("not found\n", 404, media_type="text/plain")(scope, receive, send)
