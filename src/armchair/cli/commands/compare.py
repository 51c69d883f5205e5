"""`armchair compare`: what a teacher's answers are worth, next to the task's own reward."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.comparing import taught, write_rows, yardsticks
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.agents.presets import Preset
    from armchair.config.teach import TeachConfig
    from armchair.reports.curves import Group
    from armchair.runs.folder import RunDir

EXAMPLES = (
    "armchair compare reach",
    "armchair compare reach --seeds 5 --labels 30 --teacher mistake",
    "armchair compare reach --run runs/reach-001 --json",
    "armchair compare --config block_stack",
)


@dataclasses.dataclass(frozen=True)
class Args:
    """Train on the task's own reward and by a simulated teacher, over several seeds, and compare.

    Where the configuration has demonstrations, the teacher teaches without them, too.

    Prints one table and leaves it, the plot curves.png and all runs in a new folder under --runs. Every
    policy is evaluated alike as it learns, without the noise it explores with.
    """

    task: tyro.conf.Positional[str | None] = None
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
    configs = [dataclasses.replace(config, seed=config.seed + k) for k in range(args.seeds)]
    groups = [*yardsticks(configs, settings, args.teacher, folder), taught(configs, args.teacher, folder)]
    groups += given
    _tell(config.task, groups, folder, report, args)
    return 0


def _settings(args: Args) -> tuple[TeachConfig, Preset]:
    """How to teach, and how to train on the task's own reward."""
    from armchair.agents.presets import preset
    from armchair.config.read import named, preset_for, with_flags
    from armchair.errors import check_choice
    from armchair.feedback.teachers import TEACHERS
    from armchair.reports.curves import EVALUATIONS

    if args.seeds < 1:
        raise InvalidInput(f"--seeds must be at least 1, got {args.seeds}")
    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    check_choice("teacher", args.teacher, TEACHERS)
    flags = {
        name: getattr(args, name)
        for name in ("task", "seed", "labels", "updates", "engine", "control", "threads")
    }
    config = with_flags(preset_for(named(args.task, args.config), args.control, args.config), flags)
    every = max(1, config.updates // EVALUATIONS)
    config = dataclasses.replace(config, evaluate_every=min(every, config.evaluate_every))
    settings = preset(config.task)
    return config, settings if args.steps is None else dataclasses.replace(settings, steps=args.steps)


def _given(path: Path | None, task: str) -> list[Group]:
    """The run that is to be drawn beside the others, as a group of its own."""
    if path is None:
        return []
    from armchair.reports.curves import Group, curve_of
    from armchair.runs.folder import RunDir

    run = RunDir.open(path)
    found = run.config().get("task")
    if found != task:
        raise InvalidInput(f"{path} is a run of {found}, not of {task}: compare {found} instead")
    return [Group(f"run {run.name}", (curve_of(run),))]


def _folder(args: Args, config: TeachConfig, settings: Preset) -> RunDir:
    from armchair.config.read import as_yaml
    from armchair.runs.folder import RunDir

    about = as_yaml(config)
    name = config.task.replace(":", "-").replace("/", "-")
    train = {"steps": settings.steps, "num_envs": settings.num_envs, "rollout": settings.rollout}
    head = {"command": "compare", "seeds": args.seeds, "compared_teacher": args.teacher, "train": train}
    return RunDir.create(args.runs, f"compare-{name}", {**head, **about})


def _tell(task: str, groups: Sequence[Group], folder: RunDir, report: Report, args: Args) -> None:
    """The table, the plot and the summary."""
    from armchair.reports.curves import summary_of
    from armchair.reports.plots import draw_comparison
    from armchair.runs.files import write_atomic

    plot, rows = folder.path / "curves.png", summary_of(groups)
    lines = _table(groups)
    draw_comparison(plot, task, groups)
    write_rows(folder.path / "summary.json", rows)
    write_atomic(folder.path / "table.txt", (lines + "\n").encode())
    report.say(f"{task}: success at the end of the episode (95 % bootstrap interval over seeds)")
    report.say(lines)
    report.say(f"plot and runs in {folder.path}")
    summary = {"task": task, "teacher": args.teacher, "seeds": args.seeds, "groups": rows}
    report.finish({**summary, "plot": str(plot), "run": str(folder.path)})


def _table(groups: Sequence[Group]) -> str:
    """One row a group; a single run has no interval."""
    from armchair.reports.curves import figures

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
