"""The status for the page: new things soon, the same rarely."""

from __future__ import annotations

from collections.abc import Mapping

from armchair.jsonable import Json
from armchair.training.status import StatusWriter


class Book:
    def __init__(self) -> None:
        self.written: list[dict[str, Json]] = []

    def set_status(self, value: Mapping[str, Json]) -> None:
        self.written.append(dict(value))


def test_it_writes_at_most_twice_a_second_and_never_falls_silent() -> None:
    now, book = [0.0], Book()
    writer = StatusWriter(book, {"task": "reach"}, clock=lambda: now[0])
    for k in range(1000):  # ten seconds of change
        now[0] = k / 100
        writer.write("practising", {"updates": k})
    assert 18 <= len(book.written) <= 20
    assert book.written[-1] == {"task": "reach", "updates": 950, "phase": "practising"}
    book.written.clear()
    for k in range(3000):  # half a minute of waiting
        now[0] = 10 + k / 100
        writer.write("waiting", {"updates": 999})
    assert 6 <= len(book.written) <= 8
    book.written.clear()
    writer.write("done", {"updates": 999}, now=True)
    assert [status["phase"] for status in book.written] == ["done"]
