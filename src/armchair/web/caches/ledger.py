"""What the page tells of answers, followed change by change: no answer is read twice, and few are kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime

from armchair.feedback.progress_test import COMPARED, Course, score_of
from armchair.store.rows.kept.changes import Change
from armchair.store.schema import SETTLING
from armchair.store.store import Store

LATEST = 200  # answers whose time is kept, for the pace
AT_ONCE = 200  # changes that are read in one statement


class Mine:
    """How much somebody has answered, of what counts."""

    def __init__(self) -> None:
        self.count = 0
        self._days: Counter[int] = Counter()

    def today(self, now: float) -> int:
        """How many on the day of that moment (s since the epoch), here."""
        return self._days[_day(now)]

    def change(self, created: float, by: int) -> None:
        """One more (1) or less (-1)."""
        self.count += by
        self._days[_day(created)] += by


class Ledger:
    """Follows a store. For one thread at a time; whoever reads meanwhile sees whole numbers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._excluded_at = 0
        self._begin()

    def _begin(self) -> None:
        self.position = 0
        self._mine: dict[str, Mine] = {}
        self._recent: deque[tuple[int, float]] = deque(maxlen=LATEST)
        self.course = Course()  # of all comparisons
        self.courses: dict[str, Course] = {}  # of those about a wish, by its name

    @property
    def mine(self) -> Mapping[str, Mine]:
        """How much each annotator has answered, of what counts."""
        return self._mine

    @property
    def recent(self) -> list[float]:
        """When the latest answers were given, s since the epoch."""
        return [created for _, created in self._recent]

    def follow(self) -> None:
        """Take in what is new; everything again once others count than before."""
        while True:
            part = self._store.changes(self.position, AT_ONCE, COMPARED)
            if part.excluded_at != self._excluded_at:
                self._begin()
                self._excluded_at = part.excluded_at
                continue
            for change in part.changes:
                self._take(change)
                self.position = change.seq
            if len(part.changes) < AT_ONCE:
                return

    def _take(self, change: Change) -> None:
        if change.excluded:
            return
        mine = self._mine.setdefault(change.annotator, Mine())
        courses = [self.course]
        if change.wish is not None:
            courses.append(self.courses.setdefault(change.wish, Course()))
        if change.was is not None and change.was_created is not None:
            mine.change(change.was_created, -1)
            if (change.was, change.was_created) in self._recent:
                self._recent.remove((change.was, change.was_created))
            for course in courses:
                course.remove(change.was)
        if change.choice is None:
            return
        mine.change(change.created, 1)
        self._recent.append((change.seq, change.created))
        score = None if change.newer is None else score_of(change.choice, change.newer)
        if score is not None:
            for course in courses:
                course.add(change.seq, change.question, score, apart=change.strategy == SETTLING)


def _day(moment: float) -> int:
    """The day of a moment (s since the epoch) here, as a number; 0 where no calendar has it."""
    try:
        return datetime.fromtimestamp(moment).toordinal()
    except (OverflowError, ValueError, OSError):
        return 0
