"""What one person may have, and how fast they may go on."""

from __future__ import annotations

import contextlib

import pytest

from armchair.web.errors import Refused
from armchair.web.limits.shares import Pace, Share


def test_one_person_cannot_have_what_is_there_for_all() -> None:
    share = Share("streams", 2, 3)
    with contextlib.ExitStack() as stack:
        for who in ("ann", "ann", "bob"):
            stack.enter_context(share.held(who))
        with pytest.raises(Refused) as own, share.held("ann"):
            pass
        with pytest.raises(Refused) as all_, share.held("bob"):
            pass
        assert (own.value.status, all_.value.status) == (429, 503)
        assert "2 streams" in str(own.value)
    assert share.total == 0
    with share.held("ann"):
        assert share.total == 1


def test_a_place_is_given_back_after_a_mistake() -> None:
    share = Share("streams", 1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), share.held("ann"):
            raise ZeroDivisionError


def test_a_pace_allows_a_burst_and_then_so_many_a_second() -> None:
    now = 0.0
    pace = Pace(2.0, 5, lambda: now)

    def steps(who: str) -> int:
        done = 0
        with contextlib.suppress(Refused):
            while done < 100:
                pace.step(who)
                done += 1
        return done

    assert steps("ann") == 5
    assert steps("bob") == 5  # each has their own
    now = 1.0
    assert steps("ann") == 2
    now = 100.0
    assert steps("ann") == 5
    with pytest.raises(Refused) as refused:
        pace.step("ann")
    assert (refused.value.status, refused.value.code, refused.value.retry) == (429, "too_often", 1)


def test_only_so_many_people_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(1.0, 1, lambda: 0.0)
    for k in range(3000):
        pace.step(str(k))
    assert len(pace._known) == 1000
