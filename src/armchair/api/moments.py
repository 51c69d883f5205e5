"""Moments of a run at which a program's own functions are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias, TypedDict, cast

from armchair.api.clips import Clip, open_store, seen
from armchair.errors import InvalidInput, check_choice
from armchair.evaluate import Evaluation
from armchair.rewards.fit import FitReport
from armchair.runs.folder import RunDir
from armchair.store.rows.records import Record
from armchair.training.progress import Progress
from armchair.types import Clip as Stored
from armchair.types import Question, VisibleLayout


class Asked(NamedTuple):
    """A question that was just put."""

    left: Clip
    right: Clip
    question: Question


class Moments(TypedDict, total=False):
    """What to call when, by name. What the functions return is nobody's business; what they raise ends the
    run, which can be resumed.
    """

    question: Callable[[Asked], object]
    """A question was put."""
    answer: Callable[[Record], object]
    """An answer was given; told at the end of the turn."""
    fit: Callable[[FitReport], object]
    """The reward model was fitted anew."""
    update: Callable[[Progress], object]
    """The policy was updated."""
    evaluation: Callable[[Evaluation], object]
    """The policy was evaluated."""


MOMENTS = ("question", "answer", "fit", "update", "evaluation")
Tell: TypeAlias = Callable[[object], object]


class Telling:
    """Calls a program's functions."""

    def __init__(self, on: Moments | None, layout: VisibleLayout | None, since: int = 0) -> None:
        """since: the store's position from which on answers are told.

        Raises InvalidChoice for a moment that there is not, InvalidInput for what cannot be called.
        """
        given = cast("Mapping[str, Tell]", on or {})
        for name, function in given.items():
            check_choice("moment", name, MOMENTS)
            if not callable(function):
                raise InvalidInput(f"on[{name!r}] must be a function, got {function!r}")
        self._on, self._layout = given, layout
        self._position = since

    @property
    def asked(self) -> Callable[[Question, Stored, Stored], None] | None:
        """What a run calls when it puts a question; None where nobody listens."""
        tell = self._on.get("question")
        if tell is None:
            return None

        def asked(question: Question, left: Stored, right: Stored) -> None:
            tell(Asked(seen(left, self._layout), seen(right, self._layout), question))

        return asked

    def turn(self, run: RunDir, progress: Progress) -> None:
        """Tell of a turn: answers, fits, the update, the evaluation, in this order."""
        if "answer" in self._on:
            with open_store(run) as store:
                found, self._position = store.records(since=self._position), store.position()
            for record in found:
                self._on["answer"](record)
        for fit in progress.fits if "fit" in self._on else ():
            self._on["fit"](fit)
        if progress.update is not None and "update" in self._on:
            self._on["update"](progress)
        if progress.evaluation is not None and "evaluation" in self._on:
            self._on["evaluation"](progress.evaluation)
