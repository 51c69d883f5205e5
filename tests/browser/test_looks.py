"""Sizes, light and dark, keyboard alone, and what axe finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.browser
SIZES = ["desk", "small", "phone"]


@pytest.mark.parametrize("size", SIZES)
def test_everything_needed_to_answer_is_on_the_screen(meet: Any, size: str) -> None:
    ann = meet(size=size, has_touch=size == "phone", is_mobile=size == "phone")
    page = ann.sit_down()
    view = page.viewport_size
    wanted = ["#question", "#pane-left", "#pane-right", "#scrub", "#pause", "#undo", "#skip", "#saved"]
    boxes = {name: page.locator(name).bounding_box() for name in wanted}
    choices = page.locator("[data-choice]")
    assert choices.count() == 5
    boxes |= {f"choice {k}": choices.nth(k).bounding_box() for k in range(5)}
    for name, box in boxes.items():
        assert box is not None, name
        assert box["x"] >= 0 and box["x"] + box["width"] <= view["width"] + 0.5, name
        assert box["y"] >= 0 and box["y"] + box["height"] <= view["height"] + 0.5, name
    if size == "phone":
        low = [name for name, box in boxes.items() if name.startswith("choice") and box["height"] < 48]
        assert not low
    assert page.evaluate("document.documentElement.scrollWidth") <= view["width"]
    assert page.evaluate("document.documentElement.scrollHeight") <= view["height"]
    assert boxes["#pane-left"]["height"] > 0.4 * view["height"]


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_tool_and_the_goal_are_in_the_picture(meet: Any, size: str) -> None:
    """The goal is red and drawn through everything: some of it is seen, and none of it at the edges."""
    ann = meet(size=size)
    ann.remember(quality="high")  # for a red that is not mixed with what is beside it
    page = ann.sit_down()
    page.keyboard.press("Space")
    for _ in range(3):
        for side in ("left", "right"):
            red = _red(ann.picture(side, 0.9))
            assert red.sum() > 5
            assert not red[:, :3].any() and not red[:, -3:].any() and not red[:2].any()
        ann.press("ArrowDown")
        page.keyboard.press("Space")


def _red(picture: Any) -> Any:
    """The goal's red; the orange of the joints has far less blue than green."""
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    return (r > 150) & (g < 0.6 * r) & (np.abs(g - b) < 25)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(meet: Any, scheme: str) -> None:
    from playwright.sync_api import expect

    ann = meet(color_scheme=scheme)
    page = ann.sit_down()
    assert ann.axe() == []
    page.keyboard.press("?")
    expect(page.locator("#guide")).to_be_visible()
    assert ann.axe() == []
    page.keyboard.press("Escape")
    expect(page.locator("#guide")).to_be_hidden()
    ann.press("ArrowLeft", "ArrowDown")
    ann.answers(2)
    page.keyboard.press("h")
    expect(page.locator("#history-rows li")).to_have_count(2)
    assert ann.axe() == []
    page.keyboard.press("Escape")
    for button in ("#strip-toggle", "#open-menu"):
        page.locator(button).click()
        assert ann.axe() == []
        page.keyboard.press("Escape")


def test_a_key_pressed_right_after_a_dialog_was_closed_answers(meet: Any) -> None:
    """Until the next picture the browser leaves the focus on a button that is not to be seen any more."""
    ann = meet()
    page = ann.sit_down()
    for name in ("guide", "history"):
        page.keyboard.press({"guide": "?", "history": "h"}[name])
        page.locator(f"#{name}").wait_for()
        page.evaluate(
            "(name) => { const dialog = document.getElementById(name);"
            " const button = dialog.querySelector('button'); button.focus(); dialog.close();"
            " button.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft', bubbles: true})); }",
            name,
        )
    assert [answer.choice for answer in ann.answers(2)] == ["left", "left"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_login_page(meet: Any, scheme: str) -> None:
    from playwright.sync_api import expect

    ann = meet(color_scheme=scheme)
    ann.context.clear_cookies()
    page = ann.open("/login#wrong")
    expect(page.locator("#card")).to_have_attribute("data-trouble", "true")
    assert ann.axe() == []


@pytest.mark.slow
def test_dark_follows_the_system_until_the_person_chooses(meet: Any, until: Any) -> None:
    ann = meet(color_scheme="dark")
    page = ann.sit_down()
    dark = ann.picture("left").mean(), _background(page)
    assert dark[1] < 60
    page.locator("#theme").click()
    until(lambda: _background(page) > 200)  # it fades
    assert ann.picture("left").mean() > dark[0] + 40, "the table is dimmed with the page"
    ann.sit_down()
    assert _background(ann.page) > 200, "remembered"


def _background(page: Any) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return float(np.mean([float(part) for part in colour.strip("rgba()").split(",")[:3]]))


def test_everything_is_reached_by_tab_and_the_focus_is_seen(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    wanted = page.evaluate(
        "[...document.querySelectorAll('button, a, input, select')]"
        ".filter((one) => one.checkVisibility() && !one.disabled)"
        ".map((one) => one.id || one.textContent.trim())"
    )
    assert len(wanted) > 20
    reached: list[str] = []
    for _ in range(len(wanted)):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(
            "(() => { const one = document.activeElement, style = getComputedStyle(one);"
            " return [one.id || one.textContent.trim(),"
            " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; })()"
        )
        assert ring, f"the focus cannot be seen on {name}"
        reached.append(name)
    assert reached == wanted, "in the order in which they are seen"


def test_a_person_without_a_mouse_answers_undoes_and_flips(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the answers
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert [answer.choice for answer in ann.answers(1)] == ["left"]
    page.locator("#open-history").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#history-rows li")).to_have_count(1)
    page.get_by_role("button", name="Flip this answer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#history-rows li").first).to_contain_text("Right")
    page.keyboard.press("Escape")
    assert [answer.choice for answer in ann.answers(1)] == ["right"]
    page.keyboard.press("z")
    ann.answers(0)


def test_after_a_click_keys_still_answer_and_pause(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    page.get_by_role("button", name="2×").click()
    page.keyboard.press("Space")
    assert page.locator("#pause-text").inner_text() == "Play"
    box = page.locator("#scrub").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ann.press("ArrowRight")
    assert [answer.choice for answer in ann.answers(1)] == ["right"]


def test_the_guide_opens_by_itself_once(meet: Any, until: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    ann.remember(guide="")
    page = ann.sit_down()
    expect(page.locator("#guide")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    for name in ("Next", "Next", "Start"):
        page.get_by_role("button", name=name).click()
    expect(page.locator("#guide")).to_be_hidden()
    until(lambda: "seen" in page.evaluate("document.cookie"))
    assert not ann.held()
