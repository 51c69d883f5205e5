from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from armchair.ids import new_id
from armchair.judging.figures import Seen, put
from armchair.store.store import Store
from armchair.web.dashboard import source
from armchair.web.dashboard.labelled import filtered, labelled

Page = Callable[[str], AppTest]


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def captions(page: AppTest) -> str:
    return "\n".join(element.value for element in page.caption)


def test_at_odds_by_hand(looked_at: Any) -> None:
    with Store.open(looked_at.store) as store:
        rows = labelled(store.records())
    known = [row for row in rows if row.record.answer.annotator in ("ann", "bob")]
    alone = labelled([row.record for row in known])  # without coin
    pair = {question.id: k for k, question in enumerate(looked_at.pairs)}

    def of(who: str, *, party: str) -> set[int]:
        chosen = (row.record for row in alone if party in row.at_odds and row.record.answer.annotator == who)
        return {pair[record.question.repeat_of or record.question.id] for record in chosen}

    assert of("ann", party="people") == {3, 5, 7, 11}  # in 11 bob changed his mind
    assert of("bob", party="people") == {3, 5, 7, 11}
    assert of("ann", party="self") == set()
    assert of("bob", party="self") == {11}
    assert of("ann", party="model") == {4}  # a tie and "can't tell" are not against it
    assert of("bob", party="model") == {3, 4, 7}


def test_filters(looked_at: Any) -> None:
    with Store.open(looked_at.store) as store:
        rows = labelled(store.records())
    assert len(filtered(rows)) == len(rows) == 102
    assert len(filtered(rows, annotators=["bob"])) == 32
    assert len(filtered(rows, choices=["tie", "cant_tell"])) == 3
    assert len(filtered(rows, annotators=["ann"], strategies=["progress", "repeat"])) == 10
    assert len(filtered(rows, annotators=["bob"], disagreement="self")) == 2


def test_the_table_and_its_filters_on_the_page(looked_at: Any, page: Page) -> None:
    drawn = page("labels")
    table = drawn.dataframe[0].value
    assert len(table) == 102 and "102 of 102 answers" in captions(drawn)
    assert list(table.iloc[0][["annotator", "answer", "pair chosen by"]]) == ["ann", "Right", "progress"]
    drawn.multiselect(key="annotators").set_value(["bob"]).run()
    drawn.selectbox(key="disagreement").set_value("model").run()
    assert not drawn.exception
    assert drawn.dataframe[0].value["answer"].tolist() == ["Left", "Left", "Left"]  # k = 7, 4 and 3
    drawn.multiselect(key="choices").set_value(["tie"]).run()
    assert "No answer passes these filters" in drawn.info[0].value


def test_the_chosen_answer_is_drawn_with_its_facts(looked_at: Any, page: Page) -> None:
    drawn = page("labels")
    facts = captions(drawn)
    assert "policy in the clips: step 1,000 (left), 9,000 (right)" in facts
    assert "time to answer: 2.0 s" in facts and "sides on the screen: as they are" in facts
    assert drawn.get("vega_lite_chart")


def test_agreement_by_hand(looked_at: Any, page: Page) -> None:
    shown = figures(page("labels"))
    assert shown["Same answer to a repeat"] == "83% of 6"  # bob's second one is not
    with Store.open(looked_at.store) as store:
        sides = [record.answer.choice for record in store.records()]
    left, right = sides.count("left"), sides.count("right")
    assert shown["Chose what was shown left"] == f"{left / (left + right):.0%} of {left + right}"
    assert shown["Seconds per answer, median"] == "2.0"


