from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from armchair.store.store import Store
from armchair.web.dashboard import source


@pytest.fixture
def classic(own: Any) -> Iterator[AppTest]:
    """The page on the filled store, in which one question waits, as dora sees it."""
    script = (
        "from pathlib import Path\n"
        "from armchair.web.dashboard import classic, source\n"
        f"where = Path({str(own.store)!r})\n"
        "if source._Shown.where != where:\n"
        f"    source.use(where, Path({str(own.run)!r}))\n"
        "classic.show(source.current(), 'dora')\n"
    )
    source.close()
    with Store.open(own.store) as store:
        store.board.set_setting("repeat_share", 0.0)
    yield AppTest.from_string(script, default_timeout=120).run()
    source.close()


def store() -> Store:
    return source.current().store


def test_answer_and_undo(classic: AppTest) -> None:
    assert not classic.exception and classic.header[0].value == r"Which one gets closer?"
    assert [button.key for button in classic.button] == [
        "left",
        "right",
        "tie",
        "both_bad",
        "cant_tell",
        "undo",
    ]
    assert "dora: 0 answered" in classic.caption[-1].value and "1 waiting" in classic.caption[-1].value
    (held,) = store().held("dora")
    made = classic.session_state["answer"]
    classic.button(key="left").click().run()
    (record,) = store().history("dora")
    answer = record.answer
    assert (answer.id, answer.question, answer.page) == (made, held.id, "classic")
    assert answer.choice == ("right" if answer.swapped else "left") and answer.seconds > 0
    assert "Nothing to answer now" in classic.info[0].value
    assert "dora: 1 answered" in classic.caption[-1].value
    classic.button(key="undo").click().run()
    assert not classic.exception and not store().history("dora")
    assert store().held("dora") == [held] and classic.button(key="left")


@pytest.mark.parametrize("choice", ["tie", "both_bad", "cant_tell"])
def test_answers_without_a_side_are_stored_as_they_are(classic: AppTest, choice: str) -> None:
    classic.button(key=choice).click().run()
    assert store().history("dora")[0].answer.choice == choice


def test_what_is_shown_exchanged_is_stored_as_meant(classic: AppTest) -> None:
    """Until both have come: an answer whose id begins with an odd digit is shown exchanged."""
    seen: set[bool] = set()
    for _ in range(40):
        odd = int(classic.session_state["answer"][0], 16) % 2 == 1
        classic.button(key="left").click().run()
        answer = store().history("dora")[0].answer
        assert answer.swapped == odd and answer.choice == ("right" if odd else "left")
        classic.button(key="undo").click().run()
        seen.add(odd)
        if seen == {True, False}:
            return
    raise AssertionError("the sides were never exchanged")


def test_someone_else_was_faster(classic: AppTest) -> None:
    (held,) = store().held("dora")
    store().release("dora", [held.id])
    assert store().claim("emil")
    classic.button(key="left").click().run()
    assert "Not saved" in classic.warning[0].value and not store().history("dora")
    assert "Nothing to answer now" in classic.info[0].value


def test_paused_and_enough(classic: AppTest) -> None:
    board = store().board
    store().release("dora", [question.id for question in store().held("dora")])
    board.set_setting("paused", True)
    assert "Paused" in classic.run().info[0].value
    board.set_setting("paused", False)
    board.set_setting("labels", 96)
    assert "All 96 answers" in classic.run().info[0].value
    board.set_setting("labels", 97)
    assert classic.run().button(key="left")


def test_nobody_answers_without_a_session(own: Any) -> None:
    script = "from armchair.web.dashboard import classic\nclassic.show_page()\n"
    source.use(own.store, own.run, cookie="armchair_session_1")
    page = AppTest.from_string(script, default_timeout=120).run()
    assert "Log in first" in page.error[0].value and not page.button
    source.close()
