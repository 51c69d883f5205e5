"""Two views of each clip, and what marks the point that counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE, scene_asset
from armchair.ids import new_id
from armchair.types import Question

pytestmark = pytest.mark.browser
PHONE = {"size": "phone", "has_touch": True, "is_mobile": True}


def ask(place: Any, name: str, left: Any, right: Any) -> None:
    place.store.ask([Question(new_id(), left.id, right.id, "uniform", 1000, None, None, name)])


def still(ann: Any, page: Any, step: int) -> None:
    """Pause at a step; the scrubber keeps no key for itself."""
    if page.locator("#pause-text").inner_text() == "Pause":
        page.keyboard.press("Space")
    page.locator("#scrub").fill(str(step))
    page.evaluate("document.getElementById('scrub').blur()")
    ann.drawn()


def count(picture: Any, colour: tuple[int, int, int], within: int = 40) -> int:
    """Pixels of about this colour."""
    return int((np.abs(picture.astype(int) - colour).max(-1) < within).sum())


@pytest.mark.slow
def test_the_views_change_places_by_key_and_by_click_and_nothing_is_answered(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    small = page.locator("button.inset")
    expect(small).to_have_count(2)
    expect(small.first).to_contain_text("from ")
    still(ann, page, 12)
    pane, shown = page.locator("#pane-left").bounding_box(), ann.shown
    for box in (small.nth(0).bounding_box(), small.nth(1).bounding_box()):
        assert box["width"] / pane["width"] == pytest.approx(0.36, abs=0.01)
    usual = ann.picture("left")
    page.keyboard.press("v")
    expect(small.first).to_contain_text("main view")
    exchanged = ann.picture("left")
    assert np.abs(exchanged.astype(int) - usual).mean() > 5
    for k in (0, 1):
        page.locator("button.inset").nth(k).click()
        ann.drawn()
    expect(small.first).to_contain_text("main view")
    assert np.array_equal(ann.picture("left"), exchanged)
    page.keyboard.press("v")
    assert np.array_equal(ann.picture("left"), usual)
    assert ann.shown == shown and not ann.held()
    ann.press("ArrowLeft")
    ann.answers(1)


def test_a_tap_on_the_small_view_answers_nothing(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(**PHONE)
    page = ann.sit_down()
    small, shown = page.locator("button.inset"), ann.shown
    pane = page.locator("#pane-right").bounding_box()
    box = small.nth(1).bounding_box()
    assert box["width"] > 0.95 * pane["width"], "a narrow pane has one view above the other"
    small.nth(1).tap()
    expect(small.first).to_contain_text("main view")
    small.nth(0).tap()
    expect(small.first).to_contain_text("from ")
    assert ann.shown == shown and not ann.held()
    page.touchscreen.tap(pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 3)
    assert [answer.choice for answer in ann.answers(1)] == ["right"]


@pytest.mark.slow
def test_the_small_view_stays_while_the_large_one_is_turned(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    still(ann, page, 12)
    box = page.locator("button.inset").first.bounding_box()
    pane = page.locator("#pane-left").bounding_box()
    left, top = (int(box[k] - pane[k]) for k in ("x", "y"))
    wide, high = int(box["width"]), int(box["height"])

    def small(picture: Any) -> Any:
        return picture[top + 2 : top + high - 30, left : left + wide - 10]

    before = ann.picture("left", 1.0)
    page.keyboard.press("l")
    page.keyboard.press("l")
    after = ann.picture("left", 1.0)
    assert np.abs(after.astype(int) - before).mean() > 2
    assert np.array_equal(small(after), small(before))


@pytest.mark.slow
def test_the_goal_answers_while_the_point_is_inside(meet: Any, place: Any, until: Any) -> None:
    """Green when the tool has arrived; a blue line leads there while the clip stands still."""
    ann = meet(questions=0)
    ann.remember(quality="high")
    good, bad = place.clips[-1], place.clips[2]
    assert bool((good.visible[-1, :3] - good.visible[-1, 3:6]).norm() < 0.02)
    assert bool((bad.visible[-1, :3] - bad.visible[-1, 3:6]).norm() > 0.05)
    ask(place, ann.name, good, bad)
    page = ann.sit_down()
    green, blue = (0, 135, 90), (26, 86, 219)
    still(ann, page, 0)
    start = ann.picture("left")
    still(ann, page, 31)
    arrived, missed = ann.picture("left"), ann.picture("right")
    assert count(start, green) < 5 < 20 < count(arrived, green)
    assert count(missed, green) < 5
    assert count(missed, blue) > count(arrived, blue) > 10
    still(ann, page, 0)
    standing = count(ann.picture("right"), blue)  # dot, post and line
    page.get_by_role("button", name="¼×").click()  # so that little else changes
    page.keyboard.press("Space")
    until(lambda: page.locator("#scrub").input_value() != "0")
    assert count(ann.picture("right"), blue) < 0.85 * standing, "no line while the clips play"


def test_clips_that_hardly_differ_are_shown_larger_and_slower(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=0)
    clip = place.clips[-1]
    twin = clip._replace(id=new_id())
    place.store.ask([Question(new_id(), clip.id, twin.id, "uniform", 1000, None, None, ann.name)], [twin])
    page = ann.sit_down()
    expect(page.locator("#pair-note")).to_have_text("Nearly alike: zoomed in, half speed")
    ask(place, ann.name, clip, place.clips[2])
    ann.press("ArrowDown")
    page.locator("#stage[data-question]").wait_for()
    expect(page.locator("#pair-note")).not_to_have_text("Nearly alike: zoomed in, half speed")


def test_a_scene_of_before_there_were_marks_still_opens(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    now = place.store.board.asset(SCENE)
    place.store.board.put_asset(SCENE, scene_asset(0, "ball"), SCENE_TYPE)
    try:
        ann = meet()
        page = ann.sit_down()
        expect(page.locator("button.inset").first).to_contain_text("from above")
        still(ann, page, 12)
        assert count(ann.picture("left"), (26, 86, 219)) == 0
        ann.press("ArrowLeft")
        ann.answers(1)
    finally:
        place.store.board.put_asset(SCENE, now.data, SCENE_TYPE)
