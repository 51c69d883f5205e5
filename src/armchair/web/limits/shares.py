"""How much one person may have at a time, and how fast they may go on."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager

from armchair.web.errors import refuse

MAX_KNOWN = 1000  # people whose pace is remembered


class Share:
    """Counts what each person has of something, and refuses one too many."""

    def __init__(self, what: str, each: int, most: int) -> None:
        """what: of which `each` person may have so many, and all together `most`."""
        self._what, self._each, self._most = what, each, most
        self._held: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def held(self, who: str) -> Generator[None]:
        """One of them, for as long as the block lasts. Raises Refused: 429 for a person's, 503 for all."""
        if self._held[who] >= self._each:
            refuse(
                429,
                "too_many",
                f"one person may have {self._each} {self._what} at a time: close some pages, or try again "
                "when fewer are under way",
                retry=2,
            )
        if self.total >= self._most:
            refuse(503, "busy", f"there are as many {self._what} as this server takes: try later", retry=10)
        self._held[who] += 1
        self.total += 1
        try:
            yield
        finally:
            self.total -= 1
            self._held[who] -= 1
            if self._held[who] <= 0:
                del self._held[who]


class Pace:
    """How often each person may do something: `burst` times at once, and `rate` times a second after that."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds that never go back."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, when

    def step(self, who: str) -> None:
        """Count one. Raises Refused (429) when that is too fast."""
        now = self._clock()
        left, when = self._known.pop(who, (float(self._burst), now))
        left = min(float(self._burst), left + self._rate * (now - when))
        self._known[who] = (left - 1.0 if left >= 1.0 else left), now
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        if left < 1.0:
            refuse(
                429, "too_often", f"that is faster than {self._rate:g} a second: go on in a moment", retry=1
            )
