"""The page "Settings": what the owner of a run may change while it runs, who takes part, and export."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from armchair.errors import ArmchairError
from armchair.exchange.tables import answer_row
from armchair.store.board import MAX_LABELS, MAX_OVERLAP, MAX_QUESTION, Settings
from armchair.store.people import ROLES, Role
from armchair.store.store import Store
from armchair.web.dashboard import source
from armchair.web.dashboard.wording import plain

PERCENT = 100
MOST_REPEATS = 50  # percent
DAYS = 7  # that an invitation can be used


def show() -> None:
    """Draw the page."""
    st.title("Settings", anchor=False)
    here = source.current()
    settings = here.store.board.settings()
    left, right = st.columns(2, gap="large")
    with left:
        _pause(here.store, settings)
        _asking(here.store, settings)
        _shown(here.store, settings)
    with right:
        _invite(here.store)
        _people(here.store)
        _export(here)


def _pause(store: Store, settings: Settings) -> None:
    st.subheader("Questions", anchor=False)
    if settings.paused:
        st.warning("Paused: nobody is asked anything, and the trainer rests, until you resume.")
        pressed = st.button("Resume", key="resume", type="primary")
    else:
        pressed = st.button("Pause", key="pause", help="Put no questions to anyone, until you resume.")
    if pressed:
        store.board.set_setting("paused", not settings.paused)
        st.rerun()


def _asking(store: Store, settings: Settings) -> None:
    """What is asked, of how many, how often."""
    with st.form("asking"):
        question = st.text_input(
            "Question, as annotators read it",
            settings.question,
            max_chars=MAX_QUESTION,
            placeholder=_own_words(store),
            help="Leave it empty for the task's own words.",
        )
        labels = st.number_input(
            "Answers to ask for",
            min_value=1,
            max_value=MAX_LABELS,
            value=settings.labels,
            placeholder="as many as the trainer was told",
        )
        overlap = st.number_input(
            "Annotators for each question",
            min_value=1,
            max_value=MAX_OVERLAP,
            value=settings.overlap,
            help="Above 1, the same pair goes to several people, so that their agreement can be measured.",
        )
        repeats = st.slider(
            "Questions put again to the same person, sides swapped (%)",
            0,
            MOST_REPEATS,
            round(settings.repeat_share * PERCENT),
        )
        if st.form_submit_button("Save", key="save"):
            _set(
                store,
                {"question": question.strip(), "labels": labels, "overlap": overlap}
                | {"repeat_share": repeats / PERCENT},
            )


def _shown(store: Store, settings: Settings) -> None:
    """What annotators see; each switch is stored at once."""
    st.markdown("**Shown to annotators**")
    switches = {
        "show_success": ("How often the arm succeeds", settings.show_success),
        "show_guess": ("After an answer: what the model had guessed", settings.show_guess),
        "strengths": ("Buttons for “slightly” and “much”", settings.strengths),
    }
    for key, (label, value) in switches.items():
        if st.toggle(label, value, key=key) != value:
            store.board.set_setting(key, not value)
            st.rerun()


def _set(store: Store, values: dict[str, str | float | None]) -> None:
    """Store settings, all that are valid; say what is wrong with the first other one."""
    try:
        for key, value in values.items():
            store.board.set_setting(key, value)
    except ArmchairError as error:
        st.error(plain(str(error)))
        return
    st.toast("Saved.")


def _own_words(store: Store) -> str:
    status = store.board.status()
    words = status.value.get("question") if status else None
    return str(words) if words else "the task's own words"


def _invite(store: Store) -> None:
    """A form that makes an invite link; the link is on the page until it is drawn anew."""
    st.subheader("Invite", anchor=False)
    with st.form("invite", clear_on_submit=True):
        name = st.text_input("Name of the annotator", max_chars=200)
        role = st.selectbox("Role", ROLES[::-1], help="Owners see this dashboard and change settings.")
        made = st.form_submit_button("Make a link", key="make_link")
    if made:
        _make_link(store, name.strip(), "owner" if role == "owner" else "annotator")


def _make_link(store: Store, name: str, role: Role) -> None:
    try:
        token = store.people.invite(name, role)
    except ArmchairError as error:
        st.error(plain(str(error)))
        return
    st.code(f"{origin()}/login#{token}", language=None, wrap_lines=True)
    st.caption(
        f"For {plain(name)} alone, in one browser, within {DAYS} days. Copy it now: it is not kept anywhere "
        "and is shown only this once."
    )


def origin() -> str:
    """Where the page is, as the browser knows it: scheme, host and port; empty where that is not known."""
    scheme, _, rest = str(st.context.url or "").partition("://")
    return f"{scheme}://{rest.split('/')[0]}" if rest else ""


def _people(store: Store) -> None:
    """Who takes part. Excluding is on the page "Labels", next to what speaks for it."""
    people = store.people.people()
    st.markdown("**People**")
    if not people:
        st.caption("Nobody yet. Make a link above and send it.")
        return
    rows = [
        {
            "name": person.name,
            "kind": person.kind,
            "role": person.role,
            "answers": person.answers,
            "excluded": person.excluded,
            "since": datetime.fromtimestamp(person.created, UTC),
        }
        for person in people
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Everyone who takes part")


def _export(here: source.Source) -> None:
    """The answers as a file, and the command for the rest."""
    st.subheader("Export", anchor=False)
    count = here.store.counts().asked
    st.download_button(
        f"Answers as JSON lines ({count})",
        lambda: answers_as_lines(here.store),
        file_name="answers.jsonl",
        mime="application/x-ndjson",
        on_click="ignore",
        disabled=count == 0,
    )
    where = here.run.path if here.run else "RUN"
    st.caption("Clips too, as JSON lines or Parquet:")
    st.code(f"armchair export {where} --out answers", language=None, wrap_lines=True)


def answers_as_lines(store: Store) -> bytes:
    """The answers in force, one JSON object a line, with the columns of `armchair export`."""
    kinds = store.annotators()
    rows = [answer_row(record, kinds[record.answer.annotator]) for record in store.records()]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
