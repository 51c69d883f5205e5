from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from armchair.runs.folder import RunDir
from armchair.store.store import Store

Page = Callable[[str], AppTest]


def test_runs_beside_each_other(looked_at: Any, page: Page) -> None:
    drawn = page("compare")
    table = drawn.dataframe[0].value.set_index("learnt from")
    assert table["at the end"].to_dict() == {
        "people": "90.0%",
        "teacher oracle": "76.0%",
        "the task's own reward": "95.0%",
    }
    assert table["95 % interval"].to_dict() == {
        "people": "–",
        "teacher oracle": "25.2% to 100.0%",  # of 72 % and 80 %: ± 12.7 times 4
        "the task's own reward": "31.5% to 100.0%",
    }
    assert table["at 90 % or more"].to_dict() == {
        "people": "1 of 1 (21% to 100%)",
        "teacher oracle": "0 of 2 (0% to 66%)",
        "the task's own reward": "2 of 2 (34% to 100%)",
    }
    assert table.loc["people", "answers"] == 90 and len(drawn.get("vega_lite_chart")) == 2


def test_choosing_what_to_compare(looked_at: Any, page: Page) -> None:
    drawn = page("compare")
    drawn.multiselect(key="learned_from").set_value(["teacher oracle"]).run()
    assert drawn.dataframe[0].value["learnt from"].tolist() == ["teacher oracle"]
    drawn.selectbox(key="measure").set_value("true return").run()
    assert "None of the runs chosen tells this measure" in drawn.info[0].value
    drawn.multiselect(key="learned_from").set_value(["people"]).run()
    assert drawn.dataframe[0].value["at the end"].tolist() == ["-11"]  # -20 + 45 / 5


def test_another_wish_is_a_group_of_its_own_and_not_chosen_at_first(own: Any, page: Page) -> None:
    folder = RunDir.create(own.run.parent, "reach", {"task": "reach", "teacher": {"name": "people"}})
    folder.log({"env_steps": 1, "answers": 5, "eval_success": 0.0})
    with Store.open(folder.store_file) as store:
        store.board.set_status({"question": "Which one comes nearer?"})
        store.board.set_setting("question", "Which one lands softly?")
    drawn = page("compare")
    assert drawn.dataframe[0].value.set_index("learnt from").loc["people", "at the end"] == "90.0%"
    wish = 'people, asked "Which one lands softly?"'
    assert wish in drawn.multiselect(key="learned_from").options
    assert wish not in drawn.multiselect(key="learned_from").value
    assert any("say nothing of such a wish" in caption.value for caption in drawn.caption)


def test_nothing_to_compare(empty: Path, page: Page) -> None:
    assert "armchair compare TASK" in page("compare").info[0].value
