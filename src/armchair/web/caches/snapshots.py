"""What the page shows of a run, read from the store once for everybody and only when it has changed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from armchair.feedback.progress_test import ProgressTest, wish_result
from armchair.feedback.settling import NOTHING, Settled, settled_in
from armchair.store.board import Settings, Status, budget_of
from armchair.store.reader import Glance
from armchair.store.rows.counts import Counts
from armchair.store.second_looks import waiting
from armchair.store.settling import Offer, read
from armchair.store.store import Store
from armchair.types import Wish
from armchair.web.caches.ledger import Ledger, Mine

ALIVE_SECONDS = 15.0  # a trainer that has reported nothing for longer is gone
WAITS_SECONDS = 60.0  # one that is done reports rarely, and not while it draws curve and film
RECENT_SECONDS = 300.0  # answers that make the pace
CALM_SECONDS = 5.0  # what depends on the clock changes no more often than this


class Snapshot(NamedTuple):
    """A run at one moment."""

    settings: Settings
    status: Status | None
    counts: Counts
    mine: Mapping[str, Mine]  # how many answers of each annotator count
    recent: list[float]  # when the latest answers were given, s since the epoch
    meter: ProgressTest
    assets: Mapping[str, str]  # versions of the files that belong to the run, by name
    again: Mapping[str, int]  # answers that deserve a second look, by annotator
    offer: Offer | None  # comparisons after the budget
    settled: Settled  # what they came to
    wishes: list[Wish]  # what is wanted of how the skill is done

    @property
    def budget(self) -> int | None:
        """Answers wanted in all; None where nobody said how many."""
        return budget_of(self.settings, self.status)

    @property
    def phase(self) -> str:
        """What the trainer reported that it does; "none" when it never reported."""
        phase = None if self.status is None else self.status.value.get("phase")
        return phase if isinstance(phase, str) else "none"

    def alive(self, now: float) -> bool:
        """Whether the trainer still reports, or has reported that it is done."""
        if self.status is None:
            return False
        return self.phase == "done" or now - self.status.updated < ALIVE_SECONDS

    def waits(self, now: float) -> bool:
        """Whether the trainer is done and still there, to go on once there is more to do."""
        if self.status is None or self.phase != "done":
            return False
        return self.status.value.get("waits") is True and now - self.status.updated < WAITS_SECONDS

    def pace(self, now: float) -> float | None:
        """Answers a minute, everyone's, lately; None while there are too few to tell."""
        now -= now % CALM_SECONDS
        lately = [moment for moment in self.recent if moment > now - RECENT_SECONDS]
        if len(lately) < 3:
            return None
        return round(60.0 * len(lately) / max(now - min(lately), 30.0), 1)


class Snapshots:
    """Follows the answers that count, so that reading costs little."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._ledger = Ledger(store)
        self._glance: Glance | None = None
        self._counted = 0.0  # when the questions were counted last
        self._again: tuple[int, list[str], Mapping[str, int]] = (-1, [], {})
        self._snapshot: Snapshot | None = None

    def latest(self) -> Snapshot:
        """The run as it is now. Raises StoreError when the store cannot be read."""
        with self._lock:
            glance = self._store.glance()
            stale = self._clock() - self._counted > 1.0  # questions come and go without any of these
            if self._snapshot is None or glance != self._glance or stale:
                self._snapshot = self._read(glance)
                self._glance, self._counted = glance, self._clock()
            return self._snapshot

    def _read(self, now: Glance) -> Snapshot:
        known, ledger, before = self._snapshot, self._ledger, self._glance
        if before is None or now.position != before.position:
            ledger.follow()
        if known is not None and before is not None and now.assets == before.assets:
            offer = known.offer
        else:
            offer = read(self._store.board, now.assets)
        wishes = self._store.wishes()
        return Snapshot(
            settings=now.settings,
            status=now.status,
            counts=self._store.counts(),
            mine=ledger.mine,
            recent=ledger.recent,
            meter=wish_result(ledger.courses, wishes) if wishes else ledger.course.result(),
            assets=now.assets,
            again=self._second_looks(now.assets),
            offer=offer,
            settled=settled_in(ledger.course, offer.questions) if offer else NOTHING,
            wishes=wishes,
        )

    def _second_looks(self, assets: Mapping[str, str]) -> Mapping[str, int]:
        """How many answers of each annotator deserve a second look."""
        wanted = waiting(self._store.board, assets)
        if (self._ledger.position, wanted) != self._again[:2]:
            found = Counter(who for who, _ in self._store.answered_by(wanted)) if wanted else {}
            self._again = self._ledger.position, wanted, found
        return self._again[2]
