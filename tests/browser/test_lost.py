"""The network drops, the tab is closed, the server restarts: every answer is saved, and once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.browser


def test_answers_given_offline_are_kept_and_saved_once_when_the_network_is_back(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    ann.stocked()
    ann.context.set_offline(True)
    seen = ann.press("ArrowLeft", "ArrowRight", "ArrowDown")
    expect(page.locator("#saved")).to_have_text("Offline · 3 kept")
    expect(page.locator("#banner")).to_contain_text("You can go on")
    assert not ann.held()
    ann.context.set_offline(False)
    stored = ann.answers(3)
    assert [answer.question for answer in stored] == [shown["question"] for shown in seen]
    assert [answer.choice for answer in stored] == ["left", "right", "tie"]
    ann.settle()
    expect(page.locator("#banner")).to_be_hidden()


def test_an_answer_whose_receipt_was_lost_is_sent_again_and_counts_once(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    sent: list[str] = []

    def lose(route: Any) -> None:
        sent.append(route.request.post_data_json["id"])
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/answers", lose)
    ann.press("ArrowRight")
    (answer,) = ann.answers(1)
    ann.settle()
    assert sent == [answer.id] * 2
    assert len(ann.held()) == 1


def test_a_tab_closed_in_the_middle_of_sending_loses_nothing(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    stuck: list[Any] = []
    page.route("**/api/answers", lambda route: stuck.append(route))
    seen = ann.press("ArrowLeft", "ArrowRight")
    assert page.locator("#saved").inner_text() == "Saving 2"
    page.close(run_before_unload=False)
    assert not ann.held()
    ann.sit_down()
    assert [answer.question for answer in ann.answers(2)] == [shown["question"] for shown in seen]
    assert ann.shown["question"] not in {shown["question"] for shown in seen}
    ann.press("ArrowLeft")
    ann.answers(3)


def test_a_store_that_cannot_be_written_for_a_while_loses_nothing(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    full = {"error": "the disk is full", "code": "store"}
    page.route("**/api/answers", lambda route: route.fulfill(status=503, json=full))
    (shown,) = ann.press("ArrowLeft")
    expect(page.locator("#saved")).to_have_text("Offline · 1 kept")
    page.unroute("**/api/answers")
    (answer,) = ann.answers(1)
    assert answer.question == shown["question"]


def test_a_session_that_ended_keeps_the_answer_until_the_person_is_back(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    (cookie,) = ann.context.cookies()
    with httpx.Client(cookies={cookie["name"]: cookie["value"]}, headers={"X-Armchair": "1"}) as elsewhere:
        assert elsewhere.post(f"{place.origin}/api/logout").status_code == 204
    (shown,) = ann.press("ArrowLeft")
    expect(page.locator("#state")).to_contain_text("Please sign in again")
    expect(page.locator("#saved")).to_have_text("Signed out · 1 kept")
    assert not ann.held()
    ann.token = place.store.people.invite(ann.name)
    ann.log_in()
    ann.sit_down()
    (answer,) = ann.answers(1)
    assert (answer.question, answer.choice) == (shown["question"], "left")


def test_a_server_that_is_started_again_gets_what_was_answered_meanwhile(
    meet: Any, place: Any, restart: Any
) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    ann.stocked()
    with restart(place):
        seen = ann.press("ArrowLeft", "ArrowDown")
        expect(page.locator("#saved")).to_have_text("Offline · 2 kept")
    stored = ann.answers(2)
    assert [answer.question for answer in stored] == [shown["question"] for shown in seen]
    ann.settle()
