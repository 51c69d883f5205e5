from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.dashboard.runs import (
    Point,
    Run,
    bands,
    ceiling,
    learned_from,
    points_of,
    runs_around,
    summary,
)

NAN = math.nan


def run(name: str, source: str, *points: tuple[float, float, float], seed: int = 0) -> Run:
    return Run(name, "reach", source, seed, tuple(Point(*point, NAN) for point in points))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"command": "train"}, "the task's own reward"),
        ({"command": "train", "reward_model": "runs/reach-001"}, "the reward learnt in reach-001"),
        ({"teacher": {"name": "oracle"}}, "teacher oracle"),
        ({"teacher": {"name": "mistake", "mistake": 0.2}}, "teacher mistake (mistake 0.2)"),
        ({"teacher": {"name": "people"}}, "people"),
        ({"teacher": None}, "people"),
        ({}, "people"),
        (
            {"teacher": {"name": "oracle", "style": "carry_high"}, "policy": "runs/pick_place-001"},
            "teacher oracle (style carry_high), on top of pick_place-001",
        ),
        (
            {"teacher": {"name": "people"}, "demonstrations": {"source": "scripted:20"}},
            "people, demonstrations",
        ),
    ],
)
def test_learned_from(config: dict[str, Json], told: str) -> None:
    assert learned_from(config) == told


def test_points_are_the_evaluations() -> None:
    lines = [
        {"env_steps": 10, "answers": 2, "reward": 0.5},
        {"env_steps": 20, "answers": 4, "eval_success": 0.5, "eval_return": -3.0},
        {"env_steps": 30, "eval_return": -2.0, "eval_success": None},
    ]
    first, second = points_of(lines)
    assert first == Point(20, 4, 0.5, -3.0)
    assert second[:2] == (30, 4) and math.isnan(second.success) and second.total == -2.0


def test_folders_around_a_run(own: Any) -> None:
    root: Path = own.run.parent
    (root / "reach-broken").mkdir()
    (root / "reach-broken" / "config.yaml").write_text("task: [")
    (root / "reach-broken" / "metrics.jsonl").write_text("{}\n")
    found = {run.name: run for run in runs_around(root)}
    assert set(found) == {"reach-001"} | {
        f"compare-reach-001/runs/{kind}-00{k}" for kind in ("train", "teach") for k in (1, 2)
    }
    assert found["reach-001"].learned_from == "people" and found["reach-001"].seed == 3
    assert len(found["reach-001"].points) == 5
    assert ceiling(list(found.values()), "reach") == pytest.approx(0.95)
    assert ceiling(list(found.values()), "push") is None


def test_runs_about_different_wishes_are_not_averaged(tmp_path: Path) -> None:
    for success, question in ((0.9, ""), (0.8, "Which one comes nearer?"), (0.1, "Which one lands softly?")):
        folder = RunDir.create(tmp_path, "reach", {"task": "reach", "teacher": {"name": "people"}})
        folder.log({"env_steps": 1, "answers": 5, "eval_success": success})
        with Store.open(folder.store_file) as store:
            store.board.set_status({"question": "Which one comes nearer?"})
            store.board.set_setting("question", question)
    found = {line.learned_from: line.value for line in summary(runs_around(tmp_path), "success")}
    assert found == {"people": pytest.approx(0.85), 'people, asked "Which one lands softly?"': 0.1}
    assert [run.wish for run in runs_around(tmp_path)] == [None, None, "Which one lands softly?"]


def test_a_run_is_read_again_when_it_has_gone_on(tmp_path: Path) -> None:
    folder = RunDir.create(tmp_path, "reach", {"task": "reach"})
    folder.log({"env_steps": 1, "eval_success": 0.1})
    assert len(runs_around(tmp_path)[0].points) == 1
    folder.log({"env_steps": 2, "eval_success": 0.2})
    os.utime(folder.metrics_file)
    assert len(runs_around(tmp_path)[0].points) == 2


def test_summary_by_hand() -> None:
    runs = [
        run("a", "x", (10, 4, 0.2), (20, 8, 0.6)),
        run("b", "x", (10, 4, 0.3), (40, 10, 0.8)),
        run("c", "y", (10, 0, 0.5)),
    ]
    first, second = summary(runs, "success")
    assert (first.learned_from, first.runs, first.worst) == ("x", 2, 0.6)
    assert first.value == pytest.approx(0.7)
    assert (first.low, first.high) == (0.0, 1.0)  # 0.7 ± 12.7 · 0.1
    assert first.reached is not None and (first.reached.runs, first.reached.of) == (0, 2)
    assert (first.env_steps, first.answers) == (30, 9)
    assert second.value == 0.5 and math.isnan(second.low)
    assert summary(runs, "total") == []


def test_bands_by_hand() -> None:
    runs = [
        run("a", "x", (10, 4, 0.2), (20, 8, 0.6)),
        run("b", "x", (10, 4, 0.4), (30, 12, 0.8)),
        run("c", "own", (10, 0, 0.1), (20, 0, 0.9)),
    ]
    places = [
        (place.learned_from, place.x, round(place.mean, 6)) for place in bands(runs, "env_steps", "success")
    ]
    # a stays at 0.6 after 20; b is at 0.6 halfway
    assert places[:3] == [("x", 10, 0.3), ("x", 20, 0.6), ("x", 30, 0.7)]
    level = [place for place in bands(runs, "answers", "success") if place.learned_from == "own"]
    assert [(place.x, place.mean) for place in level] == [(0, 0.9), (12, 0.9)]


def test_many_places_are_thinned_but_keep_the_last() -> None:
    long = run("a", "x", *((float(k), 0.0, k / 1000) for k in range(1001)))
    found = bands([long], "env_steps", "success")
    assert len(found) <= 62 and (found[-1].x, found[-1].mean) == (1000, 1.0)


def test_a_return_has_no_range_and_no_share_of_runs() -> None:
    runs = [
        Run(name, "reach", "x", 0, (Point(10, 1, NAN, total),)) for name, total in (("a", -9.0), ("b", -7.0))
    ]
    (found,) = summary(runs, "total")
    assert (found.value, found.reached) == (-8.0, None)
    assert found.low == pytest.approx(-8 - 12.706, abs=1e-3), "± 12.706 · √2 / √2"
    assert all(math.isnan(place.low) for place in bands(runs[:1], "env_steps", "total"))
