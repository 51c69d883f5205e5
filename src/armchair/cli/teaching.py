"""What `teach` and `resume` share: going through a run, showing how it goes, and its summary."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from armchair.cli.comparing import draw_beside
from armchair.cli.report import Report
from armchair.config.teach import TeachConfig
from armchair.errors import ArmchairError
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.reports.outcome import film_policy, leave_replay, plot_curve, summarise, write_summary
from armchair.runs.folder import RunDir
from armchair.training.progress import Progress as Turn
from armchair.training.setup import begin, teach

if TYPE_CHECKING:
    from armchair.cli.links import Door

RATE_OVER = 10  # updates over which the speed is taken


def with_people(
    run: RunDir, config: TeachConfig, door: Door, report: Report, settings: dict[str, Json], *, resume: bool
) -> int:
    """Teach with people: serve the page, say where it is, train while they answer. -> as `go_through`.

    settings: what the run's owner wants set, see `armchair.store.board.Settings`.
    """
    from armchair.cli.links import invite, show_links, watched
    from armchair.cli.page import PageServer
    from armchair.store.store import Store

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops the run otherwise means Ctrl-C
    with Store.open(run.store) as store:
        for key, value in settings.items():
            assert value is None or isinstance(value, str | int | float)
            store.board.set_setting(key, value)
        if not resume:
            begin(store, config)
        invited = invite(store, door)
        with PageServer(run, door, report) as page:
            show_links(invited, door, page.address, report)
            status = go_through(run, config, None, report, resume=resume)
            page.say_goodbye(keep=status == 0 and watched() and not report.as_json)
    return status


def go_through(
    run: RunDir,
    config: TeachConfig,
    teacher: Teacher | None,
    report: Report,
    *,
    resume: bool,
    compared: str | None = None,
) -> int:
    """Teach to the end, then leave a summary, a plot, a film and a replay; returns 0, or 130 on Ctrl-C.

    teacher: None where people answer. compared: the teacher's name, where yardsticks are wanted beside it.
    """
    import torch

    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    report.log(f"teaching {config.task} in {run.path}")
    began = time.perf_counter()
    try:
        _watch(run, config, teacher, resume=resume)
    except KeyboardInterrupt:
        report.log(f"stopped; `armchair resume {run.path}` goes on from here")
        return 130
    plot_curve(run)
    left = ["summary.json", "curve.png", *_pictures(run, config, report)]
    summary = summarise(run, config, time.perf_counter() - began)
    write_summary(run, summary)
    if compared is not None:
        left.append(draw_beside(run, config, compared))
    report.say(
        f"{_outcome(summary['success'], summary['return'])} after {summary['answers']} answers and "
        f"{summary['env_steps']:,} environment steps; in {run.path}: {', '.join(left)}"
    )
    report.finish({**summary, "run": str(run.path)})
    return 0


def _watch(run: RunDir, config: TeachConfig, teacher: Teacher | None, *, resume: bool) -> None:
    """A bar with what matters beside it; where nobody watches, a line at each evaluation."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} updates"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task("teaching", total=config.updates)
        known = Known(config.labels)
        for progress in teach(config, run, teacher, resume=resume):
            news = known.take(progress, time.monotonic())
            if news is not None:
                bars.console.print(news, highlight=False, soft_wrap=True)
            if progress.evaluation is not None and not console.is_terminal:
                print(known, file=sys.stderr)
            bars.update(bar, completed=progress.updates, description=str(known))


class Known:
    """What is known of a run that goes on, as one line."""

    def __init__(self, labels: int) -> None:
        """labels: the budget that the run was started with."""
        self._labels, self._answers, self._fitted = labels, 0, 0
        self._outcome, self._accuracy = "not evaluated yet", ""
        self._steps: deque[tuple[float, int]] = deque(maxlen=RATE_OVER + 1)  # when, how many so far

    def take(self, progress: Turn, now: float) -> str | None:
        """Take note of an update. -> what should be said of it apart, if anything."""
        self._answers = progress.answers
        self._steps.append((now, progress.env_steps))
        if progress.evaluation is not None:
            share = progress.evaluation.success.value if progress.has_success else None
            self._outcome = _outcome(share, progress.evaluation.total.value)
        if progress.fit is None:
            return None
        if progress.fit.heldout is not None and math.isfinite(progress.fit.heldout.accuracy):
            self._accuracy = f", predicts {progress.fit.heldout.accuracy:.0%}"
        before, self._fitted = self._fitted, progress.answers  # without what demonstrations say for nothing
        if before <= self._fitted:
            return None
        return (
            f"the reward was fitted anew to {self._fitted} answers, {before - self._fitted} fewer than "
            "before: some were taken back, or their annotator was excluded"
        )

    def __str__(self) -> str:
        (first, since), (last, steps) = self._steps[0], self._steps[-1]
        rate = f", {(steps - since) / (last - first):.0f} steps/s" if last > first else ""
        told = f"{self._answers}/{self._labels} answers, {steps / 1000:.0f}k steps{rate}, {self._outcome}"
        return told + self._accuracy


def _outcome(success: Json, total: Json) -> str:
    """What an evaluation came to: the share of successes, or the return where nobody knows success."""
    if isinstance(success, float):
        return f"success {success:.0%}"
    return f"return {total:.1f}" if isinstance(total, float) else "not evaluated"


def _pictures(run: RunDir, config: TeachConfig, report: Report) -> list[str]:
    """Film the policy and leave a replay; where that cannot be done say why, since all else is there."""
    made: list[str] = []
    makers = {"film": film_policy} if ":" in config.task else {"film": film_policy, "replay": leave_replay}
    for what, make in makers.items():
        try:
            made.append(make(run, config).name)
        except ArmchairError as error:
            report.log(f"no {what}: {error}")
    return made
