"""The page "Settings": what the owner of a run may change while it runs, who takes part, and export."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import streamlit as st

from armchair.errors import ArmchairError
from armchair.exchange.tables import answer_row
from armchair.store.board import MAX_LABELS, MAX_OVERLAP, MAX_QUESTION, Settings
from armchair.store.people import ROLES
from armchair.store.store import Store
from armchair.web.dashboard import source
from armchair.web.dashboard.wording import plain

PERCENT = 100
MOST_REPEATS = 50  # percent
DAYS = 7  # that an invitation can be used
AS_TOLD = "as many as the trainer was told"


def show() -> None:
    """Draw the page."""
    st.title("Settings", anchor=False)
    data = source.current()
    settings = data.store.board.settings()
    left, right = st.columns(2, gap="large")
    with left:
        _pause(data.store, settings)
        _asking(data.store, settings)
        _shown(data.store, settings)
        _wishes(data.store)
    with right:
        _invite(data.store)
        _people(data.store)
        _passes(data.store)
        _export(data)


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
    status = store.board.status()
    own_words = (status and status.value.get("question")) or "the task's own words"
    with st.form("asking"):
        question = st.text_input(
            "Question, as annotators read it",
            settings.question,
            max_chars=MAX_QUESTION,
            placeholder=str(own_words),
            help="Leave it empty for the task's own words.",
        )
        labels = st.number_input("Answers to ask for", 1, MAX_LABELS, settings.labels, placeholder=AS_TOLD)
        several = "Above 1, the same pair goes to several people, so that their agreement can be measured."
        overlap = st.number_input(
            "Annotators for each question", 1, MAX_OVERLAP, settings.overlap, help=several
        )
        share = round(settings.repeat_share * PERCENT)
        repeats = st.slider(
            "Questions put again to the same person, sides swapped (%)", 0, MOST_REPEATS, share
        )
        if not st.form_submit_button("Save", key="save"):
            return
        values = {"question": question.strip(), "labels": labels, "overlap": overlap}
        try:
            for key, value in (values | {"repeat_share": repeats / PERCENT}).items():
                store.board.set_setting(key, value)
        except ArmchairError as error:
            st.error(plain(str(error)))
            return
        st.toast("Saved.")


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


def _wishes(store: Store) -> None:
    """How much is wanted of each wish; each slider is stored at once."""

    def weigh(name: str) -> None:
        store.weigh(name, st.session_state[f"wish {name}"])

    wishes = store.wishes()
    if not wishes:
        return
    st.markdown("**How much of each wish**")
    for wish in wishes:
        key, answers = f"wish {wish.name}", store.counts(wish.name).asked
        words = f"{plain(wish.question)} ({answers} answers)"
        st.slider(words, 0.0, 1.0, wish.weight or 0.0, 0.05, key=key, on_change=weigh, args=[wish.name])
        if wish.weight is None:
            st.caption("Left open: the trainer chooses.")


def _invite(store: Store) -> None:
    """A form that makes an invite link; the link is on the page until it is drawn anew."""
    st.subheader("Invite", anchor=False)
    with st.form("invite", clear_on_submit=True):
        name = st.text_input("Name of the annotator", max_chars=200)
        role = st.selectbox("Role", ROLES[::-1], help="Owners see this dashboard and change settings.")
        made = st.form_submit_button("Make a link", key="make_link")
    if not made:
        return
    try:
        token = store.people.invite(name.strip(), "owner" if role == "owner" else "annotator")
    except ArmchairError as error:
        st.error(plain(str(error)))
        return
    st.code(f"{origin()}{source.base()}/login#{token}", language=None, wrap_lines=True)
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
    people, links = store.people.people(), store.people.invited()
    st.markdown("**People**")
    if not people and not links:
        st.caption("Nobody yet. Make a link above and send it.")
    if not people:
        return
    table = pd.DataFrame(people)
    table["since"] = pd.to_datetime(table["created"], unit="s", utc=True)
    shown = table[["name", "kind", "role", "answers", "excluded", "since"]]
    st.dataframe(shown, hide_index=True, alt="Everyone who takes part")


def _passes(store: Store) -> None:
    """Who may come in now, with a button for each to end that."""
    people = store.people

    def sign_out(name: str) -> None:
        people.sign_out(name)

    def withdraw(name: str) -> None:
        people.withdraw(name)

    sessions = Counter((one.name, one.role) for one in people.sessions())
    links = Counter((one.name, one.role) for one in people.invited())
    st.markdown("**Who may come in**")
    rows = [
        {"name": name, "as": role, "logged in": sessions[name, role], "unused links": links[name, role]}
        for name, role in sorted({*sessions, *links})
    ]
    if not rows:
        st.caption("Nobody.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Sessions and unused links of each person")
    with st.container(horizontal=True):
        for name in sorted({name for name, _ in sessions}):
            st.button(f"Sign out {plain(name)}", key=f"out {name}", on_click=sign_out, args=[name])
        for name in sorted({name for name, _ in links}):
            words = f"Withdraw links of {plain(name)}"
            st.button(words, key=f"withdraw {name}", on_click=withdraw, args=[name])
    st.caption("Whoever is signed out needs a new link. What they have open closes within a second.")


def _export(data: source.Source) -> None:
    """The answers as a file, and the command for the rest."""
    st.subheader("Export", anchor=False)
    count = data.store.counts().asked
    st.download_button(
        f"Answers as JSON lines ({count})",
        lambda: answers_as_lines(data.store),
        file_name="answers.jsonl",
        mime="application/x-ndjson",
        on_click="ignore",
        disabled=count == 0,
    )
    where = data.run.path if data.run else "RUN"
    st.caption("Clips too, as JSON lines or Parquet:")
    st.code(f"armchair export {where} --out answers", language=None, wrap_lines=True)


def answers_as_lines(store: Store) -> bytes:
    """The answers in force, one JSON object a line, with the columns of `armchair export`."""
    kinds = store.annotators()
    rows = [answer_row(record, kinds[record.answer.annotator]) for record in store.records()]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
