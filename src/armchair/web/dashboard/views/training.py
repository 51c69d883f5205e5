"""The page "Training": whether the arm learns, whether the reward model can be trusted, what goes on now."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from armchair.feedback.done_meter import STRATEGY as PROGRESS
from armchair.feedback.done_meter import done_meter
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.web.dashboard import charts, runs, source
from armchair.web.dashboard.charts import Axis, Line, Rule
from armchair.web.dashboard.views import history
from armchair.web.dashboard.wording import figure, plain, share, span

EVERY = 3.0  # s between two looks
REDRAW = 10.0  # s between two drawings of the charts
STALE = 15.0  # s without a word after which the trainer is thought to be gone
CONTINUE = "`armchair resume RUN` goes on where it stopped; answers given meanwhile wait in the store."
PHASES = {
    "collecting": "collecting clips",
    "fitting": "fitting the reward model",
    "practising": "practising",
    "waiting": "waiting for answers",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
}
AXES: dict[str, Axis] = {"steps": "env_steps", "answers": "answers", "minutes": "minutes"}
CHANCE = math.log(2)  # negative log likelihood of a coin


def show() -> None:
    """Draw the page."""
    st.title("Training", anchor=False)
    _now()
    picked = st.segmented_control("Drawn against", list(AXES), default="steps", key="axis")
    _course(AXES[picked or "steps"])


@st.fragment(run_every=EVERY)
def _now() -> None:
    """What holds at the moment."""
    here = source.current()
    _phase(here.store)
    table = _table(here)
    if table.empty:
        st.info(
            "No metrics yet. They come with the first update of the policy, after the first questions have "
            "been answered: give some answers on the labelling page."
        )
        return
    _alarm(table, here.store)
    meter = done_meter(here.store.records(strategy=PROGRESS))
    if meter.wins + meter.ties + meter.losses:
        st.caption(meter.text)
    _figures(table, here.store)


@st.fragment(run_every=REDRAW)
def _course(axis: Axis) -> None:
    """How it came about; charts take the server some time, so they are drawn less often."""
    here = source.current()
    table = _table(here)
    if table.empty:
        return
    around = runs.runs_around(here.run.path.parent) if here.run else []
    _charts(history.thinned(table), axis, runs.ceiling(around, _task(here)))
    _answers(here.store.records())


def _table(here: source.Source) -> pd.DataFrame:
    """The metrics; of a run without any in its store those of its folder."""
    return history.history(here.store.board.metrics() or (here.run.metrics() if here.run else []))


def _phase(store: Store) -> None:
    """One line on what the trainer does, and how fresh that is."""
    status = store.board.status()
    if status is None:
        st.warning(f"No trainer has worked on this store yet. `armchair teach TASK` begins one; {CONTINUE}")
        return
    value, age = status.value, max(0.0, time.time() - status.updated)
    phase = str(value.get("phase", ""))
    told = [f"**{PHASES.get(phase, plain(phase)).capitalize()}**", plain(str(value.get("task", "")))]
    if value.get("updates") is not None:
        told.append(f"update {value['updates']} of {value.get('of_updates', '?')}")
    told.append(f"told {span(age)} ago")
    line = " · ".join(part for part in told if part)
    if phase not in ("done", "stopped") and age > STALE:
        st.warning(f"{line}. The trainer seems to be gone. {CONTINUE}")
    elif phase == "stopped":
        st.warning(f"{line}. {CONTINUE}")
    else:
        st.markdown(line)


def _alarm(table: pd.DataFrame, store: Store) -> None:
    found = history.alarm_of(table, approval(store))
    if found is None:
        return
    st.error(
        f"**The reward model is being outwitted.** Since step {found.since:,.0f} the learned return rises, "
        f"but {found.text}. Pause the training, look at the newest clips, and answer questions about them: "
        "the model learns from your answers that this is not what you want."
    )


def _figures(table: pd.DataFrame, store: Store) -> None:
    """The newest figures in large type."""
    success, accuracy = history.latest(table, "eval_success"), history.latest(table, "accuracy")
    counts, settings = store.counts(), store.board.settings()
    status = store.board.status()
    budget = settings.labels or (status.value.get("labels") if status else None)
    columns = st.columns(4)
    columns[0].metric(
        "Success, last evaluation", share(success.value), gain(success), border=True, height="stretch"
    )
    columns[1].metric(
        "Answers", f"{counts.asked}" + (f" of {budget}" if budget else ""), border=True, height="stretch"
    )
    columns[2].metric(
        "Reward model is right", share(accuracy.value), gain(accuracy), border=True, height="stretch"
    )
    speed = history.latest(table, "speed").value
    columns[3].metric("Environment steps a second", figure(speed), border=True, height="stretch")


def gain(latest: history.Latest) -> str | None:
    """What has changed since the first figure, in percentage points; None where nothing has."""
    change = 100 * (latest.value - latest.first)
    return None if math.isnan(change) or abs(change) < 0.5 else f"{change:+.0f} points since the first"


def _charts(table: pd.DataFrame, axis: Axis, ceiling: float | None) -> None:
    if not table[axis].notna().to_numpy().any():
        st.info("These metrics do not say when they were written: choose steps or answers.")
        return
    rule = None if ceiling is None else Rule(ceiling, f"taught by {runs.TRUE_REWARD}: {ceiling:.0%}")
    success = [Line("eval_success", "evaluated, without noise", points=True), Line("success", "in training")]
    first, second = st.columns(2)
    with first:
        _draw("Success", table, axis, success, "share of episodes", form=".0%", domain=(0, 1), rule=rule)
        _draw("True return", table, axis, [Line("eval_return", "true", points=True)], "sum over an episode")
        _draw("Learned return", table, axis, [Line("learned", "learned")], "gain since the start, a step")
        st.caption(
            "Should rise together with the true one. Every fit sets the scale of the learned reward anew, so "
            "the curve adds up the gains between fits."
        )
    with second:
        right = [Line("accuracy", "answers held out", points=True), Line("fit_accuracy", "answers fitted")]
        coin = Rule(0.5, "a coin")
        _draw("Reward model: accuracy", table, axis, right, "share of answers", form=".0%", rule=coin)
        loss = [Line("nll", "answers held out", points=True), Line("fit_nll", "answers fitted")]
        _draw("Reward model: likelihood", table, axis, loss, "NLL (nats)", rule=Rule(CHANCE, "a coin"))
        _draw("Reward model: calibration", table, axis, [Line("ece", "ECE", points=True)], "ECE (share)")
    first, second = st.columns(2)
    with first:
        spread = [Line("fit_spread", "spread", points=True)]
        _draw("Disagreement of the ensemble", table, axis, spread, "spread of members (reward)")
    with second:
        _draw("Throughput", table, axis, [Line("speed", "speed")], "environment steps/s", form=",.0f")


def _draw(
    title: str,
    table: pd.DataFrame,
    axis: Axis,
    drawn: Sequence[Line],
    unit: str,
    *,
    form: str = ".3~g",
    domain: tuple[float, float] | None = None,
    rule: Rule | None = None,
) -> None:
    """A chart below its title, or what is missing."""
    st.markdown(f"**{title}**")
    if all(table[line.column].isna().all() for line in drawn):
        st.caption("Nothing written down yet.")
        return
    drawing = charts.lines(table, axis, drawn, unit, form=form, domain=domain, rule=rule)
    st.altair_chart(drawing, key=f"chart {title}", alt=f"{title} against {charts.TITLES[axis]}")


def _answers(records: Sequence[Record]) -> None:
    """How answers came in."""
    st.markdown("**Answers over time**")
    if not records:
        st.caption("No answers yet.")
        return
    begin = min(record.answer.created for record in records)
    rows: list[dict[str, float | str]] = []
    given: dict[str, int] = {}
    for record in sorted(records, key=lambda record: record.answer.created):
        name = record.answer.annotator
        given[name] = given.get(name, 0) + 1
        rows.append(
            {"minutes": (record.answer.created - begin) / 60, "given": given[name], "annotator": name}
        )
    st.altair_chart(
        charts.steps(pd.DataFrame(rows)), key="chart answers", alt="Answers given against time, by annotator"
    )


def approval(store: Store) -> list[tuple[float, float]]:
    """Blind questions of newer against older behaviour: at which step, and the newer clip's share.

    1 where it won, 0 where it lost, 0.5 for a tie; what cannot be told is left out.
    """
    found: list[tuple[float, float]] = []
    for record in store.records(strategy=PROGRESS):
        choice, newer = record.answer.choice, "right" if record.right_step > record.left_step else "left"
        if choice != "cant_tell":
            won = 0.5 if choice in ("tie", "both_bad") else float(choice == newer)
            found.append((float(record.question.policy_step), won))
    return sorted(found, key=lambda pair: pair[0])


def _task(here: source.Source) -> str:
    """The run's task, from the trainer or from its configuration."""
    status = here.store.board.status()
    if status is not None and status.value.get("task"):
        return str(status.value["task"])
    return str(here.run.config().get("task", "")) if here.run else ""
