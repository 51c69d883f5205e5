"""`armchair teach`: the main job, a policy taught by comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report

if TYPE_CHECKING:
    from armchair.feedback.teachers import Teacher
    from armchair.rundir import RunDir
    from armchair.training.config import TeachConfig

EXAMPLES = (
    "armchair teach reach --teacher oracle",
    "armchair teach reach --teacher mistake --mistake 0.2 --labels 100 --seed 3",
    "armchair teach push --teacher oracle --config push --runs runs --json",
    "armchair teach gymnasium:Pendulum-v1 --teacher oracle",
    "armchair teach my_module:make_env --labels 300",
)


@dataclasses.dataclass(frozen=True)
class Args:
    """Teach a policy by comparing clips, two at a time; no reward is written.

    A simulated teacher answers the questions from the task's own reward, which the learner never sees.
    The run is kept in a folder of its own under --runs; after Ctrl-C `armchair resume` goes on with it.
    """

    task: tyro.conf.Positional[str]
    """A task, `gymnasium:ID`, or `module:factory` of your own, in the current folder too."""
    teacher: str = "oracle"
    """Who answers: oracle, boltzmann, mistake, skip, equal, myopic or coin."""
    labels: int | None = None
    """Questions that may be asked, all told."""
    seed: int | None = None
    """Fixes everything that is random."""
    config: str | None = None
    """A preset's name or a YAML file; the task's own preset if not given."""
    engine: str | None = None
    """The simulator; `armchair envs` lists them."""
    control: str | None = None
    """What actions move: "tool" or "joint"."""
    updates: int | None = None
    """Updates of the policy."""
    threads: int | None = None
    """Simulation threads, 0 for one a core."""
    beta: float | None = None
    """The teacher's sharpness: higher errs less (boltzmann)."""
    mistake: float | None = None
    """Share of the teacher's answers that are turned round."""
    skip: float | None = None
    """The teacher cannot tell when both clips lie in this lowest share."""
    equal: float | None = None
    """The teacher sees a tie below this share of difference."""
    myopic: float | None = None
    """The teacher discounts earlier steps by this per step."""
    style: str | None = None
    """The teacher judges how the arm moves instead: from_above or slow_near_goal."""
    runs: Path = Path("runs")
    """Folder in which the run's folder is made."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Teaches, and leaves a summary, a plot and a film; returns 0."""
    args = parse(Args, "teach", argv, EXAMPLES)
    report = Report("teach", args.json)
    from armchair.cli.teaching import go_through
    from armchair.rundir import RunDir
    from armchair.training.configs import as_yaml

    config = _config(args)
    _warn(args, report)
    teacher = make(teacher_of(args), config)
    if ":" in config.task:
        check_import(config.task)
    name = config.task.replace(":", "-").replace("/", "-")
    run = RunDir.create(args.runs, name, {**as_yaml(config), "teacher": teacher_of(args)})
    return go_through(run, config, teacher, report, resume=False)


def check_import(task: str) -> None:
    """Raises InvalidInput for an environment of others that cannot be used, before a run's folder is made."""
    from armchair.envs.gym_import import import_env

    import_env(task).close()


def _config(args: Args) -> TeachConfig:
    """The preset or file, with the flags over it."""
    from armchair.training.configs import preset_for, with_flags

    flags = {
        "task": args.task,
        "labels": args.labels,
        "seed": args.seed,
        "engine": args.engine,
        "control": args.control,
        "updates": args.updates,
        "threads": args.threads,
    }
    return with_flags(preset_for(args.task, args.control, args.config), flags)


def _warn(args: Args, report: Report) -> None:
    """Say so where the file names a reward model, which teaching has no use for: it learns its own."""
    from armchair.training.configs import load_settings

    path = load_settings(args.config).reward_model_path if args.config is not None else None
    if path is not None:
        report.log(
            f"reward_model_path is for `armchair train {args.task} --reward {path}`; teaching learns anew"
        )


def teacher_of(args: Args) -> dict[str, str | float]:
    """The teacher as it is written into the run: its name and what was set of it."""
    given = {
        "beta": args.beta,
        "mistake": args.mistake,
        "skip": args.skip,
        "equal": args.equal,
        "myopic": args.myopic,
        "style": args.style,
    }
    return {"name": args.teacher, **{key: value for key, value in given.items() if value is not None}}


def make(teacher: dict[str, str | float], config: TeachConfig) -> Teacher:
    """The teacher that `teacher_of` described."""
    from armchair.feedback.styles import style_score
    from armchair.feedback.teachers import make_teacher, true_return
    from armchair.maths import generator
    from armchair.tasks import get_task

    style = teacher.get("style")
    scorer = style_score(str(style), get_task(config.task).points) if style else true_return
    params = {key: float(value) for key, value in teacher.items() if key not in ("name", "style")}
    return make_teacher(str(teacher["name"]), params, generator(config.seed, "teacher"), scorer=scorer)


def open_run(path: Path) -> tuple[RunDir, TeachConfig, Teacher]:
    """A run of teaching that exists already, as it was set up."""
    from typing import cast

    from armchair.errors import RunError
    from armchair.rundir import RunDir
    from armchair.training.configs import from_run

    run = RunDir.open(path)
    saved = run.config()
    described = saved.pop("teacher", None)
    if not isinstance(described, dict):
        raise RunError(f"{path} is no run of teaching: `armchair teach` makes one")
    config = from_run(saved)
    return run, config, make(cast("dict[str, str | float]", described), config)
