"""`armchair compare`: what a teacher's answers are worth, next to the task's own reward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import SetupFlags, SideBySideFlags, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput, check_choice
from armchair.offers.extras import need

if TYPE_CHECKING:
    from armchair.config.teach import TeachConfig

EXAMPLES = (
    "armchair compare reach",
    "armchair compare reach --seeds 5 --labels 30 --teacher mistake",
    "armchair compare reach --run runs/reach-001 --json",
    "armchair compare --config block_stack",
    "armchair compare push --seeds 10 --workers 8",
    "armchair compare push --seeds 10 --ray auto",
    "armchair compare --join parts/compare-push-001 parts/compare-push-002",
)


@dataclass(frozen=True)
class Args(TrustFlag, SideBySideFlags, SetupFlags):
    """Train on the task's own reward and by a simulated teacher, over several seeds, and compare.

    Where the configuration has demonstrations, the teacher teaches without them, too.

    Prints one table and leaves it, the plot curves.png and all runs in a new folder under --runs. Every
    policy is evaluated alike as it learns, without the noise it explores with. Where it is stopped, or a run
    fails, `armchair resume FOLDER` makes the runs that are missing.
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
    """Who answers: oracle, viewer, boltzmann, mistake, skip, equal, myopic or coin."""
    config: str | None = None
    """How to teach: a preset or a YAML file; without it the task's own preset."""
    labels: int | None = None
    """Questions that the teacher may be asked in each run."""
    updates: int | None = None
    """Updates of a taught policy."""
    steps: int | None = None
    """Environment steps on the task's own reward; the task's preset has a default."""
    join: tuple[Path, ...] = ()
    """In place of a task: folders of comparisons, or of finished runs of `teach`, that differ in their seeds
    alone; they are set side by side as one comparison, and nothing is trained."""


def main(argv: Sequence[str]) -> int:
    """Trains, teaches, compares; returns 0."""
    args = parse(Args, "compare", argv, EXAMPLES)
    report = Report("compare", args.json)
    need("plots", "the plot of a comparison")  # before hours of work
    if args.join:
        from armchair.cli.comparing.joining import join

        if args.task is not None or args.config is not None or args.run is not None:
            raise InvalidInput(
                "--join sets finished runs side by side: leave out the task, --config and --run"
            )
        join(args.join, args.runs, report, trust=args.trust)
        return 0
    from armchair.agents.presets import preset
    from armchair.cli.comparing import Plan, compare, group_of
    from armchair.cli.jobs.making import Where
    from armchair.cli.locate import admit_config, admit_run
    from armchair.config.pace import told_short
    from armchair.config.points import settled_by
    from armchair.envs.spec import resolve_task
    from armchair.runs.folder import RunDir
    from armchair.training.asking.described import make_described
    from armchair.training.environments import check_task

    where = Where(args.workers, args.ray)
    where.check()
    admit_config(args.config, args.task, trust=args.trust)
    if args.run is not None:
        admit_run(RunDir.open(args.run), trust=args.trust)
    config = _config(args, pointed=False)
    check_task(resolve_task(config.task), config, rewarded=True)
    config = settled_by(lambda pointed: _config(args, pointed=pointed))
    settings = preset(config.task)
    settings = settings if args.steps is None else replace(settings, steps=args.steps)
    make_described({"name": args.teacher}, config)  # so that what cannot be is said before hours of work
    if args.run is not None:
        group_of(args.run, config.task)
    if short := told_short(config):
        report.log(short)
    plan = Plan(config, args.seeds, args.teacher, settings, args.run)
    compare(plan, plan.folder(args.runs), where, report)
    return 0


def _config(args: Args, *, pointed: bool) -> TeachConfig:
    """How to teach; pointed: whether the points of an environment of others are known."""
    from armchair.cli.comparing import MOST_SEEDS
    from armchair.config.pace import paced
    from armchair.config.read import preset_for, task_named, with_flags
    from armchair.feedback.teachers import TEACHERS
    from armchair.reports.curves import EVALUATIONS
    from armchair.training.asking.described import errs

    if not 1 <= args.seeds <= MOST_SEEDS:
        raise InvalidInput(f"--seeds must be at least 1 and at most {MOST_SEEDS:,}, got {args.seeds}")
    if args.steps is not None and args.steps < 1:
        raise InvalidInput(f"--steps must be at least 1, got {args.steps}")
    check_choice("teacher", args.teacher, TEACHERS)
    names = ("task", "seed", "labels", "updates", "engine", "device", "control", "arm", "threads")
    flags = {name: getattr(args, name) for name in names}
    task, people = task_named(args.task, args.config), errs({"name": args.teacher})
    base = preset_for(task, args.control, args.config, people=people, pointed=pointed)
    config = paced(with_flags(base, flags), base, fixed_updates=args.updates is not None)
    every = max(1, config.schedule.updates // EVALUATIONS)
    return with_flags(config, {"evaluation.every": min(every, config.evaluation.every)})
