"""What a run says to people: the question in plain words, and what the arm does right now."""

from __future__ import annotations

from typing import Literal

from armchair.tasks import TASKS

Phase = Literal["collecting", "fitting", "practising", "waiting", "paused", "done", "stopped"]

ANY_TASK = "Which one does better?"


def question_of(task: str) -> str:
    """What a person is asked about two clips; of an environment of others nobody knows what it wants."""
    found = TASKS.get(task)
    return ANY_TASK if found is None else found.question
