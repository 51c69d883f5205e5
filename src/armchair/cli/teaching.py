"""What `teach` and `resume` share: teaching in a run's folder, its progress, its summary and pictures."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from armchair.cli.comparing import draw_with_baselines
from armchair.cli.endings.runs import how_to_go_on
from armchair.cli.endings.told import leaving
from armchair.cli.report import Report
from armchair.cli.tracking.runs import show_drawn, tracking
from armchair.config.teach import TeachConfig
from armchair.envs.spec import resolve_task
from armchair.feedback.teachers import Teacher
from armchair.jsonable import Json
from armchair.reports.drawn import draw_film, draw_replay
from armchair.reports.summary import plot_curve, summarise, write_summary
from armchair.runs.folder import RunDir
from armchair.slips import Slips
from armchair.store.wishes import run_wish
from armchair.training.progress import Progress
from armchair.training.setup import teach

RATE_OVER = 10  # updates over which the speed is taken


def teach_run(
    run: RunDir,
    config: TeachConfig,
    teacher: Teacher | None,
    report: Report,
    *,
    resume: bool,
    stays: bool = False,
    compared: str | None = None,
) -> int:
    """Teach to the end, then leave a summary, a plot, a film and a replay; returns 0.

    teacher: None where people answer. stays: whether the caller waits, afterwards, for a raised budget.
    compared: the teacher's name, where baselines are wanted beside it.
    """
    torch.set_num_threads(1)  # the networks are small: more threads would only wait for each other
    report.log(f"teaching {config.task} in {run.path}")
    tell = teacher is None or teacher.params.errs  # how many answers look wrong
    with tracking(run) as track:
        going = teach(config, run, teacher, resume=resume, stays=stays, track=track)
        summary, slips = _to_the_end(run, config, going)
        with leaving(
            lambda: f"{run.path} is done, with its summary: `armchair resume {run.path}` draws the rest"
        ):
            report.say(_came_to(run, summary))
            if slips is not None and tell:
                report.say(str(slips))
            report.finish({**summary, "run": str(run.path)})
            report.log(f"drawn in {run.path}: {', '.join(_draw(run, config, compared, report))}")
            show_drawn(run, track)
    return 0


def _to_the_end(
    run: RunDir, config: TeachConfig, going: Generator[Progress]
) -> tuple[dict[str, Json], Slips | None]:
    """Teach to the end. -> the summary, which is in the run now, and how many answers look wrong."""
    began = time.perf_counter()
    with leaving(lambda: how_to_go_on(run, config.schedule.updates)):
        with closing(going):
            slips = _watch(going, run_wish(run))
        summary = summarise(run, config, time.perf_counter() - began)
        write_summary(run, summary)
    return summary, slips


def _came_to(run: RunDir, summary: dict[str, Json]) -> str:
    """What came of it, in a line."""
    wish = summary["wish"]
    came_to = f'taught "{wish}"' if wish else _outcome(summary["success"], summary["return"])
    return (
        f"{came_to}{_weights(summary['weights'])} after {summary['answers']} answers and "
        f"{summary['env_steps']:,} environment steps; in {run.path}: summary.json"
    )


def _weights(weights: Json) -> str:
    """How much of the wishes a policy has, in words; nothing where it has none."""
    if not isinstance(weights, dict) or not weights:
        return ""
    told = (f"{name} {weight:g}" for name, weight in weights.items() if isinstance(weight, float))
    return f" at {', '.join(told)} (`armchair choose` shows other weights)"


def _watch(going: Iterator[Progress], wish: str | None) -> Slips | None:
    """A bar with what matters beside it; where nobody watches, a line at each evaluation.

    wish: that is taught, if it is another than the task's. -> how many answers look wrong, by the last fit
    that could tell.
    """
    slips: Slips | None = None
    console = Console(file=sys.stderr)
    count = TextColumn("{task.completed}/{task.total} updates")
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with ProgressBar(*columns, console=console, disable=not console.is_terminal) as bars:
        bar, line = bars.add_task("teaching", total=None), ProgressLine(own=wish is None)
        for progress in going:
            news = line.update(progress, time.monotonic())
            if news is not None:
                bars.console.print(news, highlight=False, soft_wrap=True)
            slips = next((fit.doubt.slips for fit in reversed(progress.fits) if fit.doubt is not None), slips)
            if progress.evaluation is not None and not console.is_terminal:
                print(line, file=sys.stderr)
            completed, total = progress.updates, progress.of_updates
            bars.update(bar, completed=completed, total=total, description=str(line))
    return slips


class ProgressLine:
    """How far a run is, as one line."""

    def __init__(self, *, own: bool = True) -> None:
        """own: whether the task's own wish is taught; of another one an evaluation says nothing."""
        self._labels = self._answers = self._fitted = 0
        self._own, self._accuracy = own, ""
        self._outcome = ", not evaluated yet" if own else ""
        self._steps: deque[tuple[float, int]] = deque(maxlen=RATE_OVER + 1)  # when, how many so far

    def update(self, progress: Progress, now: float) -> str | None:
        """Take in a turn; now: in s. -> a line to print besides, if there is something to say."""
        self._answers, self._labels = progress.answers, progress.labels
        self._steps.append((now, progress.env_steps))
        if progress.evaluation is not None and self._own:
            share = progress.evaluation.success.value if progress.has_success else None
            self._outcome = f", {_outcome(share, progress.evaluation.total.value)}"
        held = progress.update.contest if progress.update is not None else None
        told = self._fits(progress)
        return told if held is None else str(held)

    def _fits(self, progress: Progress) -> str | None:
        if not progress.fits:
            return None
        heldout = progress.fits[-1].heldout
        if heldout is not None and math.isfinite(heldout.accuracy):
            self._accuracy = f", predicts {heldout.accuracy:.0%}"
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
        steps_so_far = f"{steps / 1000:.0f}k steps{rate}"
        return f"{self._answers}/{self._labels} answers, {steps_so_far}{self._outcome}{self._accuracy}"


def _outcome(success: Json, total: Json) -> str:
    """What an evaluation came to: the share of successes, or the return where nobody knows success."""
    if isinstance(success, float):
        return f"success {success:.0%}"
    return f"return {total:.1f}" if isinstance(total, float) else "not evaluated"


def _draw(run: RunDir, config: TeachConfig, compared: str | None, report: Report) -> list[str]:
    """Draw curve, film, replay and comparison; where that cannot be done say why. -> their names."""
    drawn: list[str] = []
    makers: dict[str, Callable[[RunDir, TeachConfig], Path]] = {"curve": _curve, "film": draw_film}
    if resolve_task(config.task).shows_poses(config.env):
        makers["replay"] = draw_replay
    for what, make in makers.items():
        try:
            drawn.append(make(run, config).name)
        except Exception as error:  # other people's code draws as well, and the run itself is well
            report.log(f"no {what}: {' '.join(str(error).split()) or type(error).__name__}")
    return drawn + ([] if compared is None else [draw_with_baselines(run, config, compared)])


def _curve(run: RunDir, config: TeachConfig) -> Path:
    return plot_curve(run)
