"""What the list's endpoints share."""

from __future__ import annotations

import threading
from typing import NamedTuple

from armchair.store.store import Store
from armchair.web.caches.readiness import Readiness
from armchair.web.caches.sessions import SessionCache
from armchair.web.caches.throttle import Throttle
from armchair.web.options import Options
from armchair.web.processes.launcher import Launcher
from armchair.web.processes.pages import PageServers
from armchair.web.processes.presets import Presets
from armchair.web.runs.listing import Listing


class RunsContext(NamedTuple):
    """The parts of the list's server."""

    store: Store
    """Who may come in; no run's."""
    options: Options
    throttle: Throttle
    sessions: SessionCache
    listing: Listing
    launcher: Launcher
    pages: PageServers
    presets: Presets
    ready: Readiness
    writing: threading.Lock
    """Held by whoever goes on with a run."""
