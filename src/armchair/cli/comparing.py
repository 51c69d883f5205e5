"""The runs that a comparison sets side by side: made here, kind by kind and seed by seed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from armchair.agents.presets import Preset, preset
from armchair.api.begin import begin_run
from armchair.cli.report import Report, table
from armchair.config.read import as_yaml
from armchair.config.teach import TeachConfig
from armchair.console import printable
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.intervals import GOOD
from armchair.jsonable import Json
from armchair.reports import curves
from armchair.reports.curves import Curve, Group, Point
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.store.wishes import run_wish
from armchair.training.asking.described import make_described

TRUE_REWARD = "the task's own reward"
FIRST_SHARE = 8  # of the answers, one in so many is about a wandering arm where demonstrations are taken away


def baselines(configs: Sequence[TeachConfig], settings: Preset, teacher: str, folder: RunDir) -> list[Group]:
    """What the runs of `configs` are measured against: policies trained on the task's own reward and, where
    the runs have demonstrations, the same teaching without them.

    configs: alike but for their seeds. settings: how to learn from the task's own reward.
    """
    points = curves.count_evaluations(configs[0], settings)[0]
    own = _curves(TRUE_REWARD, configs, lambda each: _train(each, settings, folder), points)
    groups = [Group(TRUE_REWARD, own)]
    if configs[0].demonstrations.source:
        groups.append(taught_group([without_demos(config) for config in configs], teacher, folder))
    return groups


def taught_group(configs: Sequence[TeachConfig], teacher: str, folder: RunDir) -> Group:
    """Runs of teaching by a simulated teacher."""
    name = name_of(configs[0], teacher)
    points = -(-configs[0].schedule.updates // configs[0].evaluation.every)
    return Group(name, _curves(name, configs, lambda each: _teach(each, teacher, folder), points))


def name_of(config: TeachConfig, teacher: str) -> str:
    """What such a run is called in tables and plots."""
    return f"teacher {teacher}" + (", demonstrations" if config.demonstrations.source else "")


def without_demos(config: TeachConfig) -> TeachConfig:
    """The same teaching without demonstrations; some questions then are about an arm that wanders first."""
    first = max(config.queries.first, config.queries.labels // FIRST_SHARE)
    queries = replace(config.queries, first=first)
    return replace(config, demonstrations=replace(config.demonstrations, source=""), queries=queries)


def _train(config: TeachConfig, settings: Preset, folder: RunDir) -> Generator[Point]:
    practice = replace(config.practice, num_envs=settings.num_envs, rollout=settings.rollout)
    plan = replace(config, practice=practice, ppo=settings.ppo)
    kept = ("task", "seed", "env", "practice", "ppo")
    about = {key: value for key, value in as_yaml(plan).items() if key in kept}
    about["demonstrations"] = {"starts": plan.demonstrations.starts}
    run = begin_run(folder.path / "runs", "train", {"command": "train", **about, "steps": settings.steps})
    return curves.train_with_curve(config, settings, run)


def _teach(config: TeachConfig, teacher: str, folder: RunDir) -> Generator[Point]:
    described: dict[str, Json] = {"name": teacher}
    run = begin_run(folder.path / "runs", "teach", {**as_yaml(config), "teacher": described})
    made = make_described(described, config)
    assert made is not None, "a simulated one is asked for"
    return curves.teach_with_curve(config, made, run)


def _curves(
    name: str, configs: Sequence[TeachConfig], begin: Callable[[TeachConfig], Generator[Point]], points: int
) -> tuple[Curve, ...]:
    """The curves of one kind, with a bar and a line for each; `points` is how many each will have."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    made: list[Curve] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task(name, total=len(configs) * points)
        for config in configs:
            began, found = time.perf_counter(), list[Point]()
            with closing(begin(config)) as points_to_come:
                for point in points_to_come:
                    found.append(point)
                    now = f"{name}, seed {config.seed}: success {point.success:.0%}"
                    bars.update(bar, advance=1, description=now)
            made.append(Curve(config.seed, tuple(found)))
            end, seconds = found[-1], time.perf_counter() - began
            steps = f"{end.env_steps:,} steps" + (f", {end.answers} answers" if end.answers else "")
            line = f"{name}, seed {config.seed}: success {end.success:.0%} after {steps} ({seconds:.0f} s)"
            console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
    return tuple(made)


