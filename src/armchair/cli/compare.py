"""`armchair compare`: what a teacher's answers are worth, next to the task's own reward."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.agents.presets import Preset
    from armchair.rundir import RunDir
    from armchair.training.compare import Curve, Group, Point
    from armchair.training.config import TeachConfig

EXAMPLES = (
    "armchair compare reach",
    "armchair compare reach --seeds 5 --labels 30 --teacher mistake",
    "armchair compare reach --run runs/reach-001 --json",
)
TRUE_REWARD = "the task's own reward"


@dataclasses.dataclass(frozen=True)
class Args:
    """Train on the task's own reward and by a simulated teacher, over several seeds, and compare.

    Prints one table and leaves it, the plot curves.png and all runs in a new folder under --runs. Every
    policy is evaluated alike as it learns, without the noise it explores with.
    """

    task: tyro.conf.Positional[str]
    """A task; `armchair envs` lists them. `gymnasium:ID` and `module:factory` will do, too."""
    seeds: int = 3
    """How many runs of each kind."""
    seed: int = 0
    """The first run's seed; the others follow."""
    run: Path | None = None
    """The folder of a run to draw beside them, for instance one that a person taught."""
    teacher: str = "oracle"
    """Who answers: oracle, boltzmann, mistake, skip, equal, myopic or coin."""
    config: str | None = None
    """How to teach: a preset or a YAML file; without it the task's own preset."""
    labels: int | None = None
    """Questions that the teacher may be asked in each run."""
    updates: int | None = None
    """Updates of a taught policy."""
    steps: int | None = None
    """Environment steps on the task's own reward; the task's preset has a default."""
    engine: str | None = None
    """The simulator; `armchair envs` lists them."""
    control: str | None = None
    """What actions move: tool or joint."""
    threads: int | None = None
    """Simulation threads, 0 for one a core."""
    runs: Path = Path("runs")
    """Folder in which the comparison's folder is made."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Trains, teaches, compares; returns 0."""
    args = parse(Args, "compare", argv, EXAMPLES)
    report = Report("compare", args.json)
    import torch

    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    config, settings = _settings(args)
    given = _given(args.run, config.task)  # looked at before hours of work
    folder = _folder(args, config, settings)
    groups = [*_run_all(args, config, settings, folder), *given]
    _tell(config.task, groups, folder, report, args)
    return 0


