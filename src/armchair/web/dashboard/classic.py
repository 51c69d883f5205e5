"""The plainest labelling page: two films side by side and buttons; the page "Answer" of the dashboard.

It works on the same store as the labelling page, with the same leases, and every answer has an id made here
before it is sent, so that a second click changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import streamlit as st

from armchair.errors import ArmchairError
from armchair.ids import new_id
from armchair.store.board import budget_of
from armchair.store.store import Store
from armchair.types import Answer, Choice, Question
from armchair.web.dashboard import replay, source
from armchair.web.dashboard.labelled import MIRRORED, WORDS
from armchair.web.dashboard.wording import plain

PAGE = "classic"  # what is recorded as the page's version
QUESTION = "Which trajectory is better?"
EVERY = 2.0  # s between two looks for a new question
KEYS = dict(zip(WORDS, ("Left", "Right", "Down", "B", "Up"), strict=True))  # of the buttons, in their order

STYLE = (  # films stay side by side on a phone too, so that the buttons are in sight
    "<style>.stMainBlockContainer { padding-top: 2.5rem; } .stColumn { min-width: 0 !important; }</style>"
)


def show_page() -> None:
    """Draw the page for whoever is logged in."""
    st.html(STYLE)
    data = source.current()
    viewer = data.store.people.session(str(st.context.cookies.get(data.cookie, "")))
    if viewer is None or viewer.excluded:
        st.error("Log in first, with the link that was printed or sent to you.")
        return
    show(data, viewer.annotator)


def show(data: source.Source, annotator: str) -> None:
    """The question that this annotator holds, or that there is none."""
    status, settings = data.store.board.status(), data.store.board.settings()
    words = settings.question or (status and status.value.get("question")) or QUESTION
    st.header(plain(str(words)), anchor=False)
    if problem := st.session_state.pop("problem", None):  # with the latest click
        st.warning(problem)
    question = _question(data.store, annotator)
    if question is None:
        _wait(data.store, annotator)
    else:
        _pair(data, annotator, question)
    _undo(data.store, annotator)
    counts = data.store.counts()
    mine = data.store.count_answers(annotator)
    st.caption(f"{plain(annotator)}: {mine} answered · {counts.asked} answers by all · {counts.open} waiting")


def _question(store: Store, annotator: str) -> Question | None:
    """The question on the page: one that is held already, or a new one."""
    held = store.held(annotator)
    shown = st.session_state.get("shown")
    question = next((one for one in held if one.id == shown), None) or next(iter(held), None)
    if question is None and why_not(store) is None:
        question = next(iter(store.claim(annotator)), None)
    if question is not None and question.id != shown:
        _begin(question)
    return question


def _begin(question: Question) -> None:
    """From now on this question is shown, and its answer has an id of its own."""
    st.session_state["shown"], st.session_state["since"] = question.id, time.time()
    st.session_state["answer"] = new_id()


def why_not(store: Store) -> str | None:
    """Why nobody is asked anything now; None where there may be a question."""
    settings = store.board.settings()
    budget = budget_of(settings, store.board.status())
    if settings.paused:
        return "Paused by the owner of the run. Questions come again when it goes on."
    if budget is not None and store.counts().asked >= budget:
        return f"All {budget} answers have been given. Thank you!"
    return None


@st.fragment(run_every=EVERY)
def _wait(store: Store, annotator: str) -> None:
    """Wait for the next question, and look for it now and then."""
    if why_not(store) is None and (store.held(annotator) or store.claim(annotator)):
        st.rerun()
    st.info(why_not(store) or "Nothing to answer now. The next question will appear here by itself.")


def _pair(data: source.Source, annotator: str, question: Question) -> None:
    """Both clips and the buttons. Sides are exchanged for every other answer, and that is recorded."""
    swapped = int(str(st.session_state["answer"])[0], 16) % 2 == 1
    left, right = (question.right, question.left) if swapped else (question.left, question.right)
    films = [_film(data, left), _film(data, right)]
    if films[0] is not None and films[1] is not None:
        replay.draw_films(films[0], films[1])
    else:
        replay.draw(data, left, right)
    with st.container(horizontal=True):
        for choice, key in KEYS.items():
            act: Callable[[], None] = partial(_answer, data.store, annotator, question, choice, swapped)
            kind = "primary" if choice in MIRRORED else "secondary"
            st.button(WORDS[choice], key=choice, on_click=act, shortcut=key, type=kind)


def _film(data: source.Source, clip: str) -> bytes | None:
    """A clip's film: the stored one, or one drawn now and kept while the page shows it."""
    films: dict[str, bytes | None] = st.session_state.setdefault("films", {})
    if clip not in films:
        found = data.store.replay(clip).film
        if found is None and data.films is not None:
            try:
                with st.spinner("Drawing the film"):
                    found = data.films(clip)
            except ArmchairError as error:
                st.warning(plain(str(error)))
        films[clip] = found
        while len(films) > 4:
            del films[next(iter(films))]
    return films[clip]


def _answer(store: Store, annotator: str, question: Question, choice: Choice, swapped: bool) -> None:
    """Store an answer; `choice` is what was pressed, in the sides on the screen."""
    chosen = MIRRORED.get(choice, choice) if swapped else choice
    seconds = time.time() - float(st.session_state["since"])
    name = str(st.session_state["answer"])
    answer = Answer(name, question.id, annotator, chosen, 1.0, seconds, time.time(), swapped, PAGE)
    try:
        store.submit(answer)
    except ArmchairError as error:
        st.session_state["problem"] = f"Not saved: {plain(str(error))}"
    st.session_state["shown"] = None


def _undo(store: Store, annotator: str) -> None:
    """A button that takes the latest answer back and shows its question again."""

    def undo() -> None:
        question = store.undo(annotator, new_id())
        if question is not None:
            _begin(question)

    st.button("Undo", key="undo", on_click=undo, shortcut="Z", disabled=store.count_answers(annotator) == 0)
