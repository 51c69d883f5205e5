"""What `teach` and `resume` share: going through a run, showing how it goes, and its summary."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from armchair.cli.report import Report
from armchair.errors import ArmchairError
from armchair.feedback.teachers import Teacher
from armchair.rundir import RunDir, Value
from armchair.training import loop
from armchair.training.config import TeachConfig
from armchair.training.outcome import film_policy, plot_curve, summarise, write_summary
from armchair.training.teach import teach


def go_through(run: RunDir, config: TeachConfig, teacher: Teacher, report: Report, *, resume: bool) -> int:
    """Teach to the end, then leave a summary, a plot and a film in the run; returns 0, or 130 on Ctrl-C."""
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
    video = _film(run, config, report)
    summary = summarise(run, config, time.perf_counter() - began)
    write_summary(run, summary)
    left = ", ".join(["summary.json", "curve.png", *([video] if video else [])])
    report.say(
        f"{_outcome(summary['success'], summary['return'])} after {summary['answers']} answers and "
        f"{summary['env_steps']:,} environment steps; in {run.path}: {left}"
    )
    report.finish({**summary, "run": str(run.path)})
    return 0


def _watch(run: RunDir, config: TeachConfig, teacher: Teacher, *, resume: bool) -> None:
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
        told = "not evaluated yet"
        for progress in teach(config, run, teacher, resume=resume):
            if progress.evaluation is not None:
                share = progress.evaluation.success.value if progress.has_success else None
                told = _outcome(share, progress.evaluation.total.value)
                if not console.is_terminal:
                    print(_line(progress, config, told), file=sys.stderr)
            bars.update(bar, completed=progress.updates, description=_line(progress, config, told))


def _line(progress: loop.Progress, config: TeachConfig, told: str) -> str:
    steps = f"{progress.env_steps / 1000:.0f}k steps"
    return f"{progress.answers}/{config.labels} answers, {steps}, {told}"


def _outcome(success: Value, total: Value) -> str:
    """What an evaluation came to: the share of successes, or the return where nobody knows success."""
    if isinstance(success, float):
        return f"success {success:.0%}"
    return f"return {total:.1f}" if isinstance(total, float) else "not evaluated"


def _film(run: RunDir, config: TeachConfig, report: Report) -> str | None:
    """Film the policy; where that cannot be done say why, since all else is there."""
    try:
        return film_policy(run, config).name
    except ArmchairError as error:
        report.log(f"no film: {error}")
        return None
