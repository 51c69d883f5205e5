"""What the page shows of a run, read from the store once for everybody and only when it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from armchair.feedback.progress_test import ProgressTest, progress_test, wish_test
from armchair.feedback.settling import Settled, settled
from armchair.store.board import Settings, Status, budget_of
from armchair.store.rows.counts import Counts
from armchair.store.rows.records import Record
from armchair.store.second_looks import waiting
from armchair.store.settling import Offer, read
from armchair.store.store import Store
from armchair.types import Wish

ALIVE_SECONDS = 15.0  # a trainer that has reported nothing for longer is gone
WAITS_SECONDS = 60.0  # one that is done reports rarely, and not while it draws curve and film
RECENT_SECONDS = 300.0  # answers that make the pace
CALM_SECONDS = 5.0  # what depends on the clock changes no more often than this


class Snapshot(NamedTuple):
    """A run at one moment."""

    settings: Settings
    status: Status | None
    counts: Counts
    mine: Mapping[str, list[Record]]  # answers that count, by annotator, as recorded
    recent: list[float]  # when the latest answers were given, s since the epoch
    meter: ProgressTest
    assets: Mapping[str, str]  # versions of the files that belong to the run, by name
    again: frozenset[str]  # questions that deserve a second look
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
    """Keeps the answers that count in memory and adds what is new, so that reading costs little."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._key: tuple[int, Settings, Status | None, dict[str, str]] | None = None
        self._counted = 0.0  # when the questions were counted last
        self._position = 0
        self._records: dict[str, Record] = {}  # by answer's id
        self._snapshot: Snapshot | None = None

    def latest(self) -> Snapshot:
        """The run as it is now. Raises StoreError when the store cannot be read."""
        with self._lock:
            board = self._store.board
            key = self._store.position(), board.settings(), board.status(), board.asset_versions()
            stale = self._clock() - self._counted > 1.0  # questions come and go without any of these
            if self._snapshot is None or key != self._key or stale:
                self._snapshot = self._read(*key)
                self._key, self._counted = key, self._clock()
            return self._snapshot

    def _read(
        self, position: int, settings: Settings, status: Status | None, assets: dict[str, str]
    ) -> Snapshot:
        known, again = self._snapshot, frozenset(waiting(self._store.board, assets))
        if known is not None and self._key is not None and position == self._key[0]:
            counts = self._store.counts()
            offer = known.offer if assets == known.assets else read(self._store.board, assets)
            known = known._replace(settings=settings, status=status, counts=counts, assets=assets)
            known = known._replace(again=again, offer=offer, settled=self._settled(offer))
            return known._replace(wishes=self._store.wishes())
        counts, offer = self._follow(position), read(self._store.board, assets)
        records, wishes = list(self._records.values()), self._store.wishes()
        mine: dict[str, list[Record]] = {}
        for record in records:
            mine.setdefault(record.answer.annotator, []).append(record)
        return Snapshot(
            settings=settings,
            status=status,
            counts=counts,
            mine=mine,
            recent=[record.answer.created for record in records[-200:]],
            meter=wish_test(records, wishes) if wishes else progress_test(records),
            assets=assets,
            again=again,
            offer=offer,
            settled=self._settled(offer),
            wishes=wishes,
        )

    def _settled(self, offer: Offer | None) -> Settled:
        return settled(() if offer is None else self._records.values(), offer.questions if offer else ())

    def _follow(self, position: int) -> Counts:
        """Add the answers that are new; read all of them again when others count than before."""
        self._add(self._store.records(since=self._position))
        counts = self._store.counts()
        surplus = len(self._records) - counts.asked - counts.repeats - counts.settling
        quiet = self._store.position() == position  # nobody answered in between
        if surplus > 0 or (surplus < 0 and quiet):
            self._records = {}
            self._add(self._store.records())
        return counts

    def _add(self, records: list[Record]) -> None:
        self._records.update((record.answer.id, record) for record in records)
        self._position = max([self._position, *(record.seq for record in records)])
