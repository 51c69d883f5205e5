"""Which pairs each open page was given, so that a page that closes gives back exactly those.

A page may close while its request for more pairs is under way; that request can reach the store after the
page's farewell. So a visit that has ended is remembered, and nothing is given to it any more. Kept in memory
only: what a restart forgets goes back when its lease ends.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

KEPT = 500  # visits that are remembered, and as many that have ended
LATEST = 64  # questions of a visit; far more than a page may hold at once


class Visits:
    """Pages that are open, and those that were closed lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: OrderedDict[tuple[str, str], OrderedDict[str, None]] = OrderedDict()
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()

    def has_ended(self, annotator: str, visit: str) -> bool:
        """Whether this page was closed, so that nobody would see what it is given."""
        with self._lock:
            return (annotator, visit) in self._ended

    def give(self, annotator: str, visit: str, questions: Iterable[str]) -> None:
        """Remember what a page was given."""
        with self._lock:
            given = self._given.setdefault((annotator, visit), OrderedDict())
            self._given.move_to_end((annotator, visit))
            for question in questions:
                given[question] = None
                given.move_to_end(question)
            while len(given) > LATEST:
                given.popitem(last=False)
            while len(self._given) > KEPT:
                self._given.popitem(last=False)

    def end(
        self, annotator: str, visit: str, questions: Iterable[str], keeps: Iterable[str] = ()
    ) -> list[str]:
        """A page was closed, which held `questions` and has yet to send answers to those that it `keeps`.

        -> what goes back: none that another page of the same person was given.
        """
        with self._lock:
            self._ended[annotator, visit] = None
            while len(self._ended) > KEPT:
                self._ended.popitem(last=False)
            held = dict.fromkeys([*questions, *self._given.pop((annotator, visit), ())])
            stay = set(keeps)
            for (who, _), given in self._given.items():
                stay.update(given if who == annotator else ())
            return [one for one in held if one not in stay]
