"""The picture of a comparison: success against environment steps and against answers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, PercentFormatter

from armchair.reports.curves import Axis, Group, band
from armchair.runs.files import write_atomic

# Okabe and Ito's colours, which most colour-blind people can tell apart
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
LABELS: dict[Axis, str] = {"env_steps": "environment steps", "answers": "answers"}
GREY = "#666666"


def draw_comparison(file: Path, title: str, groups: Sequence[Group]) -> None:
    """Write a PNG with the mean of each group, and its 95 % interval over seeds as a band.

    Groups without answers are a level line in the right half: where they ended.
    """
    figure = Figure(figsize=(10.0, 4.2), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, axis in zip((left, right), LABELS, strict=True):
        for k, group in enumerate(groups):
            _draw(axes, group, axis, COLOURS[k % len(COLOURS)])
        _dress(axes, axis)
    left.set_ylabel("success at the end of the episode")
    left.legend(frameon=False, loc="lower right")
    seeds = max(len(group.curves) for group in groups)
    what = f"{title}: mean of {seeds} seeds with its 95 % interval" if seeds > 1 else title
    figure.suptitle(what, x=0.01, ha="left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_atomic(file, picture.getvalue())


def _draw(axes: Axes, group: Group, axis: Axis, colour: str) -> None:
    found = band(group, axis)
    if axis == "answers" and found.x[-1] == 0:  # nobody was asked
        axes.axhline(found.mean[-1], color=colour, linestyle="--", linewidth=1.6)
        if len(group.curves) > 1:
            axes.axhspan(found.low[-1], found.high[-1], color=colour, alpha=0.12, linewidth=0)
        return
    marker = "o" if len(found.x) == 1 else None
    axes.plot(found.x, found.mean, color=colour, linewidth=1.8, label=group.name, marker=marker)
    if len(group.curves) > 1:
        axes.fill_between(found.x, found.low, found.high, color=colour, alpha=0.18, linewidth=0)


def _dress(axes: Axes, axis: Axis) -> None:
    axes.set_xlabel(LABELS[axis])
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY)
