"""A browser that cannot draw in 3D gets films, kept in step."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from armchair.ids import new_id
from armchair.types import Question
from armchair.video import mp4_bytes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def flat(launch: Callable[..., Any]) -> Any:
    return launch("--disable-3d-apis")


def film(colour: int) -> bytes:
    """Two seconds in which a bar wanders over a ground of this grey."""
    frames = [np.full((96, 96, 3), colour, np.uint8) for _ in range(40)]
    for k, frame in enumerate(frames):
        frame[:, 2 * k : 2 * k + 8] = 255
    return mp4_bytes(frames, 20.0)


def ask_films(place: Any, name: str, number: int = 3) -> None:
    clips = [place.clips[0]._replace(id=new_id(), frames=film(60 * (k % 2) + 30)) for k in range(2 * number)]
    questions = [
        Question(new_id(), clips[2 * k].id, clips[2 * k + 1].id, "uniform", 1000, None, None, name)
        for k in range(number)
    ]
    place.store.ask(questions, clips)


def videos(page: Any) -> list[dict[str, float]]:
    return page.evaluate(
        "[...document.querySelectorAll('.films video')].map((one) =>"
        " ({time: one.currentTime, paused: one.paused, ready: one.readyState, wide: one.videoWidth}))"
    )


def test_films_play_in_step_and_are_answered(meet: Any, place: Any, flat: Any, until: Any) -> None:
    ann = meet(questions=0, browser=flat, lively=True)
    ask_films(place, ann.name)
    page = ann.sit_down()
    assert page.locator("#stage canvas").count() == 0
    until(lambda: all(one["ready"] >= 2 and one["time"] > 0 for one in videos(page)))
    apart: list[float] = []
    for _ in range(12):
        left, right = videos(page)
        apart.append(abs(left["time"] - right["time"]))
        page.wait_for_timeout(60)
    assert statistics.median(apart) < 0.1
    assert [one["wide"] for one in videos(page)] == [96, 96]
    page.keyboard.press("Space")
    until(lambda: all(one["paused"] for one in videos(page)))
    page.locator("#scrub").fill("10")
    until(lambda: all(abs(one["time"] - 0.5) < 0.03 for one in videos(page)))
    page.keyboard.press(".")
    until(lambda: all(abs(one["time"] - 0.55) < 0.03 for one in videos(page)))
    assert page.locator("#ghost").is_hidden(), "films cannot be laid over each other"
    dark = ann.picture("left").mean() < ann.picture("right").mean()
    assert dark
    ann.press("x")
    until(lambda: ann.picture("left").mean() > ann.picture("right").mean())
    page.locator("#scrub").blur()
    ann.press("ArrowLeft", "ArrowRight")
    told = [(answer.choice, answer.swapped) for answer in ann.answers(2)]
    assert told == [("right", True), ("right", False)]


def test_where_no_film_can_be_made_the_page_says_so(meet: Any, place: Any, flat: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=2, browser=flat)
    page = ann.open()
    expect(page.locator("#toast")).to_contain_text("there is no film of this clip")
    assert not ann.held()


def test_axe_finds_nothing_serious_with_films(meet: Any, place: Any, flat: Any) -> None:
    ann = meet(questions=0, browser=flat)
    ask_films(place, ann.name, 1)
    ann.sit_down()
    assert ann.axe() == []
