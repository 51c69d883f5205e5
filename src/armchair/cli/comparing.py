"""The runs that a comparison sets side by side: made here, kind by kind and seed by seed."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from armchair.agents.presets import Preset
    from armchair.config.teach import TeachConfig
    from armchair.jsonable import Json
    from armchair.reports.curves import Curve, Group, Point
    from armchair.runs.folder import RunDir

TRUE_REWARD = "the task's own reward"
FIRST_SHARE = 8  # of the answers, one in so many is about a wandering arm where demonstrations are taken away


def yardsticks(configs: Sequence[TeachConfig], settings: Preset, teacher: str, folder: RunDir) -> list[Group]:
    """What the runs of `configs` are measured against: policies trained on the task's own reward and, where
    the runs have demonstrations, the same teaching without them.

    configs: alike but for their seeds. settings: how to learn from the task's own reward.
    """
    from armchair.reports.curves import Group, count_evaluations

    points = count_evaluations(configs[0], settings)[0]
    own = _curves(TRUE_REWARD, configs, lambda each: _train(each, settings, folder), points)
    groups = [Group(TRUE_REWARD, own)]
    if configs[0].demos:
        groups.append(taught([without_demos(config) for config in configs], teacher, folder))
    return groups


def taught(configs: Sequence[TeachConfig], teacher: str, folder: RunDir) -> Group:
    """Runs of teaching by a simulated teacher."""
    from armchair.reports.curves import Group

    name = name_of(configs[0], teacher)
    points = -(-configs[0].updates // configs[0].evaluate_every)
    return Group(name, _curves(name, configs, lambda each: _teach(each, teacher, folder), points))


def name_of(config: TeachConfig, teacher: str) -> str:
    """What such a run is called in tables and plots."""
    return f"teacher {teacher}" + (", demonstrations" if config.demos else "")


def without_demos(config: TeachConfig) -> TeachConfig:
    """The same teaching without demonstrations; some questions then are about an arm that wanders first."""
    return dataclasses.replace(config, demos="", first=max(config.first, config.labels // FIRST_SHARE))


def _train(config: TeachConfig, settings: Preset, folder: RunDir) -> Iterator[Point]:
    from armchair.config.read import as_yaml
    from armchair.reports.curves import train_with_curve
    from armchair.runs.folder import RunDir

    plan = dataclasses.replace(config, num_envs=settings.num_envs, rollout=settings.rollout, ppo=settings.ppo)
    kept = ("task", "engine", "control", "seed", "starts", "num_envs", "rollout", "ppo")
    about = {key: value for key, value in as_yaml(plan).items() if key in kept}
    run = RunDir.create(folder.path / "runs", "train", {"command": "train", **about, "steps": settings.steps})
    return train_with_curve(config, settings, run)


def _teach(config: TeachConfig, teacher: str, folder: RunDir) -> Iterator[Point]:
    from armchair.cli.commands.teach import make
    from armchair.config.read import as_yaml
    from armchair.reports.curves import teach_with_curve
    from armchair.runs.folder import RunDir

    run = RunDir.create(folder.path / "runs", "teach", {**as_yaml(config), "teacher": {"name": teacher}})
    return teach_with_curve(config, make({"name": teacher}, config), run)


def _curves(
    name: str, configs: Sequence[TeachConfig], begin: Callable[[TeachConfig], Iterator[Point]], points: int
) -> tuple[Curve, ...]:
    """The curves of one kind, with a bar and a line for each; `points` is how many each will have."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from armchair.reports.curves import Curve

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    curves: list[Curve] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task(name, total=len(configs) * points)
        for config in configs:
            began, found = time.perf_counter(), list["Point"]()
            for point in begin(config):
                found.append(point)
                told = f"{name}, seed {config.seed}: success {point.success:.0%}"
                bars.update(bar, advance=1, description=told)
            curves.append(Curve(config.seed, tuple(found)))
            line = _line(name, curves[-1], time.perf_counter() - began)
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    return tuple(curves)


def _line(name: str, curve: Curve, seconds: float) -> str:
    """How a run ended."""
    end = curve.points[-1]
    answers = f", {end.answers} answers" if end.answers else ""
    return (
        f"{name}, seed {curve.seed}: success {end.success:.0%} after {end.env_steps:,} steps{answers} "
        f"({seconds:.0f} s)"
    )


def draw_beside(run: RunDir, config: TeachConfig, teacher: str) -> str:
    """Make the yardsticks of a run that has just ended and draw them beside it. -> the plot's name."""
    from armchair.agents.presets import preset
    from armchair.reports.curves import Group, curve_of, summary_of
    from armchair.reports.plots import draw_comparison

    groups = yardsticks([config], preset(config.task), teacher, run)
    groups.append(Group(name_of(config, teacher), (curve_of(run),)))
    plot = run.path / "comparison.png"
    draw_comparison(plot, config.task, groups)
    write_rows(run.path / "comparison.json", summary_of(groups))
    return plot.name


def write_rows(file: Path, rows: Sequence[Mapping[str, Json]]) -> None:
    """Leave a comparison's figures as JSON."""
    import json

    from armchair.runs.files import write_atomic

    write_atomic(file, (json.dumps(rows, indent=2) + "\n").encode())
