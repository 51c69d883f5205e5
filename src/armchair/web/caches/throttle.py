"""How often wrong tokens may be tried."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW = 60.0  # s
TRIES_PER_CLIENT, TRIES_IN_ALL = 10, 200  # wrong tokens within the window
MAX_CLIENTS = 1000  # whose tries are counted


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
            own = self._by_client.get(client, deque(maxlen=TRIES_PER_CLIENT))
            return max(_until_free(self._all, now), _until_free(own, now))

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
    return max(0.0, tries[0] + WINDOW - now) if len(tries) == tries.maxlen else 0.0
