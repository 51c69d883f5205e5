"""The page "Compare": the run beside others, by whom or what they were taught."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from armchair.intervals import Reached
from armchair.web.dashboard import charts, runs, source
from armchair.web.dashboard.runs import Axis, Measure, Run

MEASURES: dict[str, Measure] = {"success": "success", "true return": "total"}
TITLES: dict[Measure, str] = {
    "success": "success at the end",
    "total": "true return (sum over an episode)",
}
FORMS: dict[Measure, str] = {"success": ".0%", "total": ".3~g"}  # on the axis, as d3 writes it
CELLS: dict[Measure, str] = {"success": ".1%", "total": ".4g"}  # in the table
AXES: dict[Axis, str] = {"answers": "Against answers", "env_steps": "Against environment steps"}


def show() -> None:
    """Draw the page."""
    st.title("Compare", anchor=False)
    data = source.current()
    around = runs.runs_around(data.run.path.parent) if data.run else []
    if not around:
        st.info(
            "No run beside this one has been evaluated yet. `armchair compare TASK` trains on the task's own "
            "reward and by a simulated teacher, over several seeds; `armchair teach TASK` adds yours."
        )
        return
    tasks = sorted({run.task for run in around})
    own = next((run.task for run in around if data.run and run.name == data.run.name), tasks[0])
    left, middle, right = st.columns([1, 2, 1])
    task = left.selectbox("Task", tasks, index=tasks.index(own), key="task")
    measure = MEASURES[right.selectbox("Measure", list(MEASURES), key="measure")]
    of_task = [run for run in around if run.task == task]
    names = list(dict.fromkeys(run.learned_from for run in of_task))
    usual = list(dict.fromkeys(run.learned_from for run in of_task if run.wish is None)) or names
    chosen = middle.multiselect("Learnt from", names, default=usual, key="learned_from")
    if len(usual) < len(names):
        st.caption(
            "Runs about another wish than the task's are not chosen at first: success and true return here "
            "are the task's and say nothing of such a wish."
        )
    _compare([run for run in of_task if run.learned_from in chosen], measure, names)


def _compare(chosen: list[Run], measure: Measure, names: list[str]) -> None:
    if not runs.groups(chosen, measure):
        st.info("None of the runs chosen tells this measure: choose others above.")
        return
    found = runs.summary(chosen, measure)
    st.dataframe(pd.DataFrame([_row(line, measure) for line in found]), hide_index=True, alt="How runs ended")
    for column, (axis, title) in zip(st.columns(2), AXES.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            table = pd.DataFrame(runs.bands(chosen, axis, measure))
            drawing = charts.banded(table, axis, TITLES[measure], FORMS[measure], names)
            st.altair_chart(drawing, alt=f"{TITLES[measure]}, {title.lower()}, by what was learnt from")
    st.caption(
        "A line is the mean over the runs of a group, which differ in their seeds; the band is its 95 % "
        "interval by Student's t, where there are at least two. Between two evaluations a run is taken to be "
        "on the line between them. What was never asked anything is a level line against answers."
    )
    with st.expander(f"The runs ({len(chosen)})"):
        rows = [{"run": run.name, "learnt from": run.learned_from, "seed": run.seed} for run in chosen]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="The runs compared")


def _row(line: runs.Summary, measure: Measure) -> dict[str, str | float]:
    def cell(value: float) -> str:
        return format(value, CELLS[measure])

    return {
        "learnt from": line.learned_from,
        "runs": line.runs,
        "at the end": cell(line.value),
        "95 % interval": "–" if math.isnan(line.low) else f"{cell(line.low)} to {cell(line.high)}",
        "worst": cell(line.worst),
        "at 90 % or more": "–" if line.reached is None else _share(line.reached),
        "environment steps": round(line.env_steps),
        "answers": round(line.answers),
    }


def _share(found: Reached) -> str:
    return f"{found.runs} of {found.of} ({found.low:.0%} to {found.high:.0%})"
