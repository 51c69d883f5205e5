from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

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


def test_nothing_to_compare(empty: Path, page: Page) -> None:
    assert "armchair compare TASK" in page("compare").info[0].value
