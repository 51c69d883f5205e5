"""Who gets in, and several people at once."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_link_lets_one_browser_in_once(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    first, second = meet(), meet()
    first.context.clear_cookies()
    second.context.clear_cookies()
    token = place.store.people.invite("lena")
    page = first.open(f"/login#{token}")
    expect(page.locator("#stage[data-question], #state")).not_to_have_count(0)
    expect(page.locator("#who")).to_have_text("lena")
    assert token not in page.url
    page = second.open(f"/login#{token}")
    expect(page.locator("#card")).to_have_attribute("data-trouble", "true")
    assert page.locator("#token").is_visible()
    assert token not in page.url
    fresh = place.store.people.invite("mia")
    page.locator("#token").fill(f"{place.origin}/login#{fresh}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_have_text("mia")


@pytest.mark.parametrize("where", ["/login#wrong", "/", "/dashboard"])
def test_without_a_session_there_is_the_login_page_and_nothing_else(meet: Any, where: str) -> None:
    from playwright.sync_api import expect

    ann = meet()
    ann.context.clear_cookies()
    page = ann.open(where)
    expect(page.locator("#card")).to_be_visible()
    assert page.locator("#stage").count() == 0
    assert page.evaluate("fetch('/api/state').then((reply) => reply.status)") == 401


def test_signing_out_ends_the_session(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    page.locator("#open-menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#card")).to_be_visible()
    assert page.evaluate("fetch('/api/state').then((reply) => reply.status)") == 401


def test_two_people_at_once_never_get_the_same_pair(meet: Any, place: Any) -> None:
    ann, ben = meet(questions=0), meet(questions=0)
    place.ask(14, None)
    seen: dict[str, list[str]] = {ann.name: [], ben.name: []}
    ann.sit_down()
    ben.sit_down()
    for _ in range(4):
        for person in (ann, ben):
            person.page.bring_to_front()
            (shown,) = person.press("ArrowLeft")
            seen[person.name].append(shown["question"])
    for person in (ann, ben):
        assert sorted(answer.question for answer in person.answers(4)) == sorted(seen[person.name])
    assert not set(seen[ann.name]) & set(seen[ben.name])
    mine, theirs = ({question.id for question in place.store.held(person.name)} for person in (ann, ben))
    assert not mine & theirs


def test_pairs_that_a_closed_page_held_go_to_others(meet: Any, place: Any, until: Any) -> None:
    ann = meet(questions=0)
    (question,) = place.ask(1, None, priority=9.0)
    ann.sit_down()
    assert ann.shown["question"] == question.id
    ann.page.goto("about:blank")
    until(lambda: not place.store.held(ann.name))
    ben = meet(questions=0)
    ben.sit_down()
    assert ben.shown["question"] == question.id


def test_a_page_below_a_path_is_answered_like_any_other(meet: Any, below: Any) -> None:
    from playwright.sync_api import expect

    assert below.origin.endswith("/robot/arm")
    ann = meet(at=below)  # who asks for nothing beside the path: see `leave`
    page = ann.sit_down()
    (shown,) = ann.press("ArrowRight")
    (answer,) = ann.answers(1)
    assert (answer.question, answer.choice) == (shown["question"], "right")
    ann.settle()
    page.locator("#open-history").click()
    expect(page.locator("#history li")).to_have_count(1)
    page.reload()
    expect(page.locator("#stage[data-question][data-left]")).to_be_attached()
    assert ann.shown["question"] != shown["question"]
    assert any("/robot/arm/api/scene" in url for url in ann.asked)


def test_the_dashboard_is_for_the_owner_only(meet: Any) -> None:
    from playwright.sync_api import expect

    ann, olga = meet(), meet(role="owner")
    page = ann.sit_down()
    page.locator("#open-menu").click()
    expect(page.locator("#to-dashboard")).to_be_hidden()
    assert ann.context.request.get(f"{ann.place.origin}/dashboard/").status == 403
    page = olga.sit_down()
    page.locator("#open-menu").click()
    expect(page.get_by_role("link", name="Dashboard")).to_be_visible()


@pytest.mark.slow
def test_the_owner_walks_from_the_page_to_the_dashboard(meet: Any) -> None:
    from playwright.sync_api import expect

    olga = meet(role="owner")
    page = olga.sit_down()
    olga.press("ArrowLeft")
    olga.answers(1)
    page.locator("#open-menu").click()
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", name="Training")).to_be_visible(timeout=60_000)
