"""The page's server as one ASGI app: gate, pages, API and dashboard over one store."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers

from armchair.store.store import Store
from armchair.version import __version__
from armchair.web import errors, pages
from armchair.web.api import (
    again,
    auth,
    clips,
    events,
    health,
    label,
    owner,
    play,
    replay,
    settling,
    state,
    training,
)
from armchair.web.api.read_only import ReadOnly
from armchair.web.caches.clips import Clips
from armchair.web.caches.drawing import Drawing
from armchair.web.caches.hub import Hub
from armchair.web.caches.readiness import Readiness
from armchair.web.caches.sessions import SessionCache
from armchair.web.caches.snapshots import Snapshots
from armchair.web.caches.throttle import Throttle
from armchair.web.caches.visits import Visits
from armchair.web.context import Context
from armchair.web.gate import Gate
from armchair.web.headers import SecurityHeaders
from armchair.web.limits.admission import Admission
from armchair.web.limits.places import Places
from armchair.web.limits.saving import saving
from armchair.web.mount import Dashboard
from armchair.web.options import Options
from armchair.web.outer.base_path import BasePath
from armchair.web.outer.meters import Metered, Meters

PARTS = (health, auth, pages, state, label, again, clips, owner, training, settling, play, events, replay)


def create_app(store: str | Path, options: Options) -> FastAPI:
    """The server over an existing store, a file or a database's URL. It is closed when the server stops.

    Raises StoreError when the store cannot be used.
    """
    opened = Store.open(store, create=False)
    if not opened.is_file:  # replicas share its sessions, whatever their ports are
        name = options.cookie_name or f"armchair_{opened.identity()}"
        options = dataclasses.replace(options, cookie_name=name)
    dashboard = Dashboard(store, options) if options.dashboard else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            if dashboard is not None:
                await dashboard.close()
            opened.close()

    app = FastAPI(
        title="armchair",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages of documentation load foreign scripts
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,  # one address a page
    )
    app.state.context = context = _context(opened, options)
    for part in PARTS:
        app.include_router(part.router)
    app.include_router(health.figures)
    app.include_router(pages.files)
    if dashboard is not None:
        app.mount("/dashboard", dashboard)
    errors.install(app)
    login_page = partial(pages.send_page, "login.html", Headers({}), 401, options.base_path)
    known, places = context.sessions, context.places
    app.add_middleware(Admission, places=places)
    if options.read_only:
        app.add_middleware(ReadOnly)
    app.add_middleware(Gate, options=options, sessions=known, places=places, login_page=login_page)
    app.add_middleware(Metered, meters=app.state.context.meters)
    app.add_middleware(BasePath, base=options.base_path)
    app.add_middleware(SecurityHeaders, https=options.https)  # added last, so that it is the outermost
    return app


def _context(store: Store, options: Options) -> Context:
    """The parts of a server over an open store."""
    snapshots, places, writing = Snapshots(store), Places(), threading.Lock()
    return Context(
        store=store,
        options=options,
        snapshots=snapshots,
        clips=Clips(store),
        drawing=Drawing(options.films, places.drawing),
        hub=Hub(snapshots.latest),
        throttle=Throttle(),
        sessions=SessionCache(store.people.sessions_of),
        visits=Visits(),
        places=places,
        ready=Readiness(snapshots.latest),  # a large store takes a while to be followed
        writing=writing,
        saving=saving(store, writing),
        meters=Meters(),
    )
