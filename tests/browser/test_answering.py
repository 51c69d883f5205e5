"""Answering as people do, with keys and mouse; what the page shows and what the store then holds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

import armchair
from armchair.ids import new_id
from armchair.types import Question

pytestmark = pytest.mark.browser


def test_every_key_is_its_own_answer_about_the_pair_on_the_screen(meet: Any, place: Any) -> None:
    ann = meet()
    ann.sit_down()
    seen = ann.press("ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", "b")
    stored = ann.answers(5)
    assert [answer.choice for answer in stored] == ["left", "right", "tie", "cant_tell", "both_bad"]
    for answer, shown in zip(stored, seen, strict=True):
        question = place.store.question(answer.question)
        assert (question.id, question.left, question.right) == (
            shown["question"],
            shown["left"],
            shown["right"],
        )
        assert answer.seconds > 0 and not answer.swapped and answer.page == armchair.__version__
    assert len({answer.question for answer in stored}) == 5
    assert ann.shown["question"] not in {answer.question for answer in stored}


def test_mouse_answers_by_button_and_by_clip_and_dragging_only_turns_the_view(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    page.get_by_role("button", name="Right is better").click()
    ann.answers(1)
    page.locator("#pane-left").click()
    assert [answer.choice for answer in ann.answers(2)] == ["right", "left"]
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    before, shown = ann.picture("left"), ann.shown
    box = page.locator("#pane-left").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 90, middle[1] + 30, steps=4)
    page.mouse.up()
    page.mouse.move(2, 2)
    ann.drawn()
    assert ann.shown == shown
    assert np.abs(ann.picture("left").astype(int) - before).mean() > 2.0
    assert len(ann.held()) == 2


def test_strength_comes_from_keys_shift_and_buttons_and_only_where_a_side_was_chosen(meet: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    ann.press("1", "ArrowLeft", "Shift+ArrowRight", "3", "ArrowDown", "ArrowLeft")
    page.get_by_role("button", name="much").click()
    assert page.get_by_role("button", name="much").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Left is better").click()
    assert page.get_by_role("button", name="much").get_attribute("aria-pressed") == "false"
    told = [(answer.choice, answer.strength) for answer in ann.answers(5)]
    assert told == [("left", 0.5), ("right", 2.0), ("tie", 1.0), ("left", 1.0), ("left", 2.0)]


def test_after_swapping_the_sides_the_answer_still_speaks_of_the_questions_own(meet: Any, place: Any) -> None:
    ann = meet()
    page = ann.sit_down()
    (before,) = ann.press("x")
    assert (ann.shown["left"], ann.shown["right"]) == (before["right"], before["left"])
    assert page.locator("#swap").get_attribute("aria-pressed") == "true"
    ann.press("ArrowLeft")
    assert page.locator("#swap").get_attribute("aria-pressed") == "false"
    ann.press("x", "x", "ArrowLeft")
    first, second = ann.answers(2)
    assert (first.choice, first.swapped) == ("right", True)
    assert place.store.question(first.question).right == before["right"]
    assert (second.choice, second.swapped) == ("left", False)


def test_answers_are_undone_one_by_one_and_given_anew(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    seen = ann.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    ann.answers(3)
    for shown, left in zip(reversed(seen), (2, 1, 0), strict=True):
        ann.press("z")
        expect(page.locator("#stage")).to_have_attribute("data-question", shown["question"])
        assert len(ann.held()) == left
    page.locator("#undo").click()
    expect(page.locator("#toast")).to_have_text("There is nothing to undo.")
    again = ann.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert [shown["question"] for shown in again] == [shown["question"] for shown in seen]
    assert [answer.choice for answer in ann.answers(3)] == ["right"] * 3


def test_an_old_answer_is_looked_at_and_flipped_in_the_history(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    seen = ann.press("ArrowLeft", "ArrowDown", "ArrowRight")
    ann.answers(3)
    waiting = ann.shown
    page.keyboard.press("h")
    rows = page.locator("#history-rows li")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Right")
    page.locator("#history-filter").select_option("left")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button", name="Look").click()
    expect(page.locator("#stage")).to_have_attribute("data-left", seen[0]["left"])
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Flip this answer").click()
    expect(page.locator("#banner")).to_contain_text("You answered: right")
    page.keyboard.press("Escape")
    expect(page.locator("#stage")).to_have_attribute("data-left", waiting["left"])
    chosen = {answer.question: answer.choice for answer in ann.answers(3)}
    assert chosen == {
        shown["question"]: choice for shown, choice in zip(seen, ("right", "tie", "right"), strict=True)
    }


def test_a_skipped_pair_goes_back_and_comes_last(meet: Any, place: Any) -> None:
    from playwright.sync_api import expect

    ann = meet(questions=3)
    page = ann.sit_down()
    (skipped,) = ann.press("s")
    assert ann.shown["question"] != skipped["question"]
    seen = ann.press("ArrowLeft", "ArrowLeft")
    assert skipped["question"] not in {shown["question"] for shown in seen}
    expect(page.locator("#stage")).to_have_attribute("data-question", skipped["question"])
    assert {answer.question for answer in ann.answers(2)} == {shown["question"] for shown in seen}


@pytest.mark.slow
def test_pausing_stepping_scrubbing_and_the_ghost_change_the_picture(meet: Any) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    scrub = page.locator("#scrub")
    page.keyboard.press("Space")
    expect(page.locator("#pause-text")).to_have_text("Play")
    scrub.fill("9")
    ann.press(".", ".", ".")
    expect(scrub).to_have_value("12")
    ann.press(",")
    expect(scrub).to_have_value("11")
    expect(page.locator("#time")).to_have_text("0.6 / 1.6 s")
    scrub.fill("4")
    early = ann.picture("left")
    scrub.fill("28")
    late, right = ann.picture("left"), ann.picture("right")
    assert np.abs(late.astype(int) - early).mean() > 0.3
    page.keyboard.press("g")
    assert page.locator("#ghost").get_attribute("aria-pressed") == "true"
    assert np.abs(ann.picture("left").astype(int) - late).mean() > 0.3, (
        "the right clip lies over the left one"
    )
    assert np.array_equal(ann.picture("right"), right)
    page.keyboard.press("g")
    scrub.fill("4")
    assert np.array_equal(ann.picture("left"), early)
    page.get_by_role("button", name="¼×").click()
    page.keyboard.press("Space")
    expect(page.locator("#pause-text")).to_have_text("Pause")
    assert not ann.held(), "looking is not answering"


@pytest.mark.slow
def test_both_clips_show_the_same_moment(meet: Any, place: Any, until: Any) -> None:
    """The same clip twice, under two names: at any moment both sides are the same picture."""
    ann = meet(questions=0, lively=True)
    clip = place.clips[-1]
    twin = clip._replace(id=new_id())
    question = Question(new_id(), clip.id, twin.id, "uniform", 1000, None, None, ann.name)
    place.store.ask([question], [twin])
    page = ann.sit_down()
    page.mouse.move(2, 2)
    steps: set[str] = set()
    for _ in range(4):
        until(lambda: page.locator("#scrub").input_value() not in steps)  # the clips play
        steps.add(page.locator("#scrub").input_value())
        assert difference_of_sides(ann) < 0.5
    page.keyboard.press("ArrowLeft")
    place.ask(1, ann.name)
    page.locator(f"#stage:not([data-question='{question.id}'])[data-question]").wait_for()
    assert difference_of_sides(ann) > 1.0, "the measure sees what differs"


def difference_of_sides(ann: Any) -> float:
    """Between the two clips in one screenshot, where they lie best over each other."""
    box = ann.page.locator("#surface").bounding_box()
    shot = Image.open(io.BytesIO(ann.page.screenshot(clip=box))).convert("L")
    seen = np.asarray(shot).astype(int)[100:-30]
    half = seen.shape[1] // 2
    left, right = seen[:, 40 : half - 40], seen[:, half:]
    wide = left.shape[1]
    return min(float(np.abs(left - right[:, at : at + wide]).mean()) for at in range(37, 44))


def test_what_the_model_had_guessed_is_told_after_the_answer_and_only_where_wished(
    meet: Any, place: Any
) -> None:
    from playwright.sync_api import expect

    ann = meet()
    page = ann.sit_down()
    ann.press("ArrowLeft")
    ann.answers(1)
    ann.settle()
    expect(page.get_by_text("model expected")).to_have_count(0)
    place.store.board.set_setting("show_guess", True)
    try:
        ann.press("ArrowLeft")
        expect(page.locator("#toast")).to_have_text("You: left. The model expected right, 80 %")
    finally:
        place.store.board.set_setting("show_guess", False)
