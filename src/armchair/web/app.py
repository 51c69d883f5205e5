"""The page's server as one ASGI app: gate, pages, API and dashboard over one store."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

import armchair
from armchair.store.store import Store
from armchair.web import pages
from armchair.web.api import auth, events
from armchair.web.api import clips as api_clips
from armchair.web.api import errors as api_errors
from armchair.web.api import label as api_label
from armchair.web.api import owner as api_owner
from armchair.web.api import play as api_play
from armchair.web.api import state as api_state
from armchair.web.caches.clips import Clips
from armchair.web.caches.ledger import Ledger
from armchair.web.caches.visitors import Visitors
from armchair.web.caches.visits import Visits
from armchair.web.context import Context
from armchair.web.gate import Gate
from armchair.web.headers import SecurityHeaders
from armchair.web.mount import Dashboard
from armchair.web.options import Options


def create_app(store: str | Path, options: Options) -> FastAPI:
    """The server over an existing store, a file or a database's URL. It is closed when the server stops.

    Raises StoreError when the store cannot be used.
    """
    opened = Store.open(store, create=False)
    ledger, assets = Ledger(opened), pages.Assets()
    context = Context(
        store=opened,
        options=options,
        ledger=ledger,
        assets=assets,
        clips=Clips(opened, options.films),
        hub=events.Hub(ledger.look),
        throttle=auth.Throttle(),
        visitors=Visitors(opened.people.session),
        visits=Visits(),
        writing=threading.Lock(),
    )
    dashboard = Dashboard(store, options) if options.dashboard else None
    app = _bare(opened, dashboard)
    app.state.context = context
    for part in (auth, pages, api_state, api_label, api_clips, api_owner, api_play, events):
        app.include_router(part.router)
    if dashboard is not None:
        app.mount("/dashboard", dashboard)
    api_errors.install(app)
    app.add_middleware(
        Gate, options=options, visitors=context.visitors, login_page=lambda: pages.ask_to_log_in(assets)
    )
    app.add_middleware(SecurityHeaders)  # added last, so that it is the outermost
    return app


def _bare(store: Store, dashboard: Dashboard | None) -> FastAPI:
    """An app that has nothing yet but its end. FastAPI's own pages of documentation load foreign scripts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            if dashboard is not None:
                await dashboard.close()
            store.close()

    return FastAPI(
        title="armchair",
        version=armchair.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,  # one address a page
    )
