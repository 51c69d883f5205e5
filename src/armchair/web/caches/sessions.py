"""Whose session a cookie is, cached for a moment: a page sends several requests a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from armchair.store.people import SessionInfo

MAX_AGE = 1.0  # s; an exclusion or logout by another server is noticed this much later at most
MAX_SESSIONS = 1000


class SessionCache:
    """Sessions that were looked up lately. A token that opens none is not cached."""

    def __init__(
        self, find: Callable[[str], SessionInfo | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """find: reads the store. clock: seconds that never go back."""
        self._find, self._clock = find, clock
        self._lock = threading.Lock()
        self._cached: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()
        self._ended = 0  # how often the cache was cleared

    def cached(self, token: str) -> SessionInfo | None:
        """Whose session this is; None where that is not cached."""
        with self._lock:
            since, found = self._cached.get(token, (0.0, None))
            return found if found is not None and self._clock() - since < MAX_AGE else None

    def known(self, token: str) -> str | None:
        """Whose session this was when it was looked up last; None where that is not remembered."""
        with self._lock:
            _, found = self._cached.get(token, (0.0, None))
            return None if found is None else found.annotator

    def look_up(self, token: str) -> SessionInfo | None:
        """Whose session this is, as the store says now; None for an unknown or expired one."""
        with self._lock:
            ended, now = self._ended, self._clock()
        found = self._find(token)
        with self._lock:
            self._cached.pop(token, None)
            if found is not None and ended == self._ended:
                self._cached[token] = now, found
            while len(self._cached) > MAX_SESSIONS:
                self._cached.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget all, because this server logged somebody out or excluded them."""
        with self._lock:
            self._ended += 1  # whoever looks something up right now may have read what it was
            self._cached.clear()
