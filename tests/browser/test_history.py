"""The drawer of answers: pictures of how the clips end, and a filter for what the model had not expected."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser
DRAWN = "[...document.querySelectorAll('.stills img')].map((one) => one.naturalWidth)"


def test_rows_show_how_both_clips_end_once_they_are_in_sight(meet: Any, until: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(30, size="desk")
    page = ann.sit_down()
    for _ in range(20):
        shown = ann.shown
        ann.press("ArrowLeft")
        ann.next_after(shown)
    ann.answers(20)
    page.keyboard.press("h")
    rows = page.locator("#history-rows li")
    expect(rows).to_have_count(20)
    until(lambda: page.evaluate(DRAWN)[:2] == [192, 192], lambda: str(page.evaluate(DRAWN)))
    assert page.evaluate(DRAWN)[-2:] == [0, 0]  # far below
    pictures = page.locator(".stills").first.locator("img")
    left, right = (np.asarray(Image.open(io.BytesIO(pictures.nth(k).screenshot()))) for k in (0, 1))
    assert left.std() > 10 and right.std() > 10 and np.abs(left.astype(int) - right).mean() > 2
    rows.last.scroll_into_view_if_needed()
    until(lambda: page.evaluate(DRAWN)[-1] == 192, lambda: str(page.evaluate(DRAWN)))
    page.locator("#history-filter").select_option("right")
    expect(page.locator("#history-note")).to_have_text("No answer is like that.")


@pytest.mark.slow
def test_the_owner_finds_what_the_model_had_not_expected_and_others_are_not_offered_it(meet: Any) -> None:
    from playwright.sync_api import expect

    olga, ann = meet(role="owner", size="desk"), meet(size="desk")
    olga.sit_down()
    olga.press("ArrowLeft", "ArrowRight", "ArrowDown", "ArrowLeft")  # it had expected the right one each time
    answers = olga.answers(4)
    olga.page.keyboard.press("h")
    rows = olga.page.locator("#history-rows li")
    expect(rows).to_have_count(4)
    olga.page.locator("#history-filter").select_option("against")
    expect(rows).to_have_count(sum(answer.choice == "left" for answer in answers))
    expect(rows.first).to_contain_text("the model expected right, 80 %")
    page = ann.sit_down()
    page.keyboard.press("h")
    assert page.locator("option[value=against]").is_disabled()


@pytest.mark.slow
def test_the_dashboard_plays_the_clips_of_an_answer_in_3d(meet: Any, until: Any) -> None:
    from playwright.sync_api import expect

    olga = meet(role="owner", size="desk")
    page = olga.sit_down()
    olga.press("ArrowLeft")
    olga.answers(1)
    page.goto(olga.place.origin + "/dashboard/labels")
    replay = page.frame_locator("iframe[src^='/replay']")
    expect(replay.locator(".pane .tag")).to_have_text(["Left", "Right"])
    expect(replay.locator("#state")).to_be_hidden()
    assert (
        replay.locator("canvas").bounding_box()["height"] > 200
    )  # as tall as the frame, but for the controls
    expect(page.locator("a.way-back")).to_be_visible()
    page.locator("a.way-back").click()
    page.wait_for_url(olga.place.origin + "/")
