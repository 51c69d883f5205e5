"""`armchair sweep`: what a file may ask for, the grid, the search, going on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from armchair.cli import main
from armchair.cli.jobs import making
from armchair.cli.jobs.making import Where
from armchair.cli.sweeping import making as sweeping
from armchair.cli.sweeping.outcome import Outcome
from armchair.cli.sweeping.plan import Bounds, Setting, base_of, plan_of
from armchair.cli.sweeping.search import ask
from armchair.intervals import Interval
from armchair.offers import extras
from armchair.reports.sweep_plot import Dot, draw_sweep
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
GRID = """\
config: smoke
seeds: 2
seed: 3
settings:
  queries.labels: [4, 6]
  reward: {members: [2]}
"""
SEARCH = """\
config: smoke
seeds: 1
trials: 3
batch: 2
measure: return
settings:
  ppo.learning_rate: {low: 1e-4, high: 1.0e-2, log: true}
  queries.strategy: [diverse, uniform]
"""


def swept(text: str, folder: Path, capsys: Capture, *more: str) -> dict[str, object]:
    (folder / "asked.yaml").write_text(text)
    assert main(["sweep", str(folder / "asked.yaml"), "--runs", str(folder), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.slow
def test_a_grid_is_made_over_seeds_and_gone_on_with(tmp_path: Path, capsys: Capture) -> None:
    told = swept(GRID, tmp_path, capsys, "--workers", "2")
    home = Path(str(told["run"]))
    assert home == tmp_path / "sweep-reach-001"
    points = told["points"]
    assert isinstance(points, list)
    settings = {row["point"]: row["settings"] for row in points}
    assert settings == {
        1: {"queries.labels": 4, "reward.members": 2},
        2: {"queries.labels": 6, "reward.members": 2},
    }
    assert {row["point"]: row["answers"] for row in points} == {1: 4, 2: 6}
    assert all(list(row["by_seed"]) == ["3", "4"] for row in points)
    assert [row["mean"] for row in points] == sorted((row["mean"] for row in points), reverse=True)
    assert told["best"] == points[0]["settings"]
    assert Path(str(told["plot"])).read_bytes().startswith(b"\x89PNG")
    assert "queries.labels" in (home / "table.txt").read_text()
    run = RunDir(home / "runs" / "point-002-seed-4")
    assert (run.config()["seed"], run.config()["queries"]["labels"]) == (4, 6)  # type: ignore[index,call-overload]

    before = (home / "summary.json").read_bytes()
    shutil.rmtree(run.path)
    assert main(["resume", str(home), "--json"]) == 0
    again = capsys.readouterr()
    assert again.err.count("seed 4: success") == 1 and "point 2" in again.err
    assert (home / "summary.json").read_bytes() == before


@pytest.mark.slow
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    told = swept(SEARCH, whole, capsys)
    points = json.loads((whole / "sweep-reach-001" / "points.json").read_text())
    assert len(points) == 3
    assert all(1e-4 <= one["ppo.learning_rate"] <= 1e-2 for one in points)

    made = making.side_by_side

    def stops(work: object, jobs: object, workers: int, hear: making.Hear) -> None:
        made(work, jobs, workers, lambda event: hear(event) and False)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "side_by_side", stops)
    (broken / "asked.yaml").write_text(SEARCH)
    assert main(["sweep", str(broken / "asked.yaml"), "--runs", str(broken)]) == 130
    home = broken / "sweep-reach-001"
    assert f"`armchair resume {home}` makes the rest" in capsys.readouterr().err
    assert len(list((home / "runs").iterdir())) == 1
    monkeypatch.undo()
    assert main(["resume", str(home), "--json"]) == 0
    assert json.loads((home / "points.json").read_text()) == points
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert again["points"] == told["points"]
    assert again["measure"] == "return" and again["points"][0]["mean"] > 0


def test_a_search_reads_what_came_of_a_point_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def came(number: int, setting: Setting, runs: object, measure: str) -> Outcome:
        read.append(number)
        return Outcome(number, setting, {0: 0.5}, Interval(0.5, 0.4, 0.6), 100.0, 4.0)

    monkeypatch.setattr(sweeping, "outcome_of", came)
    monkeypatch.setattr(sweeping, "make_runs", lambda jobs, home, where: None)
    plan = plan_of({**yaml.safe_load(SEARCH), "trials": 6}, "asked.yaml")
    asked = sweeping.Sweep(plan, base_of(plan, pointed=False))
    points: list[Setting] = []
    sweeping._make(asked, points, asked.folder(tmp_path), Where())
    assert len(points) == 6 and read == [1, 2, 3, 4]  # the last two are read for the table


def test_the_sampler_is_repeatable_and_learns() -> None:
    space = {"a": Bounds(0.0, 10.0), "b": Bounds(1, 5), "c": [[1, 2], "x"]}
    first = ask(space, [], 5, seed=3)
    assert first == ask(space, [], 5, seed=3) != ask(space, [], 5, seed=4)
    assert all(0.0 <= one["a"] <= 10.0 and one["b"] in range(1, 6) for one in first)  # type: ignore[operator]
    known = [(one, -abs(float(str(one["a"])) - 7.0)) for one in ask(space, [], 40, seed=0)]
    found = [float(str(one["a"])) for one in ask(space, known, 20, seed=0)]
    assert sorted(abs(value - 7.0) for value in found)[10] < 1.5, "most are near what was best"
    assert {str(one["c"]) for one in first} <= {"[1, 2]", "x"}


def test_a_plot_along_a_number_and_one_of_many_points(tmp_path: Path) -> None:
    from armchair.intervals import mean_interval

    one = [Dot({"labels": k}, mean_interval([0.1 * k, 0.2])) for k in (1, 2, 40)]
    many = [Dot({"a": k, "b": "x"}, mean_interval([0.5])) for k in range(60)]
    for name, dots in (("one.png", one), ("many.png", many)):
        draw_sweep(tmp_path / name, "reach", "success", dots)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("settings: {}", "settings names nothing to vary, such as queries.labels: [10, 20, 40]"),
        ("seeeds: 2", "unknown key seeeds: did you mean seeds? valid: task, config,"),
        ("seeds: 0", "seeds: input should be greater than or equal to 1, got 0"),
        ("- a", "must hold keys and values, of task, config, teacher,"),
        ("teacher: oracel", "unknown teacher 'oracel': did you mean 'oracle'?"),
        ("settings: {queries.labels: 4}", "queries.labels must be a list of values, or {low: 0.001"),
        ("settings: {queries.labels: [4, 4]}", "queries.labels must list values, each once; got [4, 4]"),
        ("settings: {seed: [1, 2]}", "seed cannot be varied: all points share it, and seeds says"),
        (
            "settings: {ppo.std: {low: 0.1, high: 1}}",
            "ppo.std has bounds, which are searched: add trials: 20",
        ),
        ("trials: 5\nsettings: {ppo.std: {low: 1, high: 0.1}}", "low must be below high"),
        ("trials: 5\nsettings: {ppo.std: {low: 0, high: 1, log: true}}", "above 0 with log"),
        ("trials: 5\nsettings: {ppo.std: {low: a, high: 1}}", "low must be a number such as 0.0001, got 'a'"),
        ("task: reach\nsettings: {queries.lables: [4]}", "unknown key queries.lables: did you mean queries."),
        (
            "task: reach\nsettings: {queries.labels: [4, 0]}",
            "queries.labels 0: settings: queries.labels must",
        ),
        (
            "task: reach\ntrials: 5\nsettings: {queries.labels: {low: 40.0, high: 160.0}}",
            "queries.labels must be a whole number",
        ),
        (
            "task: reach\ntrials: 5\nsettings: {queries.labels: {low: 10, high: 100, step: 0.5}}",
            "queries.labels must be a whole number",
        ),
        (  # each alone is possible with some value of the other
            "task: reach\ntrials: 5\n"
            "settings: {queries.labels: {low: 10, high: 100}, queries.first: {low: 5, high: 50}}",
            "queries.labels 10, queries.first 50: ",
        ),
        ("task: raech\nsettings: {queries.labels: [4]}", "unknown task 'raech': did you mean 'reach'?"),
        ("settings: {queries.labels: [4]}", "name a task, or a --config that does"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_leaves_no_run(
    text: str, expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("asked.yaml").write_text(text)
    assert main(["sweep", "asked.yaml"]) == 2
    told = capsys.readouterr().err
    assert expected in told
    assert told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["asked.yaml"]


def test_a_file_that_is_not_there(capsys: Capture) -> None:
    assert main(["sweep", "nowhere.yaml"]) == 2
    assert "nowhere.yaml cannot be read: No such file or directory" in capsys.readouterr().err


def test_too_many_points_are_refused() -> None:
    from armchair.errors import ConfigError

    many = {"a": list(range(40)), "b": list(range(40))}
    with pytest.raises(ConfigError, match="settings make 1600 points, at most 1000 are made"):
        plan_of({"task": "reach", "settings": {"queries": many}}, "file")


def test_points_that_the_plan_does_not_vary_are_refused(tmp_path: Path, capsys: Capture) -> None:
    """Whoever made the folder could name code or a cluster there."""
    plan = {"config": "smoke", "trials": 2, "settings": {"queries.labels": [4, 6]}}
    home = RunDir.create(tmp_path, "sweep", {"command": "sweep", "sweep": plan, "task": "reach"})
    (home.path / "points.json").write_text('[{"queries.labels": 4, "task": "planted:make"}]')
    assert main(["resume", str(home.path)]) == 2
    assert "must be a list of settings, each of queries.labels" in capsys.readouterr().err
    (home.path / "points.json").write_text(
        '[{"queries.labels": 4}, {"queries.labels": 6}, {"queries.labels": 4}]'
    )
    assert main(["resume", str(home.path)]) == 2
    assert "has 3 points, 2 were asked for" in capsys.readouterr().err
    assert not (home.path / "runs").exists()


def test_a_search_names_the_extra_that_it_needs(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_is_there", lambda module: module != "optuna")
    (tmp_path / "asked.yaml").write_text(SEARCH)
    assert main(["sweep", str(tmp_path / "asked.yaml"), "--runs", str(tmp_path)]) == 2
    assert "a search needs optuna; mend it with: pip install 'armchair[sweep]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["asked.yaml"]
