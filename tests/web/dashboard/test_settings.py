from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from armchair.web.dashboard import source
from armchair.web.dashboard.views.settings import answers_as_lines

Page = Callable[[str], AppTest]


def test_pause_and_resume(empty: Path, page: Page) -> None:
    drawn, board = page("settings"), source.current().store.board
    drawn.button(key="pause").click().run()
    assert board.settings().paused and "Paused" in drawn.warning[0].value
    drawn.button(key="resume").click().run()
    assert not board.settings().paused and not drawn.warning


def test_what_is_asked(empty: Path, page: Page) -> None:
    drawn, board = page("settings"), source.current().store.board
    drawn.text_input[0].set_value("  Which one is gentler? ")
    drawn.number_input[0].set_value(250)
    drawn.number_input[1].set_value(3)
    drawn.slider[0].set_value(10)
    drawn.button(key="save").click().run()
    assert not drawn.exception and not drawn.error
    settings = board.settings()
    assert (settings.question, settings.labels) == ("Which one is gentler?", 250)
    assert (settings.overlap, settings.repeat_share) == (3, 0.1)


def test_switches_are_stored_at_once(empty: Path, page: Page) -> None:
    drawn, board = page("settings"), source.current().store.board
    drawn.toggle(key="show_guess").set_value(True).run()
    drawn.toggle(key="show_success").set_value(False).run()
    settings = board.settings()
    assert (settings.show_guess, settings.show_success, settings.strengths) == (True, False, True)


def test_a_wish_is_weighed_where_its_slider_is_moved_alone(empty: Path, page: Page) -> None:
    store = source.current().store
    assert not any("wish" in str(one.key) for one in page("settings").slider)
    for name in ("high", "soft"):
        store.add_wish(name, f"Which one is more {name}?")
    drawn = page("settings")
    assert [wish.weight for wish in store.wishes()] == [None, None]
    drawn.slider(key="wish high").set_value(0.4).run()
    assert not drawn.exception
    assert {wish.name: wish.weight for wish in store.wishes()} == {"high": 0.4, "soft": None}
    assert [one.value for one in drawn.caption].count("Left open: the trainer chooses.") == 1


def test_an_invitation_is_shown_once_and_works_once(empty: Path, page: Page) -> None:
    drawn, people = page("settings"), source.current().store.people
    next(field for field in drawn.text_input if "Name" in field.label).set_value("carla")
    drawn.button(key="make_link").click().run()
    found = re.search(r"/login#(\S+)", drawn.code[0].value)
    assert found is not None and "carla" in drawn.caption[0].value
    drawn.run()
    assert "/login#" not in "".join(code.value for code in drawn.code)
    session = people.redeem(found[1])
    assert session is not None and (session.annotator, session.role) == ("carla", "annotator")
    assert people.redeem(found[1]) is None


def test_an_invitation_without_a_name_says_what_is_wrong(empty: Path, page: Page) -> None:
    drawn = page("settings")
    drawn.button(key="make_link").click().run()
    assert "name" in drawn.error[0].value and "/login#" not in "".join(code.value for code in drawn.code)


def test_people_and_export(looked_at: Any, page: Page) -> None:
    drawn = page("settings")
    assert drawn.dataframe[0].value.set_index("name")["answers"].to_dict() == {
        "ann": 40,
        "bob": 32,
        "coin": 30,
    }
    lines = answers_as_lines(source.current().store).splitlines()
    assert len(lines) == 102
    first = json.loads(lines[0])
    assert (first["annotator"], first["choice"], first["question"]) == ("ann", "left", looked_at.pairs[0].id)
    assert f"armchair export {looked_at.run}" in drawn.code[0].value


def test_people_are_signed_out_and_links_withdrawn(empty: Path, page: Page) -> None:
    drawn, people = page("settings"), source.current().store.people
    session = people.redeem(people.invite("zoe"))
    link = people.invite("yan", "owner")
    drawn.run()
    table = drawn.dataframe[1].value.set_index("name")
    assert table.loc["zoe"].tolist() == ["annotator", 1, 0]
    assert table.loc["yan"].tolist() == ["owner", 0, 1]
    drawn.button(key="out zoe").click().run()
    drawn.button(key="withdraw yan").click().run()
    assert not drawn.exception and session is not None
    assert people.session(session.token) is None and people.redeem(link) is None
