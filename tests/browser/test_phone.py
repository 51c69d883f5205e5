"""On a phone: taps, swipes, two fingers."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser
PHONE = {"size": "phone", "has_touch": True, "is_mobile": True}


def touch(page: Any, way: list[list[tuple[float, float]]]) -> None:
    """Fingers go down, along their ways, and up."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, points: list[tuple[float, float]]) -> None:
        told = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    send("touchStart", way[0])
    for points in way[1:]:
        send("touchMove", points)
    send("touchEnd", [])
    session.detach()


def test_taps_and_swipes_answer(meet: Any) -> None:
    ann = meet(**PHONE)
    page = ann.sit_down()
    box = page.locator("#surface").bounding_box()
    y = box["y"] + box["height"] / 2
    shown = ann.shown
    page.locator("#pane-right").tap()
    ann.answers(1)
    ann.next_after(shown)
    shown = ann.shown
    touch(page, [[(250.0 - 20 * k, y)] for k in range(7)])
    assert [answer.choice for answer in ann.answers(2)] == ["right", "left"]
    ann.next_after(shown)
    for k, name in enumerate(("Tie", "Can’t tell", "Both bad", "Right is better")):
        shown = ann.shown
        page.get_by_role("button", name=name).tap()
        ann.answers(3 + k)
        ann.next_after(shown)
    assert [answer.choice for answer in ann.held()[2:]] == ["tie", "cant_tell", "both_bad", "right"]
    page.locator("#undo").tap()
    ann.answers(5)


def test_a_swipe_is_no_fling_that_would_swallow_the_next_tap(meet: Any) -> None:
    """Chromium lets a tap during a fling stop it and nothing else; what a touch does by itself is off."""
    page = meet(**PHONE).sit_down()
    touched = "new TouchEvent('touchstart', {bubbles: true, cancelable: true})"
    assert not page.evaluate(f"document.getElementById('pane-left').dispatchEvent({touched})")
    assert page.evaluate(f"document.querySelector('[data-choice]').dispatchEvent({touched})")


def test_swiping_up_and_two_fingers_do_not_answer(meet: Any) -> None:
    ann = meet(**PHONE)
    page = ann.sit_down()
    page.keyboard.press("Space")
    shown = ann.shown
    box = page.locator("#surface").bounding_box()
    y = box["y"] + box["height"] / 2
    touch(page, [[(200.0, y - 15 * k)] for k in range(7)])
    touch(page, [[(100.0 + 15 * k, y), (250.0 + 15 * k, y)] for k in range(7)])
    ann.drawn()
    assert ann.shown == shown
    assert not ann.held()


def test_more_controls_unfold(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(**PHONE)
    page = ann.sit_down()
    expect(page.locator("#swap")).to_be_hidden()
    page.locator("#tools-toggle").tap()
    before = ann.shown
    page.locator("#swap").tap()
    assert ann.shown["left"] == before["right"]
    box = page.locator("#tools").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.get_by_role("button", name="Left is better").tap()
    (answer,) = ann.answers(1)
    assert (answer.choice, answer.swapped) == ("right", True)