def test_whoever_answers_at_random_is_found_excluded_and_included_again(own: Any, page: Page) -> None:
    drawn = page("labels")
    table = drawn.dataframe[1].value.set_index("annotator")
    assert table["remarks"].to_dict() == {"ann": "", "bob": "", "coin": "at random"}
    assert (
        table.loc["ann", "same to repeats"] == "100% of 4"
        and table.loc["bob", "same to repeats"] == "50% of 2"
    )
    before = source.current().store.position()
    drawn.button(key="exclude coin").click().run()
    assert not drawn.exception
    store = source.current().store
    assert store.position() > before  # so that the trainer fits anew
    assert {record.answer.annotator for record in store.records()} == {"ann", "bob"}
    assert drawn.dataframe[1].value.set_index("annotator").loc["coin", "excluded"]
    # 29 pairs, 3 of them apart; 32 values left, 25 right, 1 tie: 1 - 57 * 6 / (58² - 32² - 25² - 1)
    assert figures(drawn)["Agreement (Krippendorff's α)"] == "0.80"
    assert drawn.button(key="exclude coin").label == "Include coin"
    drawn.button(key="exclude coin").click().run()
    assert len(store.records()) == 102


def test_new_answers_are_offered_and_do_not_move_the_rows(looked_at: Any, page: Page) -> None:
    assert not [button for button in page("labels").button if button.key == "fresh"]
    script = (
        "from armchair.web.dashboard.views import labels; from armchair.web.dashboard import source\n"
        "store = source.current().store\n"
        "labels._fresh(store, store.position() - 1)\n"
    )
    later = AppTest.from_string(script).run()
    assert later.button(key="fresh").label == "There are new answers: show them"


def test_no_answers(empty: Path, page: Page) -> None:
    assert "No answers yet" in page("labels").info[0].value


def test_a_model_that_judges_is_shown_beside_people(own: Any, page: Page) -> None:
    with Store.open(own.store) as store:
        assert not [table for table in page("labels").dataframe if "tokens" in table.value]
        known = {r.question.id: r.answer.choice for r in store.history("ann") if r.question.repeat_of is None}
        sides = [(name, side) for name, side in known.items() if side in ("left", "right")]
        judged = [Seen(name, "first", "second", side, "audit", 100) for name, side in sides]
        judged += [Seen(new_id(), "first", "first", None, "orders differ", 100) for _ in range(3)]
        put(store.board, "*eyes*", judged)
        asked = {name for name, _ in sides}
        said = [r.answer.choice == known[r.question.id] for r in store.records() if r.question.id in asked
                and r.answer.choice in ("left", "right")]  # fmt: skip
    drawn = page("labels")
    (table,) = [table.value for table in drawn.dataframe if "tokens" in table.value]
    row = table.set_index("model").loc["*eyes*"]
    assert (row["judged"], row["answered"], row["tokens"]) == (len(judged), 0, 100 * len(judged))
    assert (row["flips"], row["to the first"]) == (f"{3 / len(judged):.0%} of {len(judged)}", "100% of 3")
    assert row["agrees, audit"] == f"{sum(said) / len(said):.0%} of {len(said)}"
    assert "\\*eyes\\* left to people: " in captions(drawn)


def test_what_others_left_on_the_board_does_no_harm(own: Any, page: Page) -> None:
    with Store.open(own.store) as store:
        for k, data in enumerate((b"[]", b"{", b'{"name": 1}', b'{"name": "x", "rows": [[1, 2]]}')):
            store.board.put_asset(f"judge {k}", data, "application/json")
    drawn = page("labels")
    assert not drawn.exception and not [table for table in drawn.dataframe if "tokens" in table.value]


def test_who_was_invited_and_has_not_come_is_listed(looked_at: Any, page: Page) -> None:
    with Store.open(looked_at.store) as store:
        store.people.invite("zoe")
        store.people.invite("ann")  # has been here
        assert [person.name for person in store.people.invited()] == ["ann", "zoe"], "links that still let in"
    tables = [table.value for table in page("labels").dataframe]
    (found,) = [table for table in tables if "state" in table]
    assert found[["annotator", "state"]].to_numpy().tolist() == [["zoe", "invited, not here yet"]]
