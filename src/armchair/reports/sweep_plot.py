"""The picture of a sweep: what each point came to."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from armchair.console import printable
from armchair.intervals import Interval
from armchair.jsonable import Json
from armchair.reports.plots import COLOURS, GREY
from armchair.runs.files import write_atomic

MOST = 40  # points: of more the best


class Dot(NamedTuple):
    """A point."""

    setting: Mapping[str, Json]
    interval: Interval  # NaN at both ends where there is one seed


def draw_sweep(file: Path, title: str, measure: str, dots: Sequence[Dot]) -> None:
    """Write a PNG: along the setting, where one number alone is varied; else a line for each point.

    dots: best first.
    """
    keys = list(dots[0].setting)
    numbers = [value for dot in dots for value in dot.setting.values() if not isinstance(value, bool)]
    along = len(keys) == 1 and len(dots) > 1 and all(isinstance(value, int | float) for value in numbers)
    shown = dots if along else dots[:MOST]
    height = 4.2 if along else 1.4 + 0.28 * len(shown)
    figure = Figure(figsize=(8.0, height), dpi=150, layout="constrained")
    axes = figure.subplots()
    (_along if along else _listed)(axes, keys, shown)
    percent = axes.yaxis if along else axes.xaxis
    if measure == "success":
        percent.set_major_formatter(PercentFormatter(1.0))
        (axes.set_ylim if along else axes.set_xlim)(-0.02, 1.02)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY)
    more = f", best {len(shown)} of {len(dots)}" if len(shown) < len(dots) else ""
    figure.suptitle(printable(f"{title}, mean over seeds with its 95 % interval{more}"), x=0.01, ha="left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_atomic(file, picture.getvalue())


def _along(axes: Axes, keys: Sequence[str], dots: Sequence[Dot]) -> None:
    points = sorted((float(str(dot.setting[keys[0]])), dot.interval) for dot in dots)
    x = [place for place, _ in points]
    axes.plot(x, [mean.value for _, mean in points], "o-", color=COLOURS[0], linewidth=1.6)
    axes.vlines(x, [mean.low for _, mean in points], [mean.high for _, mean in points], color=COLOURS[0])
    axes.set_xlabel(keys[0])
    if x[0] > 0 and x[-1] / x[0] > 30:
        axes.set_xscale("log")


def _listed(axes: Axes, keys: Sequence[str], dots: Sequence[Dot]) -> None:
    places = range(len(dots), 0, -1)
    axes.plot([dot.interval.value for dot in dots], places, "o", color=COLOURS[0])
    lows, highs = [dot.interval.low for dot in dots], [dot.interval.high for dot in dots]
    axes.hlines(list(places), lows, highs, color=COLOURS[0])
    axes.set_yticks(list(places), [_told(keys, dot) for dot in dots], fontsize=8)


def _told(keys: Sequence[str], dot: Dot) -> str:
    values = [dot.setting[key] for key in keys]
    shown = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in values]
    return printable(
        ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in zip(keys, shown, strict=True))
    )
