from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from armchair.store.store import Store
from armchair.web.dashboard import source
from armchair.web.dashboard.metrics import MOST, Latest, alarm_of, latest, metrics_table, thinned
from armchair.web.dashboard.views.training import approval, gain

Page = Callable[[str], AppTest]


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]


def test_numbers_of_the_filled_store(looked_at: Any, page: Page) -> None:
    shown = figures(page("training"))
    assert shown["Success, last evaluation"] == "90%"  # 45 / 50
    assert (
        shown["Answers"] == "96 of 120"
    )  # 30 questions by three and 6 of progress; repeats are not asked anew
    assert shown["Reward model is right"] == "90%"  # 0.6 + 45 / 150
    assert shown["Environment steps a second"] == "1,024"  # 2048 in two seconds


def test_another_wish_than_the_tasks_has_none_of_its_success(own: Any, page: Page) -> None:
    board = source.current().store.board
    status = board.status()
    assert status is not None
    board.set_status({**status.value, "question": "Which one gets closer?"})
    board.set_setting("question", "Which one gets closer?")
    assert figures(page("training"))["Success, last evaluation"] == "90%"
    board.set_setting("question", "Which one is calmer?")
    shown = page("training")
    assert figures(shown)["Success, last evaluation"] != "90%"
    assert "eval_success" not in json.dumps(charts(shown)) and "eval_return" not in json.dumps(charts(shown))
    assert figures(shown)["Reward model is right"] == "90%"


def test_what_has_not_changed_has_no_arrow() -> None:
    assert gain(Latest(0.914, 0.911)) is None
    assert gain(Latest(0.9, 0.2)) == "+70 points since the first"
    assert gain(Latest(0.2, 0.9)) == "-70 points since the first"
    assert gain(Latest(float("nan"), 0.9)) is None


def test_state_of_the_trainer(own: Any, page: Page) -> None:
    board = source.current().store.board
    status = board.status()
    assert status is not None
    board.set_status(status.value)
    drawn = page("training")
    assert not drawn.warning
    assert re.search(r"\*\*Practising\*\* · reach · update 45 of 45 · updated \d+ s ago", markdown(drawn))
    board.set_status({**status.value, "phase": "done"})
    assert "**Done**" in markdown(page("training"))
    board.set_status({**status.value, "phase": "stopped"})
    assert "armchair resume RUN" in page("training").warning[0].value


def test_a_trainer_that_is_gone(looked_at: Any, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armchair.web.dashboard.views.training.STALE", -1.0)
    assert "The trainer seems to be gone" in page("training").warning[0].value


def markdown(page: AppTest) -> str:
    return "\n".join(element.value for element in page.markdown)


def test_every_chart_has_titled_axes(looked_at: Any, page: Page) -> None:
    drawn = charts(page("training"))
    assert len(drawn) == 9
    for spec in drawn:
        for layer in spec.get("layer", [spec])[:1]:
            assert layer["encoding"]["x"]["title"] and layer["encoding"]["y"]["title"]


def test_the_ceiling_is_what_runs_beside_reached(looked_at: Any, page: Page) -> None:
    drawn = page("training")
    assert any("strokeDash" in layer["mark"] for layer in charts(drawn)[0]["layer"])
    assert "taught by the task's own reward: 95%" in texts(drawn)


def texts(page: AppTest) -> str:
    """What is in the data of all charts."""
    raw = b"".join(data.data.data for chart in page.get("vega_lite_chart") for data in chart.proto.datasets)
    return raw.decode("latin-1")


def test_other_axes(looked_at: Any, page: Page) -> None:
    drawn = page("training")
    drawn.button_group(key="axis").set_value("minutes").run()
    assert not drawn.exception
    assert charts(drawn)[0]["layer"][0]["encoding"]["x"]["title"] == "minutes since the beginning"


def test_nothing_yet(empty: Path, page: Page) -> None:
    drawn = page("training")
    assert "armchair teach TASK" in drawn.warning[0].value
    assert "No metrics yet" in drawn.info[0].value


def test_metrics_of_a_run_without_any_in_its_store(own: Any, page: Page) -> None:
    assert source.current().store.board.cut_metrics(-1) == 45
    assert figures(page("training"))["Success, last evaluation"] == "90%"  # of metrics.jsonl


def test_alarm_on_the_page(own: Any, page: Page) -> None:
    assert not page("training").error
    board = source.current().store.board
    for k in range(46, 90):
        line = {
            "env_steps": 2048 * k,
            "reward": 0.5 + 0.01 * (k - 45),
            "success": max(0.0, 1 - (k - 45) / 40),
        }
        board.log({**line, "updates": k, "answers": 90})
    (told,) = page("training").error
    assert "outwitted" in told.value and "success rate falls" in told.value


def test_approval_is_the_newer_clips_share(looked_at: Any) -> None:
    with Store.open(looked_at.store) as store:
        assert approval(store) == [(4000, 1), (5000, 1), (6000, 0), (7000, 1), (8000, 0.5), (9000, 1)]


def test_metrics_table_by_hand() -> None:
    lines = [{"env_steps": 100 * k, "created": 10.0 + k, "reward": 0.5, "answers": k} for k in range(1, 13)]
    lines[3] |= {"eval_success": 0.25}
    lines[8] |= {"eval_success": 0.75}
    table = metrics_table(lines)
    assert table["speed"].dropna().tolist() == [100, 100]  # known ten updates on
    assert table["minutes"].iloc[6] == pytest.approx(0.1)
    assert latest(table, "eval_success") == (0.75, 0.25)
    assert alarm_of(table) is None


def test_long_histories_are_thinned_but_keep_evaluations_and_the_end() -> None:
    lines = [{"env_steps": k, "reward": 0.5} for k in range(5001)]
    lines[7] |= {"eval_return": 1.0}
    kept = thinned(metrics_table(lines))
    assert len(kept) <= MOST + 2
    assert {7.0, 5000.0} <= set(kept["env_steps"])
