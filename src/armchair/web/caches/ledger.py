"""What the page tells about a run, read from the store once for everybody and only when it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from armchair.feedback.agreement import Agreement, model_agreement
from armchair.feedback.done_meter import Meter, done_meter
from armchair.store.board import Settings, Status
from armchair.store.rows.records import Record
from armchair.store.store import Counts, Store

ALIVE_SECONDS = 15.0  # a trainer that has said nothing for longer is gone
RECENT_SECONDS = 300.0  # answers that make the pace
CALM_SECONDS = 5.0  # what depends on the clock changes no more often than this
LATEST = 20  # answers that the agreement speaks of


class Snapshot(NamedTuple):
    """A run at one moment."""

    settings: Settings
    status: Status | None
    counts: Counts
    mine: Mapping[str, list[Record]]  # answers that count, by annotator, as recorded
    recent: list[float]  # when the latest answers were given, s since the epoch
    agreement: Agreement | None
    meter: Meter
    scene: str | None  # version

    @property
    def budget(self) -> int | None:
        """Answers that are to be given in all: the owner's word, or else the trainer's."""
        if self.settings.labels is not None:
            return self.settings.labels
        told = None if self.status is None else self.status.value.get("labels")
        return told if isinstance(told, int) else None

    @property
    def phase(self) -> str:
        """What the trainer said it does; "none" when it never said anything."""
        told = None if self.status is None else self.status.value.get("phase")
        return told if isinstance(told, str) else "none"

    def alive(self, now: float) -> bool:
        """Whether the trainer still speaks, or has said that it is done."""
        if self.status is None:
            return False
        return self.phase == "done" or now - self.status.updated < ALIVE_SECONDS

    def pace(self, now: float) -> float | None:
        """Answers a minute, everyone's, lately; None while there are too few to tell."""
        now -= now % CALM_SECONDS
        lately = [moment for moment in self.recent if moment > now - RECENT_SECONDS]
        if len(lately) < 3:
            return None
        return round(60.0 * len(lately) / max(now - min(lately), 30.0), 1)


class _Key(NamedTuple):
    """When all of this is as it was, so is the rest."""

    position: int
    updated: float | None
    settings: Settings
    scene: str | None


class Ledger:
    """Keeps the answers that count in memory and adds what is new, so that a look costs little."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._key: _Key | None = None
        self._counted = 0.0  # when the questions were counted last
        self._position = 0
        self._records: dict[str, Record] = {}  # by answer's id
        self._snapshot: Snapshot | None = None

    def look(self) -> Snapshot:
        """The run as it is now. Raises StoreError when the store cannot be read."""
        with self._lock:
            board = self._store.board
            status = board.status()
            updated = None if status is None else status.updated
            key = _Key(self._store.position(), updated, board.settings(), board.asset_version("scene"))
            stale = self._clock() - self._counted > 1.0  # questions come and go without any of these
            if self._snapshot is None or key != self._key or stale:
                self._snapshot = self._read(key, status)
                self._key, self._counted = key, self._clock()
            return self._snapshot

    def _read(self, key: _Key, status: Status | None) -> Snapshot:
        known = self._snapshot
        if known is not None and self._key is not None and key.position == self._key.position:
            counts = self._store.counts()
            return known._replace(settings=key.settings, status=status, counts=counts, scene=key.scene)
        counts = self._follow(key.position)
        records = list(self._records.values())
        mine: dict[str, list[Record]] = {}
        for record in records:
            mine.setdefault(record.answer.annotator, []).append(record)
        progress = [record for record in records if record.question.strategy == "progress"]
        return Snapshot(
            settings=key.settings,
            status=status,
            counts=counts,
            mine=mine,
            recent=[record.answer.created for record in records[-200:]],
            agreement=model_agreement(records, LATEST),
            meter=done_meter(progress),
            scene=key.scene,
        )

    def _follow(self, position: int) -> Counts:
        """Add the answers that are new; read all of them again when others count than before."""
        self._add(self._store.records(since=self._position))
        counts = self._store.counts()
        surplus = len(self._records) - counts.asked - counts.repeats
        quiet = self._store.position() == position  # nobody answered in between
        if surplus > 0 or (surplus < 0 and quiet):
            self._records = {}
            self._add(self._store.records())
        return counts

    def _add(self, records: list[Record]) -> None:
        self._records.update((record.answer.id, record) for record in records)
        self._position = max([self._position, *(record.seq for record in records)])
