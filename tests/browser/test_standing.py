"""What the page shows of where one stands: the arm before and now, answers that do not fit the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from armchair.ids import new_id
from armchair.store import second_looks, settling
from armchair.training.standing.change import packed
from armchair.types import Question

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
    banner, again = page.locator("#banner"), page.locator("#again")
    expect(banner).to_contain_text("2 of your answers do not fit the others.")
    waits = ann.shown["question"]
    page.get_by_role("button", name="Look once more").click()
    expect(again.locator("li")).to_have_count(2)
    expect(again.locator("li").first).to_contain_text("You answered: left")
    expect(again.locator("canvas").first).to_be_visible()
    boxes = [again.locator("li").nth(k).bounding_box() for k in (0, 1)]
    one_below_the_other = boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert one_below_the_other == (size == "phone")
    assert ann.axe() == []
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(again.locator("li").nth(1)).to_contain_text("Kept: right")
    again.get_by_role("group", name="Answer to pair 1").get_by_role("button", name="Right").click()
    expect(again.locator("li").first).to_contain_text("Changed to right")
    again.get_by_role("button", name="Done").click()
    expect(again).to_be_hidden()
    expect(page.locator("#toast")).to_contain_text("1 of 2 changed")
    expect(page.locator("#stage")).to_have_attribute("data-question", waits)
    kept = {answer.question: answer.choice for answer in ann.answers(3)}
    assert kept == {seen[0]["question"]: "right", seen[1]["question"]: "left", seen[2]["question"]: "right"}
    assert given[2].id in {answer.id for answer in ann.held()}, "what was kept is the same answer"
    expect(banner).to_be_hidden()


def test_the_second_look_is_answered_with_the_arrow_keys_and_can_be_put_off(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=3)
    page = ann.sit_down()
    seen = ann.press("ArrowLeft", "ArrowLeft")
    ann.answers(2)
    second_looks.offer(place.store.board, [one["question"] for one in seen])
    place.store.board.set_setting("labels", place.store.counts().asked)
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#banner")).to_be_hidden()
    ann.press("ArrowLeft")
    place.tell("done", success=0.2)
    page.get_by_role("button", name="Look again at 2").click()
    again = page.locator("#again")
    expect(again.locator("li").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(again.locator("li").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(again).to_be_hidden()
    expect(page.locator("#state")).to_contain_text("Not there yet")
    page.get_by_role("button", name="Look again at 1").click()
    expect(again.locator("li").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(again.get_by_role("button", name="Done")).to_be_focused()
    choices = {answer.question: answer.choice for answer in ann.held()}
    assert [choices[one["question"]] for one in seen] == ["right", "tie"]


def settle_up(place: Any, number: int) -> list[Question]:
    """Comparisons that a trainer put aside: the newest policy's clip is the right one."""
    pairs = [(place.clips[k], place.clips[-1]._replace(id=new_id(), policy_step=2000)) for k in range(number)]
    made = [Question(new_id(), one.id, other.id, "settling", 2000, 0.5) for one, other in pairs]
    place.store.ask(made, [newer for _, newer in pairs])
    place.store.retire(settling.ALL)
    offer = settling.Offer(tuple(one.id for one in made), 2000, 20, 60, 0.9)
    settling.write(place.store.board, offer)
    return made


@pytest.mark.slow
def test_whether_it_is_settled_is_found_out_blind(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    owner = meet(questions=0, role="owner")
    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    questions = settle_up(place, 12)
    place.tell("done", success=0.6, waits=True)
    page = owner.open()
    expect(page.locator("#state")).to_contain_text("Is it settled?")
    assert owner.axe() == []
    page.get_by_role("button", name="Compare 12 more pairs blind").click()
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Comparing two versions of the arm, blind: 0 done")
    owner.press("ArrowLeft")
    expect(banner).to_contain_text("1 done")
    page.get_by_role("button", name="Stop here").click()
    expect(page.locator("#state")).to_contain_text("the newest arm won 0, the older one 1")
    page.get_by_role("button", name="Go on comparing, 11 more").click()
    for count in range(2, 8):
        shown = owner.press("ArrowLeft")[0]
        assert shown["question"] in {one.id for one in questions}
        if count < 7:
            expect(banner).to_contain_text(f"{count} done")
    expect(page.locator("#state")).to_contain_text("It was better before")
    expect(page.locator("#state")).to_contain_text("90 % of its tries")
    owner.answers(7)
    page.keyboard.press("ArrowLeft")
    owner.settle()
    assert len(owner.held()) == 7, "nothing more is asked"
    settling.write(place.store.board, None)


def test_the_end_offers_to_watch(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    ann = meet(questions=0)
    place.tell("done", success=0.97)
    page = ann.open()
    page.get_by_role("button", name="Watch it").click()
    expect(page.locator("#change-now")).to_have_text("Now · 30 answers")
