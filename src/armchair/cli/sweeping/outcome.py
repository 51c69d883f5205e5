"""What came of a sweep: a row for each of its points, a table, a plot."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from armchair.cli.report import Report, table
from armchair.cli.sweeping.plan import Setting
from armchair.errors import RunError
from armchair.evaluate import interquartile_mean
from armchair.intervals import Interval, mean_interval
from armchair.jsonable import Json
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir

SHOWN = 30  # points in a printed table; all are in table.txt


class Outcome(NamedTuple):
    """What a point came to."""

    number: int
    setting: Setting
    by_seed: dict[int, float]  # success or return at the end
    interval: Interval  # mean over seeds, 95 % by t
    env_steps: float  # mean over seeds
    answers: float  # mean over seeds

    @property
    def worth(self) -> float:
        """By what points are ranked."""
        return self.interval.value


def outcome_of(number: int, setting: Setting, runs: Sequence[RunDir], measure: str) -> Outcome:
    """What the runs of a point came to. Raises RunError where one was not evaluated by the measure."""
    ends = [_end(run, measure) for run in runs]
    by_seed = {int(seed): value for seed, value, _, _ in ends}
    low, high = (0.0, 1.0) if measure == "success" else (-math.inf, math.inf)
    interval = mean_interval(list(by_seed.values()), low, high)
    steps, answers = (sum(end[k] for end in ends) / len(ends) for k in (2, 3))
    return Outcome(number, setting, by_seed, interval, steps, answers)


def leave_sweep(
    task: str, measure: str, outcomes: Sequence[Outcome], home: RunDir, report: Report
) -> dict[str, Json]:
    """Print and leave the table, leave the plot and the figures. -> these and where, for the summary."""
    from armchair.reports.sweep_plot import Dot, draw_sweep

    unlike = {outcome.number: outcome for outcome in outcomes}  # a search may propose a point again
    best = sorted(unlike.values(), key=lambda one: (-one.worth, one.number))
    rows = [_row(one) for one in best]
    summary: dict[str, Json] = {"measure": measure, "points": list(rows), "best": best[0].setting}
    write_atomic(home.path / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
    write_atomic(home.path / "table.txt", (_table(best, measure) + "\n").encode())
    report.say(f"{task}: {measure} at the end of training, best first, with 95 % intervals over seeds (by t)")
    report.say(_table(best[:SHOWN], measure))
    if len(best) > SHOWN:
        report.say(f"and {len(best) - SHOWN} more in {home.path / 'table.txt'}")
    plot, drawn = home.path / "sweep.png", True
    try:
        draw_sweep(plot, f"{task}: {measure}", measure, [Dot(one.setting, one.interval) for one in best])
    except Exception as error:  # the figures are there
        drawn = False
        report.log(f"no plot: {' '.join(str(error).split()) or type(error).__name__}")
    report.say(f"{'plot and ' if drawn else ''}runs in {home.path}")
    return {**summary, "plot": str(plot) if drawn else None, "run": str(home.path)}


def short(value: Json) -> str:
    """A value as a table has it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _end(run: RunDir, measure: str) -> tuple[float, float, float, float]:
    """Of the last evaluation: seed, measure, environment steps, answers."""
    key = f"eval_{measure}"
    lines = [line for line in run.metrics() if key in line]
    seed = run.config().get("seed")
    if not lines or not isinstance(seed, int):
        home = run.path.parents[1]
        raise RunError(
            f"{run.path} does not tell {measure}: put another measure, success or return, into "
            f"{home / 'config.yaml'}, then `armchair resume {home}` ranks the runs by that"
        )
    numbers = [float(str(lines[-1].get(name, 0))) for name in (key, "env_steps", "answers")]
    return seed, numbers[0], numbers[1], numbers[2]


def _row(one: Outcome) -> dict[str, Json]:
    several = len(one.by_seed) > 1
    return {
        "point": one.number,
        "settings": one.setting,
        "mean": one.interval.value,
        "interval": [one.interval.low, one.interval.high] if several else None,
        "interquartile_mean": float(interquartile_mean(torch.tensor(list(one.by_seed.values())))),
        "worst": min(one.by_seed.values()),
        "by_seed": {str(seed): value for seed, value in one.by_seed.items()},
        "env_steps": one.env_steps,
        "answers": one.answers,
    }


def _table(outcomes: Sequence[Outcome], measure: str) -> str:
    keys = list(outcomes[0].setting)
    rows = [["point", *keys, "seeds", measure, "worst", "env steps", "answers"]]
    show = "{:.1%}".format if measure == "success" else "{:.4g}".format
    for one in outcomes:
        mean = one.interval
        told = show(mean.value)
        if len(one.by_seed) > 1:
            told += f" ({show(mean.low)} to {show(mean.high)})"
        values = [short(one.setting[key]) for key in keys]
        numbers = [show(min(one.by_seed.values())), f"{one.env_steps:,.0f}", f"{one.answers:.0f}"]
        rows.append([str(one.number), *values, str(len(one.by_seed)), told, *numbers])
    return table(rows)
