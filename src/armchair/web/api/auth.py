"""Logging in and out, and how often a wrong token may be tried."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from armchair.web.api.errors import refuse
from armchair.web.api.types import LogIn
from armchair.web.context import Here, Viewer

WINDOW = 60.0  # s
TRIES_PER_CLIENT, TRIES_IN_ALL = 10, 200  # wrong tokens within the window
MAX_CLIENTS = 1000  # whose tries are remembered

router = APIRouter()


class Throttle:
    """Counts wrong tokens, per address and in all, for as long as the window lasts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._all: deque[float] = deque(maxlen=TRIES_IN_ALL)
        self._by_client: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Seconds until this client may try again; 0 for now."""
        with self._lock:
            now = self._clock()
            waits = [_until_free(self._all, now)]
            if client in self._by_client:
                waits.append(_until_free(self._by_client[client], now))
            return max(waits)

    def failed(self, client: str) -> None:
        """Count a wrong token."""
        with self._lock:
            now = self._clock()
            self._all.append(now)
            self._by_client.setdefault(client, deque(maxlen=TRIES_PER_CLIENT)).append(now)
            self._by_client.move_to_end(client)
            while len(self._by_client) > MAX_CLIENTS:
                self._by_client.popitem(last=False)


def _until_free(tries: deque[float], now: float) -> float:
    """Seconds until the oldest try leaves the window, 0 while there are fewer than the window takes."""
    full = tries.maxlen is not None and len(tries) == tries.maxlen
    return max(0.0, tries[0] + WINDOW - now) if full else 0.0


@router.post("/api/login", status_code=204)
def log_in(given: LogIn, request: Request, here: Here) -> Response:
    """Exchange a link's token, which works once, for a session."""
    client = request.client.host if request.client else ""
    wait = here.throttle.wait(client)
    if wait > 0:
        refuse(429, "too_often", f"too many wrong links: try again in {wait:.0f} s")
    session = here.store.people.redeem(given.token)
    if session is None:
        here.throttle.failed(client)
        refuse(401, "login", "this link was used already or has expired: ask for a new one")
    response = Response(status_code=204)
    response.set_cookie(
        here.options.cookie,
        session.token,
        max_age=max(0, int(session.expires - time.time())),
        path="/",
        secure=here.options.https or request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


@router.post("/api/logout", status_code=204)
def log_out(request: Request, here: Here, viewer: Viewer) -> Response:
    """End the session of this browser."""
    here.store.people.end_session(request.cookies[here.options.cookie])
    here.visitors.forget()
    response = Response(status_code=204)
    response.delete_cookie(here.options.cookie, path="/", httponly=True, samesite="strict")
    return response
