"""The dashboard, a Streamlit app, mounted behind the gate and started at its first visit.

Streamlit costs memory and half a second, and most visitors never open the dashboard.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from armchair.errors import MissingDependency
from armchair.offers.extras import command, need
from armchair.web.options import Options

if TYPE_CHECKING:
    from streamlit.starlette import App

SCRIPT = Path(__file__).parent / "dashboard" / "app.py"
SETTINGS: dict[str, bool | int | str | list[str]] = {
    "client.allowedOrigins": [],  # nobody may embed it
    "global.developmentMode": False,
    "logger.level": "warning",
    "server.enableAgentApi": False,
}


class Dashboard:
    """An ASGI app that starts Streamlit at the first request."""

    def __init__(self, store: str | Path, options: Options, script: Path = SCRIPT) -> None:
        """store: what the dashboard shows; it opens it for itself."""
        self._store = store
        self._options = options
        self._script = script
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._app: ASGIApp | None = None
        self._policy = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starts Streamlit if need be, and passes everything on to it."""
        async with self._lock:
            if self._app is None:
                self._app = await self._start()
        app = self._app

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = self._policy
            await send(message)

        await app(scope, receive, with_policy)

    async def _start(self) -> App:
        app = await run_in_threadpool(_make, self._script, self._store, self._options)
        await self._stack.enter_async_context(app.lifespan()(FastAPI()))
        self._policy = await run_in_threadpool(policy)
        for name in ("uvicorn", "uvicorn.access", "uvicorn.asgi", "uvicorn.error", "websockets"):
            logging.getLogger(name).setLevel(logging.ERROR)  # Streamlit has turned the log of requests on
        return app

    async def close(self) -> None:
        """Stop Streamlit, if it was ever started, so that another one may be started in this process."""
        if self._app is not None:
            await self._stack.aclose()
            from streamlit.runtime import Runtime

            from armchair.web.dashboard import source

            source.close()
            # it forbids a second one, also after the first has stopped
            Runtime._instance = None  # pyright: ignore[reportPrivateUsage]


def _make(script: Path, store: str | Path, options: Options) -> App:
    """Import and set up Streamlit; takes half a second. Raises MissingDependency without it."""
    need("dashboard", "the dashboard")
    try:
        from streamlit import config
        from streamlit.starlette import App
    except ImportError as error:  # an older one, or one that is broken
        what = f"the dashboard needs Streamlit 1.67 or newer ({error})"
        raise MissingDependency(what, command("dashboard")) from error
    from armchair.web.dashboard import source

    for name, value in (source.OPTIONS | SETTINGS).items():
        config.set_option(name, value)
    source.use(store, options.run_path, films=options.films, cookie=options.cookie, base=options.base_path)
    return App(script)


def policy() -> str:
    """What Streamlit's pages may load: its own files and its one inline script, named by its hash."""
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    scripts = " ".join(["'self'", *(f"'sha256-{found}'" for found in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; frame-src 'self'; font-src 'self' data:; "
        "base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
