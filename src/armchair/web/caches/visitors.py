"""Whose session a cookie is, remembered for a moment: a page sends several requests a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from armchair.store.people import SessionInfo

REMEMBERED = 1.0  # s; so late may it be noticed that somebody was excluded or logged out by another server
MOST = 1000  # sessions


class Visitors:
    """Sessions that were looked up lately. Nothing is remembered of a token that opens none."""

    def __init__(
        self, find: Callable[[str], SessionInfo | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """find: asks the store. clock: seconds that never go back."""
        self._find, self._clock = find, clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()
        self._ended = 0  # how often there was something to forget

    def known(self, token: str) -> SessionInfo | None:
        """Whose session this is, where that is remembered."""
        with self._lock:
            since, found = self._known.get(token, (0.0, None))
            return found if found is not None and self._clock() - since < REMEMBERED else None

    def find(self, token: str) -> SessionInfo | None:
        """Whose session this is by the store's word; None for an unknown or expired one."""
        with self._lock:
            ended, now = self._ended, self._clock()
        found = self._find(token)
        with self._lock:
            self._known.pop(token, None)
            if found is not None and ended == self._ended:
                self._known[token] = now, found
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Somebody logged out or was excluded, here and now: ask the store anew about everybody."""
        with self._lock:
            self._ended += 1  # whoever looks something up right now may have read what it was
            self._known.clear()
