"""`armchair sweep`: many settings, each over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from armchair.cli.flags import RunsFlag, SideBySideFlags, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report

EXAMPLES = (
    "armchair sweep labels.yaml",
    "armchair sweep labels.yaml --workers 4",
    "armchair sweep search.yaml --ray auto --json",
    "armchair resume runs/sweep-reach-001 --workers 4",
)


@dataclass(frozen=True)
class Args(TrustFlag, SideBySideFlags, RunsFlag):
    """Have a simulated teacher teach with many settings, each over several seeds, and say which are best.

    FILE says which: a grid, or bounds that Optuna searches (extra `sweep`); see docs/cluster.md. Prints one
    table and leaves it, the plot sweep.png and all runs in a new folder under --runs. Where it is stopped, or
    a run fails, `armchair resume FOLDER` makes what is missing.
    """

    file: tyro.conf.Positional[Path]
    """A YAML file: task or config, teacher, seeds, seed, measure, trials, batch, settings."""


def main(argv: Sequence[str]) -> int:
    """Teaches with all of them; returns 0."""
    args = parse(Args, "sweep", argv, EXAMPLES)
    report = Report("sweep", args.json)
    from armchair.cli.jobs.making import Where
    from armchair.cli.locate import admit, admit_config
    from armchair.cli.sweeping.making import Sweep, sweep
    from armchair.cli.sweeping.plan import base_of, read_plan
    from armchair.config.points import settled_by
    from armchair.envs.spec import resolve_task
    from armchair.runs.trust import named_in
    from armchair.training.asking.described import UNREWARDED, make_described
    from armchair.training.environments import check_task

    where = Where(args.workers, args.ray)
    where.check()
    plan = read_plan(args.file)
    admit(args.file, named_in({"task": plan.task}), trust=args.trust)
    admit_config(plan.config, plan.task, trust=args.trust)
    config = base_of(plan, pointed=False)
    check_task(resolve_task(config.task), config, rewarded=plan.teacher not in UNREWARDED)
    config = settled_by(lambda pointed: base_of(plan, pointed=pointed))
    make_described({"name": plan.teacher}, config)  # so that what cannot be is said before hours of work
    made = Sweep(plan, config)
    made.check()
    sweep(made, made.folder(args.runs), where, report)
    return 0
