"""What the page shows of where one stands, beside the pair: the arm before and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

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


def test_the_end_offers_to_watch(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    ann = meet(questions=0)
    place.tell("done", success=0.97)
    page = ann.open()
    page.get_by_role("button", name="Watch it").click()
    expect(page.locator("#change-now")).to_have_text("Now · 30 answers")
