"""When there is nothing to answer, the page says why in plain words, and goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from armchair.store.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def afterwards(place: Any) -> Iterator[None]:
    """The settings are the same for all who come."""
    yield
    for key, value in (("paused", False), ("labels", None), ("question", ""), ("finished", False)):
        place.store.board.set_setting(key, value)


def state(person: Any) -> Any:
    return person.page.locator("#state .card")


def test_an_empty_queue_waits_and_goes_on_by_itself(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=1)
    page = ann.sit_down()
    ann.press("ArrowLeft")
    expect(state(ann)).to_contain_text("The arm is practising")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#toast")).to_contain_text("nothing to answer yet")
    assert page.locator("[data-choice=left]").is_disabled()
    (question,) = place.ask(1, ann.name)
    expect(page.locator("#stage")).to_have_attribute("data-question", question.id)
    expect(state(ann)).to_be_hidden()
    ann.press("ArrowRight")
    assert [answer.choice for answer in ann.answers(2)] == ["left", "right"]


def test_the_budget_is_reached_and_raised(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    given = place.store.counts().asked
    place.store.board.set_setting("labels", given + 2)
    page = ann.sit_down()
    ann.press("ArrowLeft", "ArrowLeft")
    expect(state(ann)).to_contain_text("That’s all for now, thank you")
    assert state(ann).locator("button").count() == 0, "only the owner asks for more"
    expect(page.locator("#count")).to_have_text(f"{given + 2} of {given + 2}")
    ann.answers(2)
    place.store.board.set_setting("labels", given + 3)
    expect(page.locator("#stage[data-question]")).to_be_attached()
    ann.press("ArrowRight")
    ann.answers(3)


def test_paused_and_resumed(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    place.store.board.set_setting("paused", True)
    ann = meet()
    page = ann.open()
    expect(state(ann)).to_contain_text("Paused")
    place.store.board.set_setting("paused", False)
    expect(page.locator("#stage[data-question]")).to_be_attached()


def test_a_trainer_that_is_gone_is_told_with_the_command_that_goes_on(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=1)
    with Store.open(place.path / "armchair.db", clock=lambda: time.time() - 60.0) as earlier:
        place._replace(teller=earlier).tell("practising")
    page = ann.sit_down()
    expect(page.locator("#banner")).to_contain_text("armchair resume reach-001")
    ann.press("ArrowLeft")
    ann.answers(1)
    expect(state(ann)).to_contain_text("Training has stopped")
    expect(state(ann).locator("code")).to_have_text("armchair resume reach-001")
    place.tell("practising")
    (question,) = place.ask(1, ann.name)
    expect(page.locator("#stage")).to_have_attribute("data-question", question.id)
    expect(page.locator("#banner")).to_be_hidden()


def test_stopped_and_done_are_told_apart(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=0)
    place.tell("stopped")
    ann.open()
    expect(state(ann)).to_contain_text("Training has stopped")
    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    place.tell("done", success=0.98)
    expect(state(ann)).to_contain_text("The arm can do it")
    expect(state(ann)).to_contain_text("98 % of its tries")
    expect(ann.page.locator("#success-short")).to_have_text("98 % success")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_owner_hears_a_verdict_and_asks_for_more(meet: Any, place: Any, size: str) -> None:
    from playwright.sync_api import expect

    owner = meet(questions=1, role="owner", size=size)
    given = place.store.counts().asked
    place.store.board.set_setting("labels", given + 1)
    page = owner.sit_down()
    owner.press("ArrowLeft")
    owner.answers(1)
    place.tell("done", success=0.22, waits=True)
    expect(state(owner)).to_contain_text("Not there yet")
    expect(state(owner)).to_contain_text("22 % of its tries")
    assert owner.axe() == []
    page.get_by_role("button", name="30 more answers").click()
    expect(state(owner)).to_contain_text("It goes on")
    assert place.store.board.settings().labels == given + 31
    place.tell("collecting")
    (question,) = place.ask(1, owner.name)
    expect(page.locator("#stage")).to_have_attribute("data-question", question.id)


def test_a_run_whose_trainer_is_gone_gives_its_owner_the_exact_command(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    owner = meet(questions=0, role="owner")
    place.tell("done", success=0.3, waits=False)
    page = owner.open()
    expect(state(owner).get_by_role("button", name="Finish")).to_be_hidden()
    page.get_by_role("button", name="30 more answers").click()
    expect(state(owner)).to_contain_text("There is more to do")
    expect(state(owner).locator("code")).to_have_text(f"armchair resume {place.path}")


def test_one_who_was_left_out_is_told_so(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    place.store.people.exclude(ann.name)
    ann.open()
    expect(state(ann)).to_contain_text("Your answers are set aside")


def test_the_owners_question_and_what_the_arm_does_arrive_live(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    expect(page.locator("#question")).to_have_text(
        "In which one is the tool closer to the red ball, over the whole clip?"
    )
    place.store.board.set_setting("question", "Which one looks <b>calmer</b>?")
    expect(page.locator("#question")).to_have_text("Which one looks <b>calmer</b>?")
    for phase, words in (("fitting", "Learning from your answers"), ("waiting", "waiting for you")):
        place.tell(phase, success=0.7)
        expect(page.locator("#arm-text")).to_contain_text(words)
    expect(page.locator("#success-short")).to_have_text("")
    place.store.board.set_setting("question", "")
    expect(page.locator("#success-short")).to_have_text("70 % success")


def test_the_owner_ends_the_run(meet: Any, place: Any, restart: Any) -> None:
    """The last test of this file: the server is gone afterwards."""
    from playwright.sync_api import expect

    place.store.board.set_setting("labels", max(1, place.store.counts().asked))
    owner = meet(questions=0, role="owner")
    place.tell("done", success=0.97, waits=True)
    page = owner.open()
    page.get_by_role("button", name="Finish").click()
    for _ in range(100):
        if place.store.board.settings().finished:
            break
        page.wait_for_timeout(50)
    assert place.store.board.settings().finished
    expect(state(owner)).to_contain_text("The arm can do it")
    with restart(place):
        expect(state(owner)).to_contain_text("Finished")
        expect(state(owner).locator("code")).to_have_text(f"armchair play {place.path}")
