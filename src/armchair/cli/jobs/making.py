"""Making runs side by side, in this process, in several, or on a cluster; what is there already stays."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from armchair.api.begin import keep
from armchair.cli.jobs.job import Job, Sent, do_away, do_here, keep_sent
from armchair.cli.jobs.whole import remove_drafts
from armchair.console import printable
from armchair.errors import InvalidInput, RunError
from armchair.parallel.cluster import check_address, on_cluster
from armchair.parallel.events import Done, Event, Failed, told
from armchair.parallel.pool import check_workers, side_by_side
from armchair.reports.curves import Point, curve_of
from armchair.runs.folder import RunDir
from armchair.runs.trust import named_in
from armchair.store.trainer_lock import trainer_lock

MOST_FAILURES = 3  # after which no more are begun


class Where(NamedTuple):
    """Where runs are made."""

    workers: int = 1
    """Processes of this machine; 1: this one alone."""
    ray: str = ""
    """The address of a Ray cluster, in place of this machine; "": none."""

    def check(self) -> None:
        """Raises InvalidInput, MissingDependency or ServiceError for what cannot be, before any work."""
        check_workers(self.workers)
        if self.ray and self.workers != 1:
            raise InvalidInput("--workers is for this machine, --ray for a cluster: leave one of them out")
        if self.ray:
            check_address(self.ray)


class FewerRuns(RunError):
    """Some of the runs could not be made; the others are there."""


def make_runs(jobs: Sequence[Job], home: RunDir, where: Where) -> None:
    """Make those of the runs that are not in `home`/runs yet, with a bar and a line for each.

    A run that fails is told of, and the others are made all the same, until `MOST_FAILURES` have failed.
    Raises FewerRuns at the end where there were such, RunError where somebody else is at work there.
    """
    with trainer_lock(home):
        root = home.path / "runs"
        remove_drafts(root)
        missing = [job for job in jobs if not (root / job.folder).exists()]
        with _Watch(missing, root) as watch:
            if len(missing) < len(jobs):
                watch.say(f"{len(jobs) - len(missing)} of {len(jobs)} runs are there already")
            watch.say(f"making {len(missing)} run{'' if len(missing) == 1 else 's'} in {root}")
            if where.ray:
                on_cluster(do_away, missing, where.ray, watch.hear)
            else:
                side_by_side(partial(do_here, root), missing, where.workers, watch.hear)
        watch.check()


class _Watch:
    """Hears of the runs that are made: a bar where somebody watches, a line for each."""

    def __init__(self, jobs: Sequence[Job], root: Path) -> None:
        self._jobs, self._root = jobs, root
        self._told = [0] * len(jobs)  # evaluations
        self._failed: list[str] = []
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal)
        total = sum(job.points for job in jobs)
        self._bar = self._bars.add_task("", total=total)
        self._done, self._now = 0, ""
        self._closing = ExitStack()

    def __enter__(self) -> _Watch:
        self._closing.enter_context(self._bars)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def hear(self, event: Event) -> bool:
        """Take in what happened. -> whether more shall be begun."""
        job = self._jobs[event.number]
        if isinstance(event, Failed):
            self._fail(job, event.why, event.trace)
        elif isinstance(event, Done):
            self._take(job, event.result)
            self._advance(event.number, job.points - self._told[event.number])
        elif isinstance(event.news, Point):
            self._advance(event.number, 1)
            self._now = f", {job.name}: success {event.news.success:.0%}"
        self._bars.update(self._bar, description=f"{self._done} of {len(self._jobs)} runs{self._now}")
        return len(self._failed) < MOST_FAILURES

    def check(self) -> None:
        """Raises FewerRuns where one of them could not be made."""
        if not self._failed:
            return
        left = len(self._jobs) - self._done - len(self._failed)
        unbegun = f"; {left} more were not begun" if left else ""
        raise FewerRuns(
            f"{len(self._failed)} of {len(self._jobs)} runs failed: {'; '.join(self._failed)}{unbegun}"
        )

    def _advance(self, number: int, by: int) -> None:
        self._told[number] += by
        self._bars.update(self._bar, advance=by)

    def _take(self, job: Job, result: object) -> None:
        try:
            sent = isinstance(result, Sent)
            seconds = keep_sent(self._root, job, result) if sent else cast(float, result)
            run = RunDir(self._root / job.folder)
            if names := named_in(job.about()):
                keep(run.path, names)
            end = curve_of(run).points[-1]
        except (RunError, OSError) as error:
            self._fail(job, told(error))
            return
        self._done += 1
        steps = f"{end.env_steps:,} steps" + (f", {end.answers} answers" if end.answers else "")
        self.say(f"{job.name}: success {end.success:.0%} after {steps} ({seconds:.0f} s)")

    def _fail(self, job: Job, why: str, trace: str = "") -> None:
        self._failed.append(f"{job.name}: {why}")
        self.say(f"{trace}{job.name} failed: {why}")

    def say(self, line: str) -> None:
        """Above the bar, where there is one."""
        self._bars.console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
