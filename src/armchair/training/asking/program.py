"""What a program that has something taught brings along, and what it is given of the run in progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armchair.feedback.acquisition import Acquisition
from armchair.types import Clip, Question


@dataclass
class Program:
    """Nothing of it is kept with the run: whoever resumes it brings it along again."""

    strategy: Acquisition | None = None
    """Chooses the questions, in the place of `queries.strategy`."""
    asked: Callable[[Question, Clip, Clip], None] | None = None
    """Is told of each question when it is put, with its left and right clip."""
    keep: Callable[[], None] | None = None
    """Given by the run: saves it as it stands between two turns."""
