"""What the endpoints share, and who asks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from armchair.store.people import SessionInfo
from armchair.store.store import Store
from armchair.web.gate import VIEWER
from armchair.web.options import Options

if TYPE_CHECKING:
    from armchair.web.api.auth import Throttle
    from armchair.web.api.events import Hub
    from armchair.web.caches.clips import Clips
    from armchair.web.caches.ledger import Ledger
    from armchair.web.caches.visitors import Visitors
    from armchair.web.caches.visits import Visits
    from armchair.web.pages import Assets


class Context(NamedTuple):
    """The parts of one running server."""

    store: Store
    options: Options
    ledger: Ledger
    assets: Assets
    clips: Clips
    hub: Hub
    throttle: Throttle
    visitors: Visitors
    visits: Visits
    writing: threading.Lock
    """Held by whoever writes: a queue here is fair, waiting for the database's lock is a lottery."""


async def here(connection: HTTPConnection) -> Context:
    """The server's parts."""
    return cast(Context, connection.app.state.context)


async def viewer(connection: HTTPConnection) -> SessionInfo:
    """Whom the gate let in."""
    return cast(SessionInfo, connection.scope[VIEWER])


Here = Annotated[Context, Depends(here)]
Viewer = Annotated[SessionInfo, Depends(viewer)]
