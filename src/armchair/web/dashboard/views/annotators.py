"""Whose answers count: the tab "Annotators" of the page "Labels"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from armchair.feedback.agreement import (
    Reliability,
    Share,
    agreement_of,
    position_bias,
    reliability,
    repeat_consistency,
    seconds_of,
)
from armchair.judging.deciding import FATES
from armchair.judging.figures import read
from armchair.store.people import Person
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.web.dashboard import charts
from armchair.web.dashboard.labelled import WORDS
from armchair.web.dashboard.wording import plain

LONGEST = 20.0  # s; slower answers are counted in the last bar


def draw(store: Store) -> None:
    """Draw how far the answers that count agree, and who gave them."""
    records, everything = store.records(), store.records(excluded=True)
    people = {person.name: person for person in store.people.people()}
    _agreement(records)
    given = {row.annotator: row for row in reliability(everything)}
    given |= {row.annotator: row for row in reliability(records)}  # who is excluded is no measure for others
    st.markdown("**Annotators**")
    table = pd.DataFrame([_row(row, people[name]) for name, row in given.items()])
    st.dataframe(table, hide_index=True, alt="What speaks for and against each annotator")
    st.caption(
        "Shares are of the answers that name a side, and of how many. Slips are answers for the wrong side "
        "of clips that can be told apart, as far as the model's guesses tell. “Always one side” and “at "
        "random” are said only where chance is ruled out. The answers of whoever is excluded stay in the "
        "store and count nowhere, until they are included again; the trainer fits the reward anew by itself."
    )
    draw_models(store)
    draw_awaited(store, everything)
    _exclusion(store, [people[name] for name in given], {name: row.flags for name, row in given.items()})
    _charts(records, list(given.values()))


def draw_models(store: Store) -> None:
    """Draw how models that judge fare, see `armchair judge`; nothing where there is none."""
    models = read(store)
    if not models:
        return
    st.markdown("**Models that judge**")
    rows = [
        {
            "model": one.name,
            "judged": one.asked,
            "answered": one.answered,
            "left to people": one.asked - one.answered,
            "flips": rate_of(one.flips),
            "to the first": rate_of(one.toward_first),
            "agrees, audit": rate_of(one.audited),
            "agrees, handed over": rate_of(one.handed_over),
            "tokens": one.tokens,
        }
        for one in models
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="How each model judges, and what it took")
    st.caption(
        "A model sees each pair in both orders. Flips are pairs of which it names another clip when they "
        "change places; “to the first” says how many of them went to the clip shown first. “Agrees, audit” "
        "is the share of people’s answers that are as its own would have been, on pairs kept from it at "
        "random: so much its answers are worth. “Handed over” is the same where it was not believed."
    )
    for one in models:
        if one.left:
            told = ", ".join(f"{count} ({FATES[fate]})" for fate, count in one.left.items())
            st.caption(f"{plain(one.name)} left to people: {told}.")


def draw_awaited(store: Store, records: Sequence[Record]) -> None:
    """Draw who may answer and has not yet. records: all answers, also of those excluded."""
    seen = {record.answer.annotator for record in records}
    here = [(person.name, person.role) for person in store.people.people() if person.name not in seen]
    rows = [{"annotator": name, "as": role, "state": "no answer yet"} for name, role in here]
    known = {person.name for person in store.people.people()}
    for invited in (link for link in store.people.invited() if link.name not in known):
        rows.append({"annotator": invited.name, "as": invited.role, "state": "invited, not here yet"})
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Who may answer and has not answered yet")


def _agreement(records: Sequence[Record]) -> None:
    """What holds for all together."""
    alpha, seconds = agreement_of(records), seconds_of(records)
    repeats, left = repeat_consistency(records), position_bias(records)
    about_alpha = (
        "1 is perfect agreement, 0 what chance would give. It takes questions that several people "
        "answered: set “Annotators for each question” above 1 in the settings."
    )
    shown = {
        "Agreement (Krippendorff's α)": ("–" if alpha is None else f"{alpha:.2f}", about_alpha),
        "Same answer to a repeat": (rate_of(repeats), None),
        "Chose what was shown left": (rate_of(left), None),
        "Seconds per answer, median": ("–" if seconds is None else f"{seconds.median:.1f}", None),
    }
    for column, (name, (value, note)) in zip(st.columns(4), shown.items(), strict=True):
        column.metric(name, value, border=True, height="stretch", help=note)


def rate_of(share: Share) -> str:
    """A share and of how many, or a dash."""
    return f"{share.rate:.0%} of {share.of}" if share.of else "–"


def _row(row: Reliability, person: Person) -> dict[str, str | int | float | bool | None]:
    both = person.kind == "model"  # which sees each pair from both sides
    return {
        "annotator": row.annotator,
        "kind": person.kind,
        "answers": row.answers,
        "as others": rate_of(row.others),
        "as the model": rate_of(row.model),
        "same to repeats": rate_of(row.repeats),
        "shown left": "–" if both else rate_of(row.left),
        "slips": "–" if row.slips is None else f"{row.slips.rate:.0%}",
        "seconds": None if row.seconds is None else round(row.seconds.median, 1),
        "remarks": ", ".join(row.flags),
        "excluded": person.excluded,
    }


def _exclusion(store: Store, people: Sequence[Person], flags: dict[str, tuple[str, ...]]) -> None:
    """One button for each annotator: out, or in again."""
    with st.container(horizontal=True):
        for person in people:
            verb = "Include" if person.excluded else "Exclude"
            st.button(
                f"{verb} {plain(person.name)}",
                key=f"exclude {person.name}",
                type="primary" if flags[person.name] and not person.excluded else "secondary",
                on_click=store.people.exclude,
                args=(person.name, not person.excluded),
            )


def _charts(records: Sequence[Record], rows: Sequence[Reliability]) -> None:
    first, second, third = st.columns(3)
    with first:
        st.markdown("**Seconds per answer**")
        times = [record.answer.seconds for record in records if record.answer.seconds > 0]
        if not times:
            st.caption("No times were taken.")
        drawing = charts.histogram(times, f"seconds (slower than {LONGEST:.0f}: last bar)", 1.0, LONGEST)
        st.altair_chart(drawing, alt="How many answers took how many seconds")
    with second:
        st.markdown("**Chose what was shown left**")
        sides = [(row.annotator, row.left.rate, row.left.low, row.left.high) for row in rows if row.left.of]
        table = pd.DataFrame(sides, columns=["what", "value", "low", "high"])
        drawing = charts.intervals(table, "share of answers, with 95 % interval", 0.5)
        st.altair_chart(drawing, alt="Share of answers for what was shown left, by annotator")
    with third:
        st.markdown("**Answers**")
        counted = Counter(record.answer.choice for record in records)
        table = pd.DataFrame([{"what": word, "count": counted[name]} for name, word in WORDS.items()])
        st.altair_chart(charts.bars(table, "answer"), alt="How many answers said what")
