"""What there is to share, and which request takes what of it.

Each kind of work has places of its own, so that none waits for another: a database that somebody keeps
locked holds up those who write, and no film keeps anybody from reading. All places together are fewer than
the threads that Starlette gives its endpoints, so none of these is ever waited for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.types import Scope

from armchair.web.limits.shares import Pace, Share
from armchair.web.limits.turns import Turns
from armchair.web.outer.base_path import HEALTH

STREAMS, SOCKETS, FILMS = 12, 8, 12  # of one person, at a time
READS, WRITES = 32, 16  # requests under way, of one person
LOGINS = 64  # under way, from one address
WRITES_A_SECOND, WRITES_AT_ONCE = 20.0, 200  # of one person, when they go on for long, and as a burst
FILM_PATIENCE = 120.0  # s that a film may wait for those before it
ANSWERS, PAIRS = "/api/answers", "/api/pairs"
SAFE = ("GET", "HEAD", "OPTIONS")
_FILM = re.compile(r"/api/clips/[^/]+/film")


class Takes(NamedTuple):
    """What a request takes."""

    turns: Turns | None = None
    share: Share | None = None
    pace: Pace | None = None


class Places:
    """Of one server."""

    def __init__(self) -> None:
        self.public, self.logins, self.sessions = Turns(4), Turns(2), Turns(2)
        self.reads, self.writes = Turns(6), Turns(4)
        self.answers = Turns(64)  # they are written together, by one thread
        self.pairs = Turns(1)  # asked for long before they are shown: they keep nobody's answer waiting
        self.watching = Turns(2)  # looks at the sessions of what is open
        self.drawing = Turns(1, patience=FILM_PATIENCE)  # it takes a core and a renderer
        self.streams = Share("streams of events", STREAMS, 200)
        self.sockets = Share("live connections", SOCKETS, 100)
        self._entering = Share("logins under way", LOGINS, 256)
        self._reading = Share("requests under way", READS, 2000)
        self._writing = Share("changes under way", WRITES, 1000)
        self._films = Share("films under way", FILMS, 96)
        self._pace = Pace(WRITES_A_SECOND, WRITES_AT_ONCE)

    def of(self, scope: Scope, known: bool) -> Takes:
        """What an HTTP request takes. known: whether it is somebody's who is logged in."""
        method, path = scope["method"], scope["path"]
        if path in HEALTH:
            return Takes()
        if not known:
            return Takes(self.public) if method in SAFE else Takes(self.logins, self._entering)
        if method not in SAFE:
            turns = {ANSWERS: self.answers, PAIRS: self.pairs}.get(path, self.writes)
            return Takes(turns, self._writing, self._pace)
        if path == "/api/events":
            return Takes(None, self.streams)
        if _FILM.fullmatch(path):
            return Takes(None, self._films)
        return Takes(self.reads, self._reading)
