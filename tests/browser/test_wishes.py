"""Wishes on the page: what a pair is asked about, where that changes, how much the owner wants of each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from armchair.ids import new_id
from armchair.types import Question

pytestmark = pytest.mark.browser
OWN = "In which one is the tool closer to the red ball, over the whole clip?"
HEAR = """
window.heard = [];
const box = document.getElementById("announcer");
new MutationObserver(() => window.heard.push(box.textContent)).observe(box, {childList: true});
"""
"""Keeps all that is read out."""
HIGH = "Which one comes from higher above, over the whole clip?"


def wished(person: Any, number: int) -> None:
    """Put questions about a wish, for one person."""
    store = person.place.store
    store.add_wish("from_above", HIGH)
    names = [clip.id for clip in person.place.clips]
    pairs = zip(names[:number], names[number:], strict=False)
    store.ask(
        [
            Question(new_id(), left, right, "uniform", 1000, None, None, person.name, "from_above")
            for left, right in pairs
        ]
    )


def keep(page: Any, name: str) -> None:
    """A picture to look at, where a folder for them is named."""
    folder = os.environ.get("ARMCHAIR_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_change_of_question_is_told(meet: Any, size: str) -> None:
    from playwright.sync_api import expect

    ann = meet(2, size=size, has_touch=size == "phone", is_mobile=size == "phone")
    wished(ann, 3)
    page = ann.sit_down()
    question, note = page.locator("#question"), page.locator("#toast")
    expect(question).to_have_text(OWN)
    page.evaluate(HEAR)
    for _ in range(2):
        expect(question).to_have_attribute("data-fresh", "false")
        shown = ann.shown
        ann.press("ArrowLeft")
        ann.next_after(shown)
    expect(question).to_have_text(HIGH)
    expect(question).to_have_attribute("data-fresh", "true")
    expect(note).to_have_text("A new question: read it above.")
    heard = page.evaluate("window.heard")
    assert any(HIGH in text for text in heard), heard
    assert HIGH in page.title()
    keep(page, f"wish-{size}")
    view, box = page.viewport_size, question.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= view["width"]
    assert page.evaluate("document.documentElement.scrollHeight") <= view["height"]
    marked = page.evaluate("getComputedStyle(document.getElementById('question'), '::before').content")
    assert "New question" in marked
    assert not ann.axe()
    shown = ann.shown
    ann.press("ArrowRight")
    ann.next_after(shown)
    expect(question).to_have_attribute("data-fresh", "false")
    expect(question).to_have_text(HIGH)
    asked = [ann.place.store.question(answer.question).wish for answer in ann.answers(3)]
    assert asked == [None, None, "from_above"]
    ann.settle()
    page.locator("#open-history").click()
    expect(page.locator("#history-rows .asked")).to_have_text([HIGH, OWN, OWN])
    page.locator("#history-rows li").last.get_by_text("Look").click()
    expect(page.locator("#banner")).to_contain_text("An old pair")
    expect(question).to_have_text(OWN)
    page.keyboard.press("Escape")
    expect(question).to_have_text(HIGH)
    expect(question).to_have_attribute("data-fresh", "false")


def test_annotators_are_not_offered_the_weights(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(3)
    wished(ann, 1)
    page = ann.sit_down()
    page.locator("#open-menu").click()
    expect(page.locator("#sign-out")).to_be_visible()
    expect(page.locator("#open-wishes")).to_be_hidden()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_owner_says_how_much_of_a_wish(meet: Any, size: str, until: Any) -> None:
    from playwright.sync_api import expect

    olga = meet(3, role="owner", size=size)
    wished(olga, 1)
    page = olga.sit_down()
    store = olga.place.store
    page.locator("#open-menu").click()
    page.locator("#open-wishes").click()
    rows = page.locator("#wishes-rows li")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(HIGH)
    assert store.wishes()[0].weight is None
    expect(rows).to_contain_text("left open")
    slider = page.get_by_label("How much of this")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    until(lambda: store.wishes()[0].weight == pytest.approx(0.1), lambda: str(store.wishes()))
    expect(rows).to_contain_text("10 % · saved")
    keep(page, f"weights-{size}")
    assert not olga.axe()
    page.get_by_text("Leave open").click()
    until(lambda: store.wishes()[0].weight is None, lambda: str(store.wishes()))
    expect(rows).to_contain_text("left open")
    assert not olga.held(), "keys on the slider answer nothing"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_owner_sees_what_was_understood_and_may_object(meet: Any, size: str, until: Any) -> None:
    from playwright.sync_api import expect

    olga = meet(3, role="owner", size=size)
    wished(olga, 1)
    names, board = [clip.id for clip in olga.place.clips], olga.place.store.board
    fact = {"wish": "from_above", "best": names[:2], "worst": names[2:4]}
    fact |= {"relations": [["height of the tool over the goal", 0.62], ["speed of the tool", 0.2]]}
    olga.place.tell(understood=fact)
    before = board.misunderstood().get("from_above", 0)
    page = olga.sit_down()
    banner = page.locator("#banner")
    expect(banner).to_contain_text(f"Here is what I understood of “{HIGH}”")
    banner.get_by_text("Look").click()
    dialog = page.locator("#understood")
    expect(dialog.locator("canvas")).to_have_count(2)
    expect(dialog).to_contain_text("height of the tool over the goal: 62 %")
    page.wait_for_timeout(3000)
    keep(page, f"understood-{size}")
    assert not olga.axe()
    view = page.viewport_size
    for button in ("#understood-yes", "#understood-no"):
        box = page.locator(button).bounding_box()
        assert box["x"] + box["width"] <= view["width"] and box["y"] + box["height"] <= view["height"]
    heights = [page.locator(f"#understood-{one}").bounding_box()["height"] for one in ("best", "worst")]
    assert min(heights) > 200, "the clips have the room"
    page.locator("#understood-no").click()
    until(lambda: board.misunderstood().get("from_above", 0) == before + 1)
    expect(dialog).to_be_hidden()
    expect(page.locator("#toast")).to_contain_text("I will ask 10 more about it")
    keep(page, f"objected-{size}")
    expect(banner).to_be_hidden()
    page.reload()
    expect(page.locator("#stage[data-question]")).to_be_attached()
    expect(banner).to_be_hidden()
    page.locator("#open-menu").click()
    page.locator("#open-understood").click()
    expect(dialog).to_be_visible()
    page.locator("#understood-yes").click()
    expect(dialog).to_be_hidden()
    assert board.misunderstood()["from_above"] == before + 1
    assert not olga.held(), "what was pressed answered nothing"