def draw_with_baselines(run: RunDir, config: TeachConfig, teacher: str) -> str:
    """Make the baselines of a run that has just ended and draw them beside it. -> the plot's name."""
    from armchair.reports.plots import draw_comparison

    groups = baselines([config], preset(config.task), teacher, run)
    groups.append(Group(name_of(config, teacher), (curves.curve_of(run),)))
    plot = run.path / "comparison.png"
    write_rows(run.path / "comparison.json", curves.summary_of(groups))
    draw_comparison(plot, config.task, groups)
    return plot.name


def write_rows(file: Path, rows: Sequence[Mapping[str, Json]]) -> None:
    """Leave a comparison's figures as JSON."""
    write_atomic(file, (json.dumps(rows, indent=2) + "\n").encode())


def group_of(path: Path, task: str) -> Group:
    """A run that is to be drawn beside the others. Raises InvalidInput for another task or wish."""
    run = RunDir.open(path)
    found = run.config().get("task")
    if found != task:
        raise InvalidInput(f"{path} is a run of {found}, not of {task}: compare {found} instead")
    wish = run_wish(run)
    if wish is not None:
        raise InvalidInput(
            f'{path} was taught "{wish}": the task\'s success, compared here, says nothing of it'
        )
    return Group(f"run {run.name}", (curves.curve_of(run),))


def comparison_folder(root: Path, about: Mapping[str, Json], config: TeachConfig, settings: Preset) -> RunDir:
    """A new folder for a comparison and its runs. about: what its configuration begins with."""
    train = {"steps": settings.steps, "num_envs": settings.num_envs, "rollout": settings.rollout}
    whole: dict[str, Json] = {"command": "compare", **about, "train": train, **as_yaml(config)}
    return begin_run(root, f"compare-{resolve_task(config.task).slug}", whole)


def leave_comparison(task: str, groups: Sequence[Group], folder: RunDir, report: Report) -> dict[str, Json]:
    """Print and leave the table, leave the plot and the figures. -> these and where, for the summary."""
    from armchair.reports.plots import draw_comparison

    plot, rows, lines = folder.path / "curves.png", curves.summary_of(groups), _table(groups)
    write_rows(folder.path / "summary.json", rows)
    write_atomic(folder.path / "table.txt", (lines + "\n").encode())
    report.say(
        f"{task}: success at the end of the episode, with 95 % intervals over seeds (Student's t, Wilson)"
    )
    report.say(lines)
    drawn = True
    try:
        draw_comparison(plot, task, groups)
    except Exception as error:  # the figures are there
        drawn = False
        report.log(f"no plot: {' '.join(str(error).split()) or type(error).__name__}")
    report.say(f"{'plot and ' if drawn else ''}runs in {folder.path}")
    return {"groups": rows, "plot": str(plot) if drawn else None, "run": str(folder.path)}


def _table(groups: Sequence[Group]) -> str:
    """One row a group; a single run has no interval."""
    shares = f"seeds ≥ {GOOD:.0%}"
    rows = [
        ["learnt from", "seeds", "success", "interquartile mean", "worst", shares, "env steps", "answers"]
    ]
    for group in groups:
        found = curves.figures(group)
        mean, good = found.success, found.reached
        success = f"{mean.value:.1%}" + (f" ({mean.low:.1%} to {mean.high:.1%})" if found.seeds > 1 else "")
        share = f"{good.runs} of {good.of} ({good.low:.0%} to {good.high:.0%})"
        numbers = [f"{found.middle:.1%}", f"{found.worst:.1%}", share]
        numbers += [f"{found.env_steps:,.0f}", f"{found.answers:.0f}"]
        rows.append([group.name, str(found.seeds), success, *numbers])
    return table(rows)
