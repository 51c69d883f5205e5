"""The list's server as one ASGI app: the same gate, login and headers as a run's page has."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from armchair.store.store import Store
from armchair.version import __version__
from armchair.web import errors, pages
from armchair.web.api import auth, health
from armchair.web.caches.readiness import Readiness
from armchair.web.caches.sessions import SessionCache
from armchair.web.caches.throttle import Throttle
from armchair.web.gate import Gate
from armchair.web.headers import SecurityHeaders
from armchair.web.limits.admission import Admission
from armchair.web.limits.places import Places
from armchair.web.options import Options
from armchair.web.processes.launcher import Launcher
from armchair.web.processes.pages import PageServers
from armchair.web.processes.presets import Presets
from armchair.web.runs import api, wishing
from armchair.web.runs.context import RunsContext
from armchair.web.runs.listing import Listing


def create_app(
    store: Store,
    options: Options,
    listing: Listing,
    launcher: Launcher,
    page_servers: PageServers,
    presets: Presets,
) -> FastAPI:
    """The server of a list. store: who may come in; the caller's, like the launcher, to close.

    The pages' servers are closed with this one.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        presets.prepare()
        try:
            yield
        finally:
            await run_in_threadpool(page_servers.close)

    app = FastAPI(
        title="armchair: runs",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    sessions, places = SessionCache(store.people.sessions_of), Places()
    app.state.context = RunsContext(
        store=store,
        options=options,
        throttle=Throttle(),
        sessions=sessions,
        listing=listing,
        launcher=launcher,
        pages=page_servers,
        presets=presets,
        ready=Readiness(store.position),
        writing=threading.Lock(),
    )
    for part in (health.router, auth.router, pages.files, api.page, api.router, wishing.page, wishing.router):
        app.include_router(part)
    errors.install(app)
    login_page = partial(pages.send_page, "login.html", Headers({}), 401)
    app.add_middleware(Admission, places=places)
    app.add_middleware(Gate, options=options, sessions=sessions, places=places, login_page=login_page)
    app.add_middleware(SecurityHeaders, https=options.https)  # added last, so that it is the outermost
    return app
