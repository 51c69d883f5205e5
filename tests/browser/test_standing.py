"""What the page shows of where one stands: the arm before and now, answers that do not fit the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from armchair.store import second_looks
from armchair.training.standing.change import packed

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def before_and_now(place: Any) -> Iterator[None]:
    """The arm did badly before and does well now."""
    poses = [place.clips[k].poses for k in (0, -1)]
    place.store.board.put_asset("change", packed(12, 30, torch.stack(poses)), "application/octet-stream")
    yield
    place.store.board.set_setting("labels", None)


@pytest.mark.gl
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_changed_opens_in_a_corner_and_answers_go_on(meet: Any, place: Any, size: str) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=3, size=size)
    place.tell(learned={"answers": 4, "changed": 2})
    page = ann.sit_down()
    panel = page.locator("#change")
    expect(panel).to_be_hidden()
    page.locator("#open-change").click()
    expect(panel).to_be_visible()
    expect(page.locator("#change-before")).to_have_text("Before · 12 answers")
    expect(page.locator("#change-now")).to_have_text("Now · 30 answers")
    expect(page.locator("#change-told")).to_contain_text("Of the last 4, 2 changed something.")
    expect(page.locator("#change-stage canvas")).to_be_visible()
    box, left = panel.bounding_box(), page.locator("[data-choice=left]").bounding_box()
    assert box["y"] + box["height"] <= left["y"], "the answers are not covered"
    assert ann.axe() == []
    first = ann.press("ArrowLeft")[0]
    ann.next_after(first)
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("n")
    expect(panel).to_be_visible()
    page.keyboard.press("n")
    expect(panel).to_be_hidden()
    ann.answers(1)


def test_a_new_film_is_played_while_the_panel_is_open(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=1)
    page = ann.sit_down()
    page.keyboard.press("n")
    expect(page.locator("#change-now")).to_have_text("Now · 30 answers")
    poses = torch.stack([place.clips[k].poses for k in (0, 5)])
    place.store.board.put_asset("change", packed(18, 36, poses), "application/octet-stream")
    place.tell(updates=20)
    expect(page.locator("#change-now")).to_have_text("Now · 36 answers")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_answers_that_do_not_fit_are_looked_at_once_more(meet: Any, place: Any, size: str) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=5, size=size)
    page = ann.sit_down()
    seen = ann.press("ArrowLeft", "ArrowLeft", "ArrowRight")
    given = ann.answers(3)
    second_looks.offer(place.store.board, [seen[0]["question"], seen[2]["question"]])
    place.store.board.set_setting("labels", place.store.counts().asked)
    banner = page.locator("#banner")
    expect(banner).to_contain_text("2 of your answers do not fit the others.")
    waits = ann.shown["question"]
    page.get_by_role("button", name="Look once more").click()
    expect(banner).to_contain_text("Look once more, 1 of 2. You answered: left.")
    expect(page.locator("#stage")).to_have_attribute("data-left", seen[0]["left"])
    expect(page.locator("[data-choice=left]")).to_have_class(re.compile("given"))
    assert ann.axe() == []
    page.locator("[data-choice=right]").click()
    expect(banner).to_contain_text("2 of 2. You answered: right.")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("1 of 2 changed")
    expect(page.locator("#stage")).to_have_attribute("data-question", waits)
    kept = {answer.question: answer.choice for answer in ann.answers(3)}
    assert kept == {seen[0]["question"]: "right", seen[1]["question"]: "left", seen[2]["question"]: "right"}
    assert given[2].id in {answer.id for answer in ann.held()}, "what was kept is the same answer"
    expect(banner).to_be_hidden()


def test_the_second_look_can_be_put_off_to_the_end(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=2)
    page = ann.sit_down()
    (seen,) = ann.press("ArrowLeft")
    ann.answers(1)
    second_looks.offer(place.store.board, [seen["question"]])
    place.store.board.set_setting("labels", place.store.counts().asked)
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#banner")).to_be_hidden()
    ann.press("ArrowLeft")
    place.tell("done", success=0.2)
    page.get_by_role("button", name="Look again at 1").click()
    expect(page.locator("#banner")).to_contain_text("Look once more, 1 of 1")
    page.keyboard.press("Escape")
    expect(page.locator("#state")).to_contain_text("Not there yet")


def test_the_end_offers_to_watch(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    ann = meet(questions=0)
    place.tell("done", success=0.97)
    page = ann.open()
    page.get_by_role("button", name="Watch it").click()
    expect(page.locator("#change-now")).to_have_text("Now · 30 answers")
