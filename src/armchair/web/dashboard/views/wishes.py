"""The page "Wishes": what the weights of a run's wishes bring and cost, and choosing them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st

from armchair.agents.choosing import choose, weights_of
from armchair.errors import ArmchairError
from armchair.runs.curve import Curve, Row, along, between, gain, read_curve
from armchair.runs.folder import RunDir
from armchair.web.dashboard import charts, source
from armchair.web.dashboard.charts import Place
from armchair.web.dashboard.wording import figure, plain

DONE, SUCCESS, BROUGHT = "task done", "true success", "of what the wish can bring"
Of = Callable[[Row], float]
CLOSE = 0.005  # a slider's step is twice that


def there() -> bool:
    """Whether the run that is shown has a policy with wishes."""
    with suppress(ArmchairError):
        run = source.current().run
        return run is not None and bool(weights_of(run))
    return False


def show() -> None:
    """Draw the page."""
    st.title("Wishes", anchor=False)
    run = source.current().run
    weights = weights_of(run) if run is not None and there() else {}
    if run is None or not weights:
        st.info("The policy of this run has no wishes: `armchair teach --wish` teaches some.")
        return
    curve = read_curve(run)
    if curve is None or set(curve.wishes) != set(weights):
        curve = None
        st.info("No curve yet: the trainer leaves one at the end of a run.")
    st.caption(
        "A slider says how much a wish counts. In charts the ring is what the run uses, the dot where the "
        "slider is, on the line between weights that were measured. `armchair play` shows the arm beside the "
        "same sliders."
    )
    given = {name: _slider(name, weight) for name, weight in weights.items()}
    _choice(run, weights, given)
    if curve is not None:
        for name in weights:
            _wish(curve, name, weights, given)
        with st.expander(f"Everything that was measured ({len(curve.rows)})"):
            st.dataframe(measured(curve), hide_index=True, alt="What each weight came to")


def words(name: str) -> str:
    """A wish's name as people read it."""
    return name.replace("_", " ")


def _slider(name: str, chosen: float) -> float:
    label = f"How much: {plain(words(name))}"
    return float(st.slider(label, 0.0, 1.0, round(chosen, 2), 0.01, key=f"weight {name}"))


def _choice(run: RunDir, weights: Mapping[str, float], given: Mapping[str, float]) -> None:
    """The button that keeps what the sliders say."""
    same = all(abs(given[name] - weight) < CLOSE for name, weight in weights.items())
    used = ", ".join(f"{plain(words(name))} {weight:.2f}" for name, weight in weights.items())
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Use this", key="use", type="primary", disabled=same)
        st.markdown(f"The run uses {used}.")
    if not pressed:
        return
    try:
        choose(run, given)
    except ArmchairError as error:
        st.error(plain(str(error)))
        return
    st.toast("Kept: play, evaluate and export take it from now on.")
    st.rerun()


def _wish(curve: Curve, name: str, weights: Mapping[str, float], given: Mapping[str, float]) -> None:
    """One wish: figures at the slider, what it costs, and both against its weight."""
    own = curve.wishes.index(name)
    st.subheader(plain(words(name).capitalize()), anchor=False)
    st.markdown(plain(curve.questions[own]))
    rows = along(curve, name, given)
    now = between(rows, own, given[name])
    if now is None or len(rows) < 2:
        st.caption("Too few weights of this wish were measured to draw a line.")
        return
    brought = gain(rows, own, now.wish[own])
    shown = {DONE: now.done, SUCCESS: now.success, BROUGHT: brought}
    for column, (title, value) in zip(st.columns(3), shown.items(), strict=True):
        told = figure(math.nan if value is None else value, ".0%")
        column.metric(title[0].upper() + title[1:], told, border=True)
    spots = {"the run": between(rows, own, weights[name]) or now, "the slider": now}

    def reward(row: Row) -> float:
        return row.wish[own]

    def weight(row: Row) -> float:
        return row.weights[own]

    left, right = st.columns(2)
    with left:
        _draw(rows, spots, weight, (f"{words(name)} (learned reward)", ".2~f", reward))
    with right:
        _draw(rows, spots, weight, (f"weight of {words(name)}", ".1f", weight))


def _draw(rows: Sequence[Row], spots: Mapping[str, Row], weight: Of, across: tuple[str, str, Of]) -> None:
    """Shares against something: its title, how its numbers are written, and what it is of a row."""
    title, form, of = across
    cells = [
        {"x": of(row), "share": share, "kind": kind, "weight": weight(row)}
        for row in rows
        for kind, share in ((DONE, row.done), (SUCCESS, row.success))
        if share is not None
    ]
    run, slider = (Place(of(row), row.done, who) for who, row in spots.items())
    drawing = charts.traded(pd.DataFrame(cells), title, form, run, slider)
    st.altair_chart(drawing, key=f"chart {title}", alt=f"Share of tries against {title}")


def measured(curve: Curve) -> pd.DataFrame:
    """The curve as a table, by weights."""

    def line(row: Row) -> dict[str, str]:
        known = math.nan if row.success is None else row.success
        cells = {words(name): f"{weight:g}" for name, weight in zip(curve.wishes, row.weights, strict=True)}
        cells |= {DONE: figure(row.done, ".1%"), SUCCESS: figure(known, ".1%")}
        rewards = zip(curve.wishes, row.wish, strict=True)
        return cells | {f"reward of {words(name)}": f"{value:.3f}" for name, value in rewards}

    return pd.DataFrame([line(row) for row in sorted(curve.rows, key=lambda row: row.weights)])
