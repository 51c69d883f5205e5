"""`armchair resume`: go on with a run of teaching or training where it stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, SideBySideFlags, TrackFlag, TrainerFlags, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.runs.folder import RunDir

EXAMPLES = (
    "armchair resume runs/reach-001",
    "armchair resume runs/reach-001 --port 9000 --no-open",
    "armchair resume runs/compare-reach-001 --workers 2",
)


@dataclasses.dataclass(frozen=True)
class Args(SideBySideFlags, TrainerFlags, TrustFlag, TrackFlag, JsonFlag):
    """Go on with a run of `teach` or `train` from its last checkpoint; the folder is all that is needed.

    Where people teach, the page is served again; the flags about it mean what they mean in `armchair teach`.
    Of a comparison or a sweep the runs that are missing are made, by --workers processes or on --ray.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""


def main(argv: Sequence[str]) -> int:
    """Resumes; returns 0, or 130 on Ctrl-C."""
    args = parse(Args, "resume", argv, EXAMPLES)
    report = Report("resume", args.json)
    from armchair.cli.links import check_page
    from armchair.cli.locate import admit_run, find_run
    from armchair.cli.page import teach_with_page
    from armchair.cli.teaching import teach_run
    from armchair.cli.tracking.runs import begin_tracked, check_track
    from armchair.cli.training import on_cluster, resume_training
    from armchair.runs.folder import OF_RUNS
    from armchair.runs.trust import gate
    from armchair.store.trainer_lock import check_unlocked
    from armchair.training.asking.described import open_run

    run = find_run(args.run)
    gate.allow(f"ray {args.ray}")  # it was typed
    admit_run(run, trust=args.trust)
    if run.config().get("command") in OF_RUNS:
        return _several(run, args, report)
    if args.workers != 1:
        raise InvalidInput("--workers is for comparisons and sweeps, which make several runs: leave it out")
    begin_tracked(run, check_track(args.track))
    if run.config().get("command") == "train":
        return resume_training(run, report, args.ray)
    config, teacher = open_run(run)
    config = on_cluster(config, args.ray)
    check_unlocked(run)
    if teacher is not None:
        return teach_run(run, config, teacher, report, resume=True)
    if not args.no_page:
        check_page(args, run.store)
    return teach_with_page(run, config, args, report, resume=True)


def _several(home: RunDir, args: Args, report: Report) -> int:
    """Make what is missing of a comparison or a sweep; returns 0."""
    from armchair.cli.comparing import Plan, compare, group_of
    from armchair.cli.jobs.making import Where
    from armchair.cli.sweeping.making import Sweep, sweep
    from armchair.offers.extras import need

    where = Where(args.workers, args.ray)
    where.check()
    if home.config()["command"] == "compare":
        need("plots", "the plot of a comparison")  # here and below: before hours of work
        plan = Plan.of(home)
        if plan.beside is not None:
            group_of(plan.beside, plan.config.task)
        compare(plan, home, where, report)
    else:
        made = Sweep.of(home)
        made.check()
        sweep(made, home, where, report)
    return 0
