"""Charts as the dashboard draws them: labelled axes with units, one look in light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import altair as alt
import pandas as pd

# Okabe and Ito's colours, which most colour-blind people can tell apart; all are readable on black and white
COLOURS = ("#0b84c8", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
GREY = "#8a8f98"
HEIGHT = 250  # pixels

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart

Axis = Literal["env_steps", "answers", "minutes"]
TITLES: dict[Axis, str] = {
    "env_steps": "environment steps",
    "answers": "answers",
    "minutes": "minutes since the beginning",
}


class Line(NamedTuple):
    """A column of a table, drawn as a line."""

    column: str
    name: str
    points: bool = False  # mark each value: they are few


class Place(NamedTuple):
    """Where something is in a chart."""

    x: float
    y: float
    name: str


class Rule(NamedTuple):
    """A level line to compare with."""

    y: float
    name: str


class Panel(NamedTuple):
    """What a chart of columns shows."""

    lines: Sequence[Line]
    title: str  # of the vertical axis, with its unit
    form: str = ".3~g"  # of numbers, as d3 writes it
    domain: tuple[float, float] | None = None  # of the vertical axis
    rule: Rule | None = None


def lines(table: pd.DataFrame, axis: Axis, panel: Panel) -> Drawing:
    """Columns of a table against an axis, each where it is known."""
    drawn, title, form, domain, rule = panel
    names = [line.name for line in drawn]
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])),
        legend=alt.Legend(orient="top", labelLimit=300) if len(names) > 1 else None,
    )
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=False)
    layers: list[alt.Chart] = []
    for line in drawn:
        known = table.dropna(subset=[line.column, axis])
        data = pd.DataFrame({"x": known[axis], "y": known[line.column], "series": line.name})
        layers.append(
            alt.Chart(data)
            .mark_line(point=line.points or len(data) == 1, strokeWidth=2 if line.points else 1.5)
            .encode(
                x=alt.X("x:Q", title=TITLES[axis], axis=alt.Axis(format="~s", tickCount=6)),
                y=alt.Y("y:Q", title=title, scale=scale, axis=alt.Axis(format=form, tickCount=5)),
                color=colour,
                tooltip=[
                    alt.Tooltip("series:N", title="what"),
                    alt.Tooltip("x:Q", title=TITLES[axis], format=",.4~r"),
                    alt.Tooltip("y:Q", title=title, format=form),
                ],
            )
        )
    layers += _rule(rule, form) if rule else []
    return alt.layer(*layers).properties(height=HEIGHT)


def _rule(rule: Rule, form: str) -> list[alt.Chart]:
    data = pd.DataFrame({"y": [rule.y], "name": [rule.name]})
    base = alt.Chart(data).encode(y="y:Q", tooltip=["name:N", alt.Tooltip("y:Q", format=form)])
    text = alt.Chart(data).mark_text(align="left", baseline="bottom", dx=4, dy=-2, color=GREY)
    return [
        base.mark_rule(strokeDash=[6, 4], color=GREY),
        text.encode(y="y:Q", x=alt.value(0), text="name:N"),
    ]


def steps(table: pd.DataFrame) -> Drawing:
    """Answers given so far, by whom: columns minutes, given, annotator."""
    return (
        alt.Chart(table)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("minutes:Q", title="minutes since the first answer", axis=alt.Axis(tickCount=8)),
            y=alt.Y("given:Q", title="answers given", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "annotator:N",
                title=None,
                scale=alt.Scale(range=list(COLOURS)),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["annotator:N", "given:Q", alt.Tooltip("minutes:Q", format=".1f")],
        )
        .properties(height=HEIGHT)
    )


def bars(table: pd.DataFrame, title: str, counted: str = "answers") -> alt.Chart:
    """Horizontal bars: columns `what` (in the order to draw) and `count`."""
    return (
        alt.Chart(table)
        .mark_bar(color=COLOURS[0], cornerRadiusEnd=3)
        .encode(
            x=alt.X("count:Q", title=counted, axis=alt.Axis(tickMinStep=1, format="~s")),
            y=alt.Y("what:N", title=title, sort=None, axis=alt.Axis(labelOverlap=False)),
            tooltip=[alt.Tooltip("what:N", title=title), alt.Tooltip("count:Q", title=counted)],
        )
        .properties(height=90 + 30 * len(table))
    )


def intervals(table: pd.DataFrame, title: str, usual: float) -> Drawing:
    """Shares with their intervals, one below the other: columns what, value, low, high. usual: to compare."""
    base = alt.Chart(table).encode(
        y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelOverlap=False))
    )
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", tickCount=5)
    tooltip = [
        alt.Tooltip("what:N", title="annotator"),
        *(alt.Tooltip(f"{name}:Q", format=".0%") for name in ("value", "low", "high")),
    ]
    level = alt.Chart(pd.DataFrame({"x": [usual]})).mark_rule(strokeDash=[6, 4], color=GREY)
    return alt.layer(
        level.encode(x=alt.X("x:Q", scale=scale)),
        base.mark_rule(strokeWidth=3, opacity=0.4, color=COLOURS[0]).encode(
            x=alt.X("low:Q", title=title, scale=scale, axis=axis), x2="high:Q", tooltip=tooltip
        ),
        base.mark_point(filled=True, size=80, color=COLOURS[0]).encode(x="value:Q", tooltip=tooltip),
    ).properties(height=90 + 36 * len(table))


def histogram(values: Sequence[float], title: str, width: float, most: float) -> alt.Chart:
    """How many values lie in each bin of that width; those beyond `most` are counted in the last one."""
    cut = pd.DataFrame({"value": [min(value, most - width / 2) for value in values]})
    return (
        alt.Chart(cut)
        .mark_bar(color=COLOURS[0])
        .encode(
            x=alt.X("value:Q", title=title, bin=alt.Bin(step=width, extent=[0, most])),
            y=alt.Y("count():Q", title="answers", axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("count():Q", title="answers")],
        )
        .properties(height=HEIGHT)
    )


def traded(table: pd.DataFrame, title: str, form: str, ring: Place, dot: Place) -> Drawing:
    """Shares of tries against what they are traded for: columns x, share, kind, weight (in whose order).

    title, form: of the horizontal axis. ring, dot: what is marked so.
    """
    names = list(dict.fromkeys(table["kind"]))
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])),
        legend=alt.Legend(orient="top"),
    )
    least = min(0.8, *table["share"].tolist())
    share = alt.Y("y:Q", scale=alt.Scale(domain=[math.floor(10 * least) / 10, 1]))
    lines = alt.Chart(table.rename(columns={"share": "y"})).mark_line(point=True, strokeWidth=2)
    lines = lines.encode(
        x=alt.X("x:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format=form, tickCount=6)),
        y=share.title("share of tries").axis(alt.Axis(format=".0%", tickCount=5)),
        order="weight:Q",
        color=colour,
        tooltip=[
            alt.Tooltip("kind:N", title="what"),
            alt.Tooltip("weight:Q", format=".2~f"),
            alt.Tooltip("x:Q", title=title, format=".3~f"),
            alt.Tooltip("y:Q", title="share", format=".1%"),
        ],
    )
    marked = [alt.Chart(pd.DataFrame([place._asdict()])) for place in (ring, dot)]
    marks = [
        marked[0].mark_point(filled=False, size=260, strokeWidth=2, color=GREY),
        marked[1].mark_point(filled=True, size=140, color=GREY, opacity=1),
    ]
    return alt.layer(
        lines, *(mark.encode(x="x:Q", y=share, tooltip=["name:N"]) for mark in marks)
    ).properties(height=HEIGHT)


def banded(table: pd.DataFrame, axis: Axis, title: str, form: str, names: Sequence[str]) -> Drawing:
    """Means with intervals: columns learned_from, x, mean, low, high. names: fix which colour is whose."""
    colour = alt.Color(
        "learned_from:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=[COLOURS[k % len(COLOURS)] for k in range(len(names))]),
        legend=alt.Legend(orient="top", columns=1, labelLimit=400, symbolOpacity=1),
    )
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title=TITLES[axis], axis=alt.Axis(format="~s", tickCount=6)), color=colour
    )
    area = base.transform_filter("isValid(datum.low)").mark_area(opacity=0.18)
    line = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18))
    return alt.layer(
        area.encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
        line.encode(
            y=alt.Y("mean:Q", title=title, axis=alt.Axis(format=form, tickCount=5)),
            tooltip=[
                alt.Tooltip("learned_from:N", title="learnt from"),
                alt.Tooltip("x:Q", title=TITLES[axis], format=",.4~r"),
                alt.Tooltip("mean:Q", title="mean", format=form),
                alt.Tooltip("low:Q", title="from", format=form),
                alt.Tooltip("high:Q", title="to", format=form),
            ],
        ),
    ).properties(height=340)
