"""Curves, figures and bands of a comparison, by hand; a trained curve is what its metrics say."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from armchair.agents.presets import preset
from armchair.agents.saved import load_policy
from armchair.config.read import load_config, with_flags
from armchair.errors import InvalidInput, RunError
from armchair.reports.curves import (
    Curve,
    Group,
    Point,
    band,
    count_evaluations,
    curve_of,
    figures,
    train_with_curve,
)
from armchair.reports.plots import draw_comparison
from armchair.runs.folder import RunDir


def curve(seed: int, *points: tuple[int, int, float]) -> Curve:
    return Curve(seed, tuple(Point(*point) for point in points))


def test_a_band_is_read_off_between_evaluations_and_stays_after_the_last_one() -> None:
    group = Group("x", (curve(0, (10, 0, 0.0), (30, 0, 1.0)), curve(1, (20, 0, 0.0), (40, 0, 0.5))))
    found = band(group, "env_steps")
    assert found.x == [20, 30, 40]  # from where both have begun
    assert found.mean == pytest.approx([0.25, 0.625, 0.75])  # (½ + 0)/2, (1 + ¼)/2, (1 + ½)/2
    assert (found.low[1], found.high[1]) == (0.0, 1.0)  # two runs that far apart say nothing: ± 12.7 · 0.375
    assert math.isnan(band(Group("x", group.curves[:1]), "env_steps").low[0]), "one run has no interval"


def test_along_the_answers_the_last_evaluation_of_each_number_counts() -> None:
    group = Group("x", (curve(0, (10, 4, 0.2), (20, 8, 0.3), (30, 8, 0.9)),))
    found = band(group, "answers")
    assert (found.x, found.mean) == ([4, 8], [0.2, 0.9])


def test_a_long_curve_is_thinned_but_keeps_its_end() -> None:
    group = Group("x", (curve(0, *((step, 0, 0.5) for step in range(1, 201))),))
    places = band(group, "env_steps").x
    assert len(places) <= 61 and (places[0], places[-1]) == (1, 200)


def test_figures_are_of_the_last_evaluations() -> None:
    ends = (0.0, 0.8, 0.9, 1.0)
    group = Group("x", tuple(curve(k, (5, 1, 0.4), (10 + k, 2, end)) for k, end in enumerate(ends)))
    found = figures(group)
    assert (found.seeds, found.worst, found.env_steps, found.answers) == (4, 0.0, 11.5, 2.0)
    assert found.success.value == pytest.approx(0.675)
    assert found.middle == pytest.approx(0.85)  # of 0.8 and 0.9
    # 0.675 ± 3.182 · 0.457 / 2
    assert found.success.low == 0.0 and found.success.high == 1.0
    assert (found.reached.runs, found.reached.of) == (2, 4)
    with pytest.raises(InvalidInput, match="without points"):
        figures(Group("x", (Curve(0, ()),)))


def test_a_runs_curve_comes_from_its_metrics(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {"task": "reach", "seed": 7})
    run.log({"env_steps": 10, "answers": 4, "eval_success": 0.1})
    run.log({"env_steps": 20, "answers": 6})
    run.log({"env_steps": 30, "eval_success": 0.4})  # answers as they were last told
    assert curve_of(run) == curve(7, (10, 4, 0.1), (30, 6, 0.4))
    empty = RunDir.create(tmp_path, "reach", {"task": "reach"})
    empty.log({"env_steps": 10, "success": 0.5})
    with pytest.raises(RunError, match="has no evaluated policy"):
        curve_of(empty)


def test_training_leaves_the_curve_it_told_and_a_policy(tmp_path: Path) -> None:
    config = load_config("smoke")
    settings = dataclasses.replace(
        preset("reach"), steps=300, num_envs=8
    )  # 3 updates of 16 steps in 8 copies
    run = RunDir.create(tmp_path, "train", {"seed": 0})
    points = tuple(train_with_curve(config, settings, run))
    assert [point.env_steps for point in points] == [128, 256, 384]
    assert count_evaluations(config, settings) == (3, 3)
    assert curve_of(run).points == points
    assert load_policy(run)[1].env_steps == 384


def test_evaluating_does_not_change_what_is_learnt(tmp_path: Path) -> None:
    config, settings = load_config("smoke"), dataclasses.replace(preset("reach"), steps=300, num_envs=8)
    runs = [RunDir.create(tmp_path, "train", {}) for _ in range(2)]
    for run, episodes in zip(runs, (1, 5), strict=True):
        list(train_with_curve(with_flags(config, {"evaluation.episodes": episodes}), settings, run))
    rewards = [[line["reward"] for line in run.metrics()] for run in runs]
    assert rewards[0] == rewards[1]


def test_the_plot_is_a_picture_of_some_size(tmp_path: Path) -> None:
    groups = [
        Group("true", (curve(0, (10, 0, 0.1), (20, 0, 0.8)), curve(1, (10, 0, 0.3), (20, 0, 0.9)))),
        Group("taught", (curve(0, (15, 5, 0.1)),)),
    ]
    file = tmp_path / "curves.png"
    draw_comparison(file, "reach", groups)
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 10_000
