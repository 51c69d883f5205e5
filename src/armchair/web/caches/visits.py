"""Which pairs each open page was given, so that a page that closes gives back exactly those.

A page may close while its request for more pairs is under way; that request can reach the store after the one
that ends the visit. So visits that have ended are remembered, and nothing is given to them any more. What a
restart forgets goes back when its lease ends.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

MAX_VISITS = 500  # visits that are remembered, and as many that have ended
MAX_QUESTIONS = 64  # questions of a visit; far more than a page may hold at once


class Visits:
    """Pages that are open, and those that were closed lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: OrderedDict[tuple[str, str], list[str]] = OrderedDict()  # the latest first
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()

    def has_ended(self, annotator: str, visit: str) -> bool:
        """Whether this page was closed, so that nobody would see what it is given."""
        with self._lock:
            return (annotator, visit) in self._ended

    def give(self, annotator: str, visit: str, questions: Iterable[str]) -> None:
        """Remember what a page was given."""
        with self._lock:
            given = [*questions][::-1] + self._given.pop((annotator, visit), [])
            self._given[annotator, visit] = list(dict.fromkeys(given))[:MAX_QUESTIONS]
            while len(self._given) > MAX_VISITS:
                self._given.popitem(last=False)

    def end(
        self, annotator: str, visit: str, questions: Iterable[str], keeps: Iterable[str] = ()
    ) -> list[str]:
        """A page was closed, which held `questions` and has yet to send answers to those that it `keeps`.

        -> what goes back: none that another page of the same person was given.
        """
        with self._lock:
            self._ended[annotator, visit] = None
            while len(self._ended) > MAX_VISITS:
                self._ended.popitem(last=False)
            held = dict.fromkeys([*questions, *self._given.pop((annotator, visit), ())])
            stay = set(keeps)
            for (who, _), given in self._given.items():
                stay.update(given if who == annotator else ())
            return [one for one in held if one not in stay]