def _settings(args: Args) -> tuple[TeachConfig, Preset]:
    """How to teach, and how to train on the task's own reward."""
    from armchair.agents.presets import preset
    from armchair.errors import check_choice
    from armchair.feedback.teachers import TEACHERS
    from armchair.training.compare import EVALUATIONS
    from armchair.training.configs import preset_for, with_flags

    if args.seeds < 1:
        raise InvalidInput(f"--seeds must be at least 1, got {args.seeds}")
    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    check_choice("teacher", args.teacher, TEACHERS)
    flags = {
        name: getattr(args, name)
        for name in ("task", "seed", "labels", "updates", "engine", "control", "threads")
    }
    config = with_flags(preset_for(args.task, args.control, args.config), flags)
    every = max(1, config.updates // EVALUATIONS)
    config = dataclasses.replace(config, evaluate_every=min(every, config.evaluate_every))
    settings = preset(config.task)
    return config, settings if args.steps is None else dataclasses.replace(settings, steps=args.steps)


def _given(path: Path | None, task: str) -> list[Group]:
    """The run that is to be drawn beside the others, as a group of its own."""
    if path is None:
        return []
    from armchair.rundir import RunDir
    from armchair.training.compare import Group, curve_of

    run = RunDir.open(path)
    found = run.config().get("task")
    if found != task:
        raise InvalidInput(f"{path} is a run of {found}, not of {task}: compare {found} instead")
    return [Group(f"run {run.name}", (curve_of(run),))]


def _folder(args: Args, config: TeachConfig, settings: Preset) -> RunDir:
    from armchair.rundir import RunDir
    from armchair.training.configs import as_yaml

    about = as_yaml(config)
    name = config.task.replace(":", "-").replace("/", "-")
    train = {"steps": settings.steps, "num_envs": settings.num_envs, "rollout": settings.rollout}
    head = {"command": "compare", "seeds": args.seeds, "compared_teacher": args.teacher, "train": train}
    return RunDir.create(args.runs, f"compare-{name}", {**head, **about})


def _run_all(args: Args, config: TeachConfig, settings: Preset, folder: RunDir) -> list[Group]:
    """The runs of both kinds, seed by seed."""
    from armchair.training.compare import Group, count_evaluations

    configs = [dataclasses.replace(config, seed=config.seed + k) for k in range(args.seeds)]
    train_points, teach_points = count_evaluations(config, settings)
    trained = _curves(TRUE_REWARD, configs, lambda each: _train(each, settings, folder), train_points)
    name = f"teacher {args.teacher}"
    taught = _curves(name, configs, lambda each: _teach(each, args.teacher, folder), teach_points)
    return [Group(TRUE_REWARD, trained), Group(name, taught)]


def _train(config: TeachConfig, settings: Preset, folder: RunDir) -> Iterator[Point]:
    from armchair.rundir import RunDir
    from armchair.training.compare import train_with_curve
    from armchair.training.configs import as_yaml

    plan = dataclasses.replace(config, num_envs=settings.num_envs, rollout=settings.rollout, ppo=settings.ppo)
    kept = ("task", "engine", "control", "seed", "num_envs", "rollout", "ppo")
    about = {key: value for key, value in as_yaml(plan).items() if key in kept}
    run = RunDir.create(folder.path / "runs", "train", {"command": "train", **about, "steps": settings.steps})
    return train_with_curve(config, settings, run)


def _teach(config: TeachConfig, teacher: str, folder: RunDir) -> Iterator[Point]:
    from armchair.cli.teach import make
    from armchair.rundir import RunDir
    from armchair.training.compare import teach_with_curve
    from armchair.training.configs import as_yaml

    run = RunDir.create(folder.path / "runs", "teach", {**as_yaml(config), "teacher": {"name": teacher}})
    return teach_with_curve(config, make({"name": teacher}, config), run)


def _curves(
    name: str, configs: Sequence[TeachConfig], begin: Callable[[TeachConfig], Iterator[Point]], points: int
) -> tuple[Curve, ...]:
    """The curves of one kind, with a bar and a line for each; `points` is how many each will have."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from armchair.training.compare import Curve

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


def _tell(task: str, groups: Sequence[Group], folder: RunDir, report: Report, args: Args) -> None:
    """The table, the plot and the summary."""
    import json

    from armchair.rundir import write_atomic
    from armchair.training.compare import summary_of
    from armchair.training.plots import draw_comparison

    plot, rows = folder.path / "curves.png", summary_of(groups)
    lines = _table(groups)
    draw_comparison(plot, task, groups)
    write_atomic(folder.path / "summary.json", (json.dumps(rows, indent=2) + "\n").encode())
    write_atomic(folder.path / "table.txt", (lines + "\n").encode())
    report.say(f"{task}: success at the end of the episode (95 % bootstrap interval over seeds)")
    report.say(lines)
    report.say(f"plot and runs in {folder.path}")
    summary = {"task": task, "teacher": args.teacher, "seeds": args.seeds, "groups": rows}
    report.finish({**summary, "plot": str(plot), "run": str(folder.path)})


def _table(groups: Sequence[Group]) -> str:
    """One row a group; a single run has no interval."""
    from armchair.training.compare import figures

    rows = [["learnt from", "seeds", "success", "interquartile mean", "worst", "env steps", "answers"]]
    for group in groups:
        found = figures(group)
        shown = [f"{at.value:.1%}" for at in (found.success, found.middle)]
        if found.seeds > 1:
            shown = [
                f"{at.value:.1%} ({at.low:.1%} to {at.high:.1%})" for at in (found.success, found.middle)
            ]
        numbers = [f"{found.worst:.1%}", f"{found.env_steps:,.0f}", f"{found.answers:.0f}"]
        rows.append([group.name, str(found.seeds), *shown, *numbers])
    return table(rows)
