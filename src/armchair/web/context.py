"""What the endpoints share, and who asks."""

from __future__ import annotations

import threading
from typing import Annotated, NamedTuple, Protocol, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from armchair.store.people import SessionInfo
from armchair.store.store import Store
from armchair.web.caches.clips import Clips
from armchair.web.caches.drawing import Drawing
from armchair.web.caches.hub import Hub
from armchair.web.caches.readiness import Readiness
from armchair.web.caches.sessions import SessionCache
from armchair.web.caches.snapshots import Snapshots
from armchair.web.caches.throttle import Throttle
from armchair.web.caches.visits import Visits
from armchair.web.limits.admission import VIEWER
from armchair.web.limits.places import Places
from armchair.web.limits.saving import Saving
from armchair.web.options import Options
from armchair.web.outer.meters import Meters


class Context(NamedTuple):
    """The parts of one running server."""

    store: Store
    options: Options
    snapshots: Snapshots
    clips: Clips
    drawing: Drawing
    hub: Hub
    throttle: Throttle
    sessions: SessionCache
    visits: Visits
    places: Places
    ready: Readiness
    writing: threading.Lock
    """Held by whoever writes: a queue here is fair, waiting for the database's lock is a lottery."""
    saving: Saving
    meters: Meters


class Entrance(Protocol):
    """The parts of a server that logging in takes."""

    @property
    def store(self) -> Store:
        """Whose people may come in."""
        ...

    @property
    def options(self) -> Options:
        """How the server is set up."""
        ...

    @property
    def throttle(self) -> Throttle:
        """How often wrong tokens may be tried."""
        ...

    @property
    def sessions(self) -> SessionCache:
        """Sessions that were looked up lately."""
        ...

    @property
    def ready(self) -> Readiness:
        """Whether the store can be read."""
        ...


async def get_entrance(connection: HTTPConnection) -> Entrance:
    """The parts of this server, whichever it is, that logging in takes."""
    return cast(Entrance, connection.app.state.context)


async def get_context(connection: HTTPConnection) -> Context:
    """The server's parts."""
    return cast(Context, connection.app.state.context)


async def get_viewer(connection: HTTPConnection) -> SessionInfo:
    """Whom the gate let in."""
    return cast(SessionInfo, connection.scope[VIEWER])


EntranceDep = Annotated[Entrance, Depends(get_entrance)]
ContextDep = Annotated[Context, Depends(get_context)]
Viewer = Annotated[SessionInfo, Depends(get_viewer)]
