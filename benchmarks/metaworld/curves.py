"""Success over answers, a line for every seed, a panel for each task, a row for each protocol."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from cells import PROTOCOLS, TASKS, Cell
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from armchair.jsonable import Json

COLOURS = {50: "#0072b2", 100: "#d55e00", 250: "#009e73", 500: "#cc79a7", 1000: "#e69f00"}


def draw(file: Path, results: Sequence[Mapping[str, Json]]) -> None:
    """Write a PNG: of the table's main rows, success at some step (solid) and at the end (dotted).

    The last point of a line is the last measurement, of more episodes than those before.
    """
    main = [row for row in results if all(row[name] == usual for name, usual in Cell._field_defaults.items())]
    if not main:
        return
    protocols = [p for p in PROTOCOLS if any(row["protocol"] == p for row in main)]
    tasks = [t for t in TASKS if any(row["task"] == t for row in main)]
    size = (3.4 * len(tasks), 3.2 * len(protocols))
    figure = Figure(figsize=size, dpi=130, layout="constrained")
    grid = figure.subplots(len(protocols), len(tasks), sharey=True, squeeze=False)
    for axes, panel in zip(grid.flat, itertools.product(protocols, tasks), strict=True):
        for row in (row for row in main if _of(row) == panel):
            answers, ever, end = _lines(row)
            colour = COLOURS.get(int(str(row["labels"])), "#56b4e9")
            axes.plot(answers, ever, color=colour, linewidth=1.4, label=f"{row['labels']} answers")
            axes.plot(answers, end, color=colour, linewidth=1.0, linestyle=":")
        axes.set_title(f"{panel[1]}, {panel[0]}", fontsize=9)
        axes.set_xlabel("answers")
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlim(left=0)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(visible=True, color="#dddddd", linewidth=0.6)
        named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        if named:
            axes.legend(named.values(), named.keys(), frameon=False, fontsize=7, loc="lower right")
    figure.savefig(file, format="png")


def _of(row: Mapping[str, Json]) -> tuple[Json, Json]:
    return row["protocol"], row["task"]


def _lines(row: Mapping[str, Json]) -> tuple[list[float], list[float], list[float]]:
    """Answers, success ever and at the end: of each check of the run, then of the last measurement."""
    points = [[float(str(value)) for value in point] for point in cast("list[list[Json]]", row["curve"])]
    kept = [(point[0], point[2], point[3]) for point in points]
    kept[-1:] = [(float(str(row["answers"])), float(str(row["ever"])), float(str(row["end"])))]
    answers, ever, end = (list(column) for column in zip(*kept, strict=True))
    return answers, ever, end
