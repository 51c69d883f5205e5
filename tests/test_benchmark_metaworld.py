"""The field's benchmark: what it measures, what it takes for measured, what its table says."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from armchair.agents.saved import load_policy
from armchair.config.read import as_yaml, load_settings, with_flags
from armchair.runs.folder import RunDir
from armchair.types import Clip

FOLDER = Path(__file__).parents[1] / "benchmarks" / "metaworld"
MODULES = ("cells", "published", "tables", "teaching", "curves", "run")


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The benchmark's modules, which find each other in their own folder."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


def result(scripts: dict[str, ModuleType], cell: Any, **others: object) -> dict[str, Any]:
    """A line of results as a run leaves it."""
    row = {
        **cell._asdict(),
        "settings": scripts["cells"].digest(cell),
        "answers": cell.labels,
        "steps": 400_000,
    }
    row |= {
        "updates": 80,
        "ever": 1.0,
        "end": 0.5,
        "return": 1.0,
        "episodes": 100,
        "wall_s": 60.0,
        "cpu_s": 50.0,
    }
    return row | {"curve": [[16, 9000, 0.1, 0.0, 1.0], [cell.labels, 400_000, 0.9, 0.4, 2.0]]} | others


def test_every_budget_is_asked_to_its_last_question(scripts: dict[str, ModuleType]) -> None:
    from armchair.config.pace import most_asked

    cells = scripts["cells"]
    for protocol in cells.PROTOCOLS:
        rows = cells.rows_of(protocol, list(cells.TASKS), list(cells.BUDGETS))
        assert {row.labels for row in rows if row.task == "hammer"} == {50, 100, 250, 500, 1000}
        assert {row.labels for row in rows if row.task == "window-open"} == set(cells.BUDGETS)
        for row in rows:
            assert most_asked(cells.settings(row)) == row.labels


def test_five_times_the_answers_take_about_twice_the_updates(scripts: dict[str, ModuleType]) -> None:
    cells = scripts["cells"]
    for protocol in cells.PROTOCOLS:
        updates = {
            labels: cells.settings(cells.Cell(protocol, "hammer", labels, 0)).schedule.updates
            for labels in (50, 100, 250, 500)
        }
        assert updates == {50: 80, 100: 80, 250: 126, 500: 179}


def test_all_tasks_have_the_same_settings_but_for_their_points(scripts: dict[str, ModuleType]) -> None:
    from armchair.config.read import as_yaml

    cells, told = scripts["cells"], []
    for task, points in cells.TASKS.items():
        found: Any = as_yaml(cells.settings(cells.Cell("field", task, 100, 0)))
        assert found.pop("task") == f"metaworld:{task}-v3"
        assert found["env"].pop("points") == points
        told.append(found)
    assert all(one == told[0] for one in told)
    env = told[0]["env"]
    assert (env["repeat"], env["horizon"], told[0]["queries"]["clip_length"]) == (1, 500, 50)
    assert env["differences"] is False  # observations as they come


def test_the_second_table_is_of_what_the_preset_does() -> None:
    """But for how often it is looked at, and pictures, which nobody sees in a measurement."""
    ours, theirs = (load_settings(name).config for name in ("metaworld", str(FOLDER / "repeat3.yaml")))
    assert replace(ours, env=replace(ours.env, frames=False), evaluation=theirs.evaluation) == theirs


def test_what_stands_beside_differs_in_one_thing(scripts: dict[str, ModuleType]) -> None:
    cells = scripts["cells"]
    main = cells.Cell("field", "window-open", 100, 0)
    rows = cells.besides("field", ["window-open", "hammer"], [100])
    for row in (row for row in rows if row.task == "window-open"):
        differs = sum(one != other for one, other in zip(row, main, strict=True))
        assert differs == (2 if row.teacher == cells.OWN_REWARD else 1)  # nor are there answers then
    raw = cells.settings(main._replace(inputs="raw"))
    assert (raw.reward.inputs, raw.env.points) == ("raw", {})
    assert {row.teacher for row in rows if row.task == "hammer"} == {"oracle", cells.OWN_REWARD}
    fewer = cells.besides("field", ["window-open"], [50])
    assert {row.labels for row in fewer} == {0, 50}, "as many answers as the row that it stands beside"


def test_where_nobody_is_asked_the_policy_learns_from_the_tasks_own_reward(
    scripts: dict[str, ModuleType], tmp_path: Path
) -> None:
    """For as many steps as with a hundred answers, by the same PPO, from rewards of 0 to 10 made as small."""
    cells, teaching = scripts["cells"], scripts["teaching"]
    rows = cells.rows_of("field", ["hammer"], list(cells.BUDGETS), cells.OWN_REWARD)
    assert rows == [cells.Cell("field", "hammer", 0, 0, cells.OWN_REWARD)], "one, whatever the budgets"
    own, taught = (
        cells.settings(cells.Cell("field", "hammer", *of)) for of in ((0, 3, cells.OWN_REWARD), (100, 3))
    )
    assert own == replace(taught, ppo=replace(taught.ppo, reward_scale=taught.ppo.reward_scale / 10))
    config = with_flags(load_settings("smoke").config, {"schedule.updates": 5, "evaluation.every": 3})
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    found = teaching._practised(config, run)
    steps = config.practice.num_envs * config.practice.rollout * config.env.repeat
    assert (found["answers"], found["updates"], found["steps"]) == (0, 6, 6 * steps)
    assert [point[:2] for point in found["curve"]] == [[0, 3 * steps], [0, 6 * steps]]
    assert load_policy(run)[1].env_steps == 6 * steps
    kept = teaching.final_of(run, config, config.evaluation.episodes)
    assert 0.0 <= kept.success.value <= kept.ever.value


def test_results_that_are_there_are_not_measured_again(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells, run = scripts["cells"], scripts["run"]
    wanted = cells.cells_of(cells.rows_of("field", ["window-open"], [50, 100]), range(2))
    assert [(cell.labels, cell.seed) for cell in wanted] == [(50, 0), (100, 0), (50, 1), (100, 1)]
    run.keep(tmp_path, result(scripts, wanted[0]))
    run.keep(tmp_path, result(scripts, wanted[1], settings="of before"))
    assert run.missing(wanted, run.current(run.known(tmp_path))) == wanted[1:]
    with (tmp_path / run.RESULTS).open("a") as file:
        file.write('{"protocol": "field", "ta')  # the machine stopped here
    assert run.missing(wanted, run.current(run.known(tmp_path))) == wanted[1:]
    run.keep(tmp_path, result(scripts, wanted[2]))
    assert run.missing(wanted, run.current(run.known(tmp_path))) == [wanted[1], wanted[3]]
    assert len([json.loads(line) for line in (tmp_path / run.RESULTS).read_text().splitlines()]) == 3
    assert "1 results of other settings are left out" in capsys.readouterr().err


def test_two_commands_do_not_measure_in_one_folder(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = scripts["run"]
    with run.alone(tmp_path), pytest.raises(SystemExit) as refused, run.alone(tmp_path):
        raise AssertionError("both")
    assert refused.value.code == 2 and "another command is measuring in" in capsys.readouterr().err
    with run.alone(tmp_path):  # it has ended
        pass


def a_clip(thing: tuple[float, float, float]) -> Clip:
    """Hand at the thing; the goal is at (0.1, 0.6, 0.2)."""
    visible = torch.tensor([*thing, *thing, 0.1, 0.6, 0.2]).repeat(50, 1)
    zeros = torch.zeros(50)
    return Clip("a", visible, torch.zeros(50, 4), zeros, None, None, 0, 0, 0)


def test_everybody_who_answers_can_be_made(scripts: dict[str, ModuleType]) -> None:
    """The simulated person, too, who has to be told what to look at; it prefers a thing in its place."""
    cells = scripts["cells"]
    for cell in cells.besides("field", list(cells.TASKS), list(cells.BESIDE)):
        if cell.teacher == cells.OWN_REWARD:
            continue
        cells.teacher_of(cell, cells.settings(cell))
    cell = cells.Cell("field", "window-open", 100, 0, "viewer")
    viewer = cells.teacher_of(cell, cells.settings(cell))
    there, away = a_clip(thing=(0.1, 0.6, 0.2)), a_clip(thing=(-0.1, 0.6, 0.2))
    said = [viewer.answer(there, away) for _ in range(20)]
    assert said.count("left") > 15


def test_a_failing_run_is_told_and_the_others_are_kept(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here every run fails: there is no such teacher."""
    cell = scripts["cells"].Cell("field", "window-open", 50, 0, "nobody")
    assert scripts["run"].go([cell], tmp_path, 1, 1) == 1
    assert "nobody" in capsys.readouterr().err
    assert scripts["run"].known(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--first-seed", "-1"], "--first-seed must be at least 0, got -1"),
        (["--budgets", "50", "0"], "--budgets must be at least 1, got 0"),
        (["--besides", "--teacher", "viewer"], "leave --teacher out"),
        (["--curves", "nowhere/curves.png"], "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is_made(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["run.py", "results", *given])
    with pytest.raises(SystemExit) as refused:
        scripts["run"].main()
    assert refused.value.code == 2 and told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder_for_results(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "results"
    file.write_text("mine")
    monkeypatch.setattr("sys.argv", ["run.py", str(file), "--table-only"])
    with pytest.raises(SystemExit) as refused:
        scripts["run"].main()
    assert refused.value.code == 2 and "is a file" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_the_table_tells_seeds_worst_and_both_successes(scripts: dict[str, ModuleType]) -> None:
    cells, tables = scripts["cells"], scripts["tables"]
    cell = cells.Cell("field", "window-open", 100, 0)
    rows = [result(scripts, cell), result(scripts, cell._replace(seed=1), ever=0.5, end=0.25)]
    rows.append(result(scripts, cell._replace(observed="differences"), ever=0.75))
    text = tables.tables(rows)
    main = "| window-open | 100 | 75 % (0 to 100) | 50 % | 37.5 % (0 to 100) | 25 % | 2 (0, 1) |"
    assert f"{main} 400k | 50 | 60 |" in text.splitlines()
    assert "| window-open, differences | 100 | 75 % | 75 % | 50 % | 50 % | 1 (0) |" in text
    assert "STAR" in text and "PPE" in text  # published figures stand beside
    assert "repeat3" not in text
    assert "| window-open | 100 | 0: 100 / 50, 1: 50 / 25 |" in text.splitlines()
    assert text.count("0: ") == 1, "seeds that do not differ are not told one by one"
    nearly = [result(scripts, cell._replace(protocol="repeat3", seed=k), ever=1.0 - 0.02 * k) for k in (0, 1)]
    text = tables.tables(nearly)
    assert "| window-open | 100 | 99 % (86.3 to 100) | 98 % | 50 % | 50 % | 2 (0, 1) |" in text
    assert "published" not in text, "others had action repeat 1"
    assert tables.tables([]) == "nothing was measured yet"


def test_the_pages_tables_are_what_was_measured(scripts: dict[str, ModuleType]) -> None:
    page = (FOLDER.parents[1] / "docs" / "benchmark.md").read_text(encoding="utf-8")
    lines = (FOLDER / "measured.jsonl").read_text(encoding="utf-8").splitlines()
    told = scripts["tables"].tables([json.loads(line) for line in lines]).splitlines()
    by_seed = "| task | answers | by seed"
    measured = [
        block for block in page.split("\n\n") if block.startswith(("| task | answers | ever", by_seed))
    ]
    assert "\n".join(measured).splitlines() == [line for line in told if line.startswith("|")]


def test_curves_show_every_seed_and_end_with_the_last_measurement(
    scripts: dict[str, ModuleType], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    cell = scripts["cells"].Cell("field", "window-open", 100, 0)
    row = result(scripts, cell, ever=0.95, end=0.35)
    assert scripts["curves"]._lines(row) == ([16.0, 100.0], [0.1, 0.95], [0.0, 0.35])
    file = tmp_path / "curves.png"
    rows = [row, result(scripts, cell._replace(seed=1)), result(scripts, cell._replace(task="hammer"))]
    scripts["curves"].draw(file, rows)
    assert file.read_bytes().startswith(b"\x89PNG")
    wide = int.from_bytes(file.read_bytes()[16:20], "big"), int.from_bytes(file.read_bytes()[20:24], "big")
    scripts["curves"].draw(file, [*rows, result(scripts, cell._replace(protocol="repeat3"))])
    both = int.from_bytes(file.read_bytes()[16:20], "big"), int.from_bytes(file.read_bytes()[20:24], "big")
    assert both == (wide[0], 2 * wide[1]), "a row for each protocol, a column for each task"


@pytest.mark.slow
def test_points_go_where_the_things_go(scripts: dict[str, ModuleType]) -> None:
    """Meta-World observes where the thing is, too: what is told as its point has to move as that does."""
    pytest.importorskip("metaworld", reason="Meta-World is not installed")
    from armchair.envs.spec import resolve_task
    from armchair.maths import generator
    from armchair.training.asking.wandering import Seek

    cells = scripts["cells"]
    for task in cells.TASKS:
        config = cells.settings(cells.Cell("field", task, 100, 0))
        env = resolve_task(config.task).make(4, config.env)
        obs, act = env.reset(seed=0), Seek((4, 4), env.layout, env.horizon, generator(0, "seek"))
        observed = {"object": slice(4, 7), "nail": slice(11, 14)}  # of the 39 numbers
        things = {name: env.layout.points.index(name) for name in observed if name in env.layout.points}
        path: dict[str, list[torch.Tensor]] = {name: [] for name in things}
        seen: dict[str, list[torch.Tensor]] = {name: [] for name in things}
        for _ in range(300):
            action = act(obs)
            step = env.step(action)
            act.watch(action, step)
            obs = step.obs
            for name, k in things.items():
                path[name].append(obs[:, observed[name]])
                seen[name].append(step.visible[:, 3 * k : 3 * k + 3])
        for name in things:
            moved, told = (torch.stack(found[name]) - found[name][0] for found in (path, seen))
            assert moved.norm(dim=-1).max() > 0.01, (task, name)
            assert (told - moved).norm(dim=-1).max() < 0.01, (task, name)
        goal = 3 * env.layout.points.index("goal")
        assert (step.visible[:, goal : goal + 3] - obs[:, 36:39]).abs().max() < 1e-3, task
        env.close()


def test_every_published_figure_has_a_source(scripts: dict[str, ModuleType]) -> None:
    published, cells = scripts["published"], scripts["cells"]
    assert {one.method for one in published.PUBLISHED} == set(published.SOURCES)
    assert {one.task for one in published.PUBLISHED} == set(cells.TASKS)
