"""The page of a run that cannot be written: it shows all there is, and takes nothing."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from armchair.web.errors import Refused, response_to

LOOKING = ("GET", "HEAD", "OPTIONS")
HARMLESS = ("/api/login", "/api/logout", "/api/pairs", "/api/release")  # nothing of the run changes by these


class ReadOnly:
    """Refuses what would change the run."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands on what only looks."""
        if scope["type"] != "http" or scope["method"] in LOOKING or scope["path"] in HARMLESS:
            await self._app(scope, receive, send)
            return
        refused = Refused(403, "read_only", "this run is read-only: its folder cannot be written")
        await response_to(refused, scope)(scope, receive, send)
