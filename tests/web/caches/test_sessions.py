"""Sessions are remembered for a moment and no longer; what this server ends itself is over at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from armchair.store.people import SessionInfo
from armchair.web.caches.sessions import MAX_AGE, MAX_SESSIONS, SessionCache

ANN = SessionInfo("ann", "annotator", excluded=False, expires=1e12)


class Ask:
    """A store's sessions, and a clock."""

    def __init__(self) -> None:
        self.now = 5.0
        self.answers: SessionInfo | None = ANN
        self.sessions = SessionCache(self.find, lambda: self.now)
        self.asked: list[list[str]] = []

    def find(self, tokens: Sequence[str]) -> dict[str, SessionInfo]:
        self.asked.append(sorted(tokens))
        return {} if self.answers is None else dict.fromkeys(tokens, self.answers)


def test_a_session_is_remembered_for_a_second() -> None:
    ask = Ask()
    assert ask.sessions.cached("t") is None
    assert ask.sessions.look_up("t") == ANN == ask.sessions.cached("t")
    ask.now += 0.99 * MAX_AGE
    assert ask.sessions.cached("t") == ANN
    ask.now += 0.02 * MAX_AGE
    assert ask.sessions.cached("t") is None


def test_a_token_that_opens_nothing_is_asked_about_every_time() -> None:
    ask = Ask()
    ask.answers = None
    assert ask.sessions.look_up("t") is None
    ask.answers = ANN
    assert ask.sessions.cached("t") is None
    assert ask.sessions.look_up("t") == ANN
    ask.answers = None  # it was ended elsewhere, and is looked up by another request
    assert ask.sessions.look_up("t") is None
    assert ask.sessions.cached("t") is None


def test_what_was_being_looked_up_while_it_ended_is_not_remembered() -> None:
    def find(tokens: Sequence[str]) -> dict[str, SessionInfo]:
        sessions.clear()  # logged out after the store was read
        return dict.fromkeys(tokens, ANN)

    sessions = SessionCache(find)
    sessions.look_up("t")
    assert sessions.cached("t") is None


def test_those_in_use_are_looked_up_together() -> None:
    ask = Ask()
    for token in "abcd":
        ask.sessions.look_up(token)
    ask.now += 0.4 * MAX_AGE
    ask.sessions.look_up("d")
    ask.now += 0.7 * MAX_AGE
    assert [ask.sessions.cached(token) for token in "abd"] == [None, None, ANN]
    ask.asked.clear()
    assert ask.sessions.look_up("a") == ANN
    assert ask.asked == [["a", "b", "d"]]  # nobody came with c since
    assert [ask.sessions.cached(token) for token in "abcd"] == [ANN, ANN, None, ANN]
    ask.answers = None
    ask.now += 0.6 * MAX_AGE
    ask.sessions.look_up("a")
    assert ask.sessions.cached("b") is None  # it had ended, and was found out with the other


def test_it_does_not_grow_without_end() -> None:
    ask = Ask()
    for number in range(MAX_SESSIONS + 10):
        ask.sessions.look_up(str(number))
    assert ask.sessions.cached("9") is None
    assert ask.sessions.cached("10") == ANN


def test_who_logs_out_is_out_at_once(place: Any, log_in: Any) -> None:
    ann = log_in("ann")
    cookies = dict(ann.cookies)
    assert ann.get("/api/state").status_code == 200
    assert ann.post("/api/logout").status_code == 204
    ann.cookies.update(cookies)  # a copy of the cookie opens nothing
    assert ann.get("/api/state").status_code == 401
