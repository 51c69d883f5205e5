"""The page "Wishes": there for runs that have some, and a choice made on it is the run's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import armchair.web.dashboard
from armchair.agents.choosing import weights_of
from armchair.agents.ppo import PPOConfig, make_agent
from armchair.agents.saved import PolicyInfo, save_policy
from armchair.maths import generator
from armchair.runs.curve import read_curve, write_curve
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_lock
from armchair.web.dashboard.views.wishes import there

Page = Callable[[str], AppTest]
FOLDER = Path(armchair.web.dashboard.__file__).parent
INFO = PolicyInfo("reach", "mujoco", "joint", 3, 2, (8,), 4096)


@pytest.fixture
def lift(own: Any, give_wishes: Callable[..., None]) -> RunDir:
    """The run that is shown has two wishes, both at 0.6."""
    run = RunDir.open(own.run)
    save_policy(run, make_agent(3, 2, PPOConfig(hidden=(8,)), generator(0)), INFO)
    give_wishes(run, ("carry_high", "smooth"))
    return run


def figures(page: AppTest) -> list[tuple[str, str]]:
    return [(metric.label, metric.value) for metric in page.metric]


def test_a_run_without_wishes_has_no_such_page(own: Any, page: Page) -> None:
    assert not there()
    assert "has no wishes" in page("wishes").info[0].value


def test_of_a_store_without_a_folder_nothing_is_known(empty: Path, page: Page) -> None:
    assert not there()
    assert "has no wishes" in page("wishes").info[0].value


def test_the_dashboard_has_the_page_where_there_are_wishes(lift: RunDir) -> None:
    assert there()
    drawn = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=120).run()
    assert not drawn.exception


def test_figures_and_charts_follow_the_slider(lift: RunDir, page: Page) -> None:
    drawn = page("wishes")
    assert [(slider.label.replace("\\", ""), slider.value) for slider in drawn.slider] == [
        ("How much: carry high", 0.6),
        ("How much: smooth", 0.6),
    ]
    assert figures(drawn)[:3] == [
        ("Task done", "90%"),
        ("True success", "–"),
        ("Of what the wish can bring", "77%"),
    ]
    assert drawn.button(key="use").disabled
    drawn.slider(key="weight carry_high").set_value(1.0).run()
    assert not drawn.exception
    assert figures(drawn)[0] == ("Task done", "50%") and figures(drawn)[2][1] == "100%"
    assert not drawn.button(key="use").disabled
    assert weights_of(lift) == {"carry_high": 0.6, "smooth": 0.6}
    specs = [json.loads(chart.proto.spec) for chart in drawn.get("vega_lite_chart")]
    assert len(specs) == 4
    for spec in specs:
        line, ring, dot = spec["layer"]
        assert line["encoding"]["x"]["title"] and line["encoding"]["y"]["title"] == "share of tries"
        assert (ring["mark"]["filled"], dot["mark"]["filled"]) == (False, True)
    assert len(drawn.dataframe[0].value) == 7


def test_use_this_keeps_it(lift: RunDir, page: Page) -> None:
    drawn = page("wishes")
    drawn.slider(key="weight smooth").set_value(0.25).run()
    drawn.button(key="use").click().run()
    assert not drawn.exception and not drawn.error
    assert weights_of(lift) == {"carry_high": 0.6, "smooth": 0.25}
    curve = read_curve(lift)
    assert curve is not None and curve.chosen == (0.6, 0.25)
    assert drawn.button(key="use").disabled and "smooth 0.25" in str(drawn.markdown[0].value).replace(
        "\\", ""
    )


def test_while_a_trainer_is_at_work_it_says_why_not(lift: RunDir, page: Page) -> None:
    drawn = page("wishes")
    drawn.slider(key="weight smooth").set_value(0.25).run()
    with trainer_lock(lift):
        drawn.button(key="use").click().run()
    assert "is being trained already" in drawn.error[0].value.replace("\\", "")
    assert weights_of(lift)["smooth"] == 0.6


def test_without_a_curve_there_are_the_sliders(lift: RunDir, page: Page) -> None:
    (lift.path / "curve.json").unlink()
    drawn = page("wishes")
    assert "No curve yet" in drawn.info[0].value and len(drawn.slider) == 2
    drawn.slider(key="weight smooth").set_value(0.0).run()
    drawn.button(key="use").click().run()
    assert weights_of(lift)["smooth"] == 0.0


def test_true_success_is_shown_where_it_is_known(lift: RunDir, page: Page) -> None:
    curve = read_curve(lift)
    assert curve is not None
    rows = tuple(row._replace(success=0.5 * row.done) for row in curve.rows)
    asked = ("Which one **carries** it?", curve.questions[1])
    write_curve(lift, curve._replace(rows=rows, questions=asked))
    drawn = page("wishes")
    assert figures(drawn)[1] == ("True success", "45%")
    assert any(markdown.value == r"Which one \*\*carries\*\* it?" for markdown in drawn.markdown)
