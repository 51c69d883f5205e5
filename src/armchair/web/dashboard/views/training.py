"""The page "Training": whether the arm learns, whether the reward model can be trusted, what goes on now."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from itertools import chain

import pandas as pd
import streamlit as st

from armchair.feedback.progress_test import COMPARED, progress_test, wish_test
from armchair.store.board import budget_of, own_wish
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.web.dashboard import charts, metrics, runs, source
from armchair.web.dashboard.charts import Axis, Line, Panel, Rule
from armchair.web.dashboard.wording import figure, plain, span

EVERY = 3.0  # s between two readings of the figures
REDRAW = 10.0  # s between two drawings of the charts
STALE = 15.0  # s without a report after which the trainer is thought to be gone
CONTINUE = "`armchair resume RUN` goes on where it stopped; answers given meanwhile wait in the store."
PHASES = {
    "collecting": "collecting clips",
    "fitting": "fitting the reward model",
    "waiting": "waiting for answers",
}
AXES: dict[str, Axis] = {"steps": "env_steps", "answers": "answers", "minutes": "minutes"}
CHANCE = math.log(2)  # negative log likelihood of a coin


def show() -> None:
    """Draw the page."""
    st.title("Training", anchor=False)
    _now()
    picked = st.segmented_control("Drawn against", list(AXES), default="steps", key="axis")
    _over_time(AXES[picked or "steps"])


@st.fragment(run_every=EVERY)
def _now() -> None:
    """What holds at the moment."""
    data = source.current()
    _phase(data.store)
    table = _table(data)
    if table.empty:
        st.info(
            "No metrics yet. They come with the first update of the policy, after the first questions have "
            "been answered: give some answers on the labelling page."
        )
        return
    _alarm(table, data.store)
    wishes = data.store.wishes()
    meter = wish_test(compared(data.store), wishes) if wishes else progress_test(compared(data.store))
    if meter.wins + meter.ties + meter.losses:
        st.caption(meter.text)
    _figures(table, data.store)


@st.fragment(run_every=REDRAW)
def _over_time(axis: Axis) -> None:
    """How it came about; charts take the server some time, so they are drawn less often."""
    data = source.current()
    table = _table(data)
    if table.empty:
        return
    around = runs.runs_around(data.run.path.parent) if data.run else []
    _charts(metrics.thinned(table), axis, runs.ceiling(around, _task(data)))
    _answers(data.store.records())


def _table(data: source.Source) -> pd.DataFrame:
    """The metrics; of a run without any in its store those of its folder."""
    board = data.store.board
    table = metrics.metrics_table(board.metrics() or (data.run.metrics() if data.run else []))
    return table if own_wish(board.settings(), board.status()) else metrics.without_truth(table)


def _phase(store: Store) -> None:
    """One line on what the trainer does, and how fresh that is."""
    status = store.board.status()
    if status is None:
        st.warning(f"No trainer has worked on this store yet. `armchair teach TASK` begins one; {CONTINUE}")
        return
    value, age = status.value, max(0.0, time.time() - status.updated)
    phase = str(value.get("phase", ""))
    parts = [f"**{PHASES.get(phase, plain(phase)).capitalize()}**", plain(str(value.get("task", "")))]
    if value.get("updates") is not None:
        parts.append(f"update {value['updates']} of {value.get('of_updates', '?')}")
    parts.append(f"updated {span(age)} ago")
    line = " · ".join(part for part in parts if part)
    if phase not in ("done", "stopped") and age > STALE:
        st.warning(f"{line}. The trainer seems to be gone. {CONTINUE}")
    elif phase == "stopped":
        st.warning(f"{line}. {CONTINUE}")
    else:
        st.markdown(line)


def _alarm(table: pd.DataFrame, store: Store) -> None:
    found = metrics.alarm_of(table, approval(store))
    if found is None:
        return
    st.error(
        f"**The reward model is being outwitted.** Since step {found.since:,.0f} the learned return rises, "
        f"but {found.text}. Pause the training, look at the newest clips, and answer questions about them: "
        "the model learns from your answers that this is not what you want."
    )


def _figures(table: pd.DataFrame, store: Store) -> None:
    """The newest figures in large type."""
    success, accuracy = metrics.latest(table, "eval_success"), metrics.latest(table, "accuracy")
    counts, budget = store.counts(), budget_of(store.board.settings(), store.board.status())
    shown = {
        "Success, last evaluation": (figure(success.value, ".0%"), gain(success)),
        "Answers": (f"{counts.asked}" + (f" of {budget}" if budget else ""), None),
        "Reward model is right": (figure(accuracy.value, ".0%"), gain(accuracy)),
        "Environment steps a second": (figure(metrics.latest(table, "speed").value), None),
    }
    for column, (name, (value, change)) in zip(st.columns(4), shown.items(), strict=True):
        column.metric(name, value, change, border=True, height="stretch")


def gain(latest: metrics.Latest) -> str | None:
    """What has changed since the first figure, in percentage points; None where nothing has."""
    change = 100 * (latest.value - latest.first)
    return None if math.isnan(change) or abs(change) < 0.5 else f"{change:+.0f} points since the first"


def _charts(table: pd.DataFrame, axis: Axis, ceiling: float | None) -> None:
    if not table[axis].notna().to_numpy().any():
        st.info("These metrics do not say when they were written: choose steps or answers.")
        return
    rule = None if ceiling is None else Rule(ceiling, f"taught by {runs.TRUE_REWARD}: {ceiling:.0%}")
    draw = partial(_draw, table, axis)
    success = [Line("eval_success", "evaluated, without noise", points=True), Line("success", "in training")]
    right = [Line("accuracy", "answers held out", points=True), Line("fit_accuracy", "answers fitted")]
    loss = [Line("nll", "answers held out", points=True), Line("fit_nll", "answers fitted")]
    true, spread = [Line("eval_return", "true", points=True)], [Line("fit_spread", "spread", points=True)]
    first, second = st.columns(2)
    with first:
        draw("Success", Panel(success, "share of episodes", ".0%", (0, 1), rule))
        draw("True return", Panel(true, "sum over an episode"))
        draw("Learned return", Panel([Line("learned", "learned")], "gain since the start, a step"))
        st.caption(
            "Should rise together with the true one. Every fit sets the scale of the learned reward anew, so "
            "the curve adds up the gains between fits."
        )
    with second:
        draw("Reward model: accuracy", Panel(right, "share of answers", ".0%", rule=Rule(0.5, "a coin")))
        draw("Reward model: likelihood", Panel(loss, "NLL (nats)", rule=Rule(CHANCE, "a coin")))
        draw("Reward model: calibration", Panel([Line("ece", "ECE", points=True)], "ECE (share)"))
    first, second = st.columns(2)
    with first:
        draw("Disagreement of the ensemble", Panel(spread, "spread of members (reward)"))
    with second:
        draw("Throughput", Panel([Line("speed", "speed")], "environment steps/s", ",.0f"))


def _draw(table: pd.DataFrame, axis: Axis, title: str, panel: Panel) -> None:
    """A chart below its title, or what is missing."""
    st.markdown(f"**{title}**")
    if all(table[line.column].isna().all() for line in panel.lines):
        st.caption("Nothing written down yet.")
        return
    drawing = charts.lines(table, axis, panel)
    st.altair_chart(drawing, key=f"chart {title}", alt=f"{title} against {charts.TITLES[axis]}")


def _answers(records: Sequence[Record]) -> None:
    """How answers came in."""
    st.markdown("**Answers over time**")
    if not records:
        st.caption("No answers yet.")
        return
    begin = min(record.answer.created for record in records)
    rows = sorted(((record.answer.created - begin) / 60, record.answer.annotator) for record in records)
    table = pd.DataFrame(rows, columns=["minutes", "annotator"])
    table["given"] = table.groupby("annotator").cumcount() + 1
    told = "Answers given against time, by annotator"
    st.altair_chart(charts.steps(table), key="chart answers", alt=told)


def compared(store: Store) -> list[Record]:
    """Answers to blind questions of newer against older behaviour."""
    return list(chain.from_iterable(store.records(strategy=strategy) for strategy in COMPARED))


def approval(store: Store) -> list[tuple[float, float]]:
    """Blind questions of newer against older behaviour: at which step, and the newer clip's share.

    1 where it won, 0 where it lost, 0.5 for a tie; what cannot be told is left out.
    """
    found: list[tuple[float, float]] = []
    for record in compared(store):
        choice, newer = record.answer.choice, "right" if record.right_step > record.left_step else "left"
        if choice != "cant_tell":
            won = 0.5 if choice in ("tie", "both_bad") else float(choice == newer)
            found.append((float(record.question.policy_step), won))
    return sorted(found, key=lambda pair: pair[0])


def _task(data: source.Source) -> str:
    """The run's task, from the trainer or from its configuration."""
    status = data.store.board.status()
    if status is not None and status.value.get("task"):
        return str(status.value["task"])
    return str(data.run.config().get("task", "")) if data.run else ""
