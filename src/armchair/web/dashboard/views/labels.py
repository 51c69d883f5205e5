"""The page "Labels": what was answered, how far annotators agree, and whose answers count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from armchair.store.store import Store
from armchair.types import Choice
from armchair.web.dashboard import replay, source
from armchair.web.dashboard.labelled import WORDS, Disagreement, Labelled, filtered, labelled
from armchair.web.dashboard.source import Source
from armchair.web.dashboard.views import annotators
from armchair.web.dashboard.wording import expected, plain

EVERY = 3.0  # s between two looks for new answers
MOST = 500  # rows of the table
AT_ODDS: dict[Disagreement, str] = {
    "any": "all answers",
    "people": "others answered otherwise",
    "model": "the model had guessed otherwise",
    "self": "they answered otherwise themselves",
}
WHO: dict[Disagreement, str] = {"people": "others", "model": "the model", "self": "themselves"}


def show() -> None:
    """Draw the page."""
    st.title("Labels", anchor=False)
    data = source.current()
    records = data.store.records(excluded=True)
    if not records:
        st.info(
            "No answers yet. Open the labelling page and answer the first question; it will be here at once."
        )
        annotators.draw_models(data.store)
        annotators.draw_awaited(data.store, records)
        return
    _fresh(data.store, data.store.position())
    browse, everyone = st.tabs(["Answers", "Annotators"])
    with browse:
        _browse(data, labelled(records))
    with everyone:
        annotators.draw(data.store)


@st.fragment(run_every=EVERY)
def _fresh(store: Store, drawn: int) -> None:
    """Offer to draw the page anew when there are new answers: rows do not move under the pointer."""
    if store.position() != drawn and st.button("There are new answers: show them", key="fresh"):
        st.rerun()


def _browse(data: Source, rows: Sequence[Labelled]) -> None:
    """The table of answers, and the one that is chosen in it."""
    found = _filtered(rows)[::-1]
    left, right = st.columns([3, 2], gap="large")
    with left:
        shown = found[:MOST]
        more = f", the latest {MOST} shown" if len(found) > MOST else ""
        st.caption(f"{len(found)} of {len(rows)} answers{more}. Choose a row to see what was compared.")
        chosen = _table(shown)
    with right:
        if shown:
            _detail(data, shown[chosen if chosen < len(shown) else 0])


def _filtered(rows: Sequence[Labelled]) -> list[Labelled]:
    """Draw the filters. -> the answers that pass them."""
    names = sorted({row.record.answer.annotator for row in rows})
    strategies = sorted({row.record.question.strategy for row in rows})
    columns = st.columns(4)
    people = columns[0].multiselect("Annotator", names, key="annotators", placeholder="everyone")
    choices: list[Choice] = columns[1].multiselect(
        "Answer", list(WORDS), key="choices", placeholder="any", format_func=WORDS.__getitem__
    )
    chosen = columns[2].multiselect("Pair chosen by", strategies, key="strategies", placeholder="any")
    at_odds = columns[3].selectbox(
        "Disagreement", list(AT_ODDS), key="disagreement", format_func=AT_ODDS.__getitem__
    )
    return filtered(rows, people, choices, chosen, at_odds)


def _table(rows: Sequence[Labelled]) -> int:
    """Draw the answers. -> the row that is chosen, the first one before any is."""
    if not rows:
        st.info("No answer passes these filters: take one away.")
        return 0
    event = st.dataframe(
        pd.DataFrame([_row(row) for row in rows]),
        hide_index=True,
        height=430,
        key="answers",
        on_select="rerun",
        selection_mode="single-row",
        alt="Answers, the latest first",
        column_config={
            "when": st.column_config.DatetimeColumn(format="MMM D, HH:mm:ss"),
            "seconds": st.column_config.NumberColumn(format="%.1f", width="small"),
            "strength": st.column_config.NumberColumn(width="small"),
        },
    )
    chosen: list[int] = event["selection"]["rows"]
    return chosen[0] if chosen else 0


def _row(row: Labelled) -> dict[str, object]:
    answer, question = row.record.answer, row.record.question
    return {
        "when": datetime.fromtimestamp(answer.created, UTC),
        "annotator": answer.annotator,
        "answer": WORDS[answer.choice],
        "strength": answer.strength,
        "seconds": answer.seconds,
        "pair chosen by": question.strategy,
        "at odds with": ", ".join(name for who, name in WHO.items() if who in row.at_odds),
    }


def _detail(data: Source, row: Labelled) -> None:
    """One answer: the clips, and all that was recorded with it."""
    answer, question, record = row.record.answer, row.record.question, row.record
    st.markdown(f"**{plain(answer.annotator)}: {WORDS[answer.choice]}**")
    replay.draw_3d(data, question.left, question.right)
    facts = {
        "the model": expected(question.guess),
        "sides on the screen": "exchanged" if answer.swapped else "as they are",
        "time to answer": f"{answer.seconds:.1f} s",
        "policy in the clips": f"step {record.left_step:,} (left), {record.right_step:,} (right)",
        "page": plain(answer.page) or "–",
    }
    if question.repeat_of:
        facts["repeat"] = "asked before, with the sides exchanged"
    st.caption(" · ".join(f"{name}: {value}" for name, value in facts.items()))
