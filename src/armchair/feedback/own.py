"""Teachers that a program brings along: a function of two clips, alone or as one of several annotators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from armchair.errors import InvalidInput
from armchair.feedback.teachers import Teacher, TeacherParams, true_return
from armchair.store.schema import CHOICES
from armchair.types import Choice, Clip

Prefer = Callable[[Clip, Clip], Choice]
"""Left and right -> which is better, or "tie", "both_bad", "cant_tell"."""


class OwnTeacher(Teacher):
    """Answers as a function says; it is nobody's business what that goes by."""

    def __init__(self, prefer: Prefer) -> None:
        super().__init__(true_return, TeacherParams(), torch.Generator())
        self._prefer = prefer

    @property
    def by_task(self) -> bool:
        """Nobody knows."""
        return False

    @property
    def rewarded(self) -> bool:
        """Not that anybody knew: where a reward is not known it is zero, or NaN."""
        return False

    def watch(self, clips: object) -> None:
        """There is no need to."""

    def answer(self, left: Clip, right: Clip) -> Choice:
        """What the function returns. Raises InvalidInput where that is no choice."""
        choice: object = self._prefer(left, right)
        for known in CHOICES:
            if choice == known:
                return known
        raise InvalidInput(f"a teacher must return one of {', '.join(CHOICES)}, got {choice!r}")


class Panel(OwnTeacher):
    """Several annotators, who share a run's questions in turn."""

    def __init__(self, members: Mapping[str, Teacher]) -> None:
        """members: by the names that answers are kept under. Raises InvalidInput where there are none."""
        if not members:
            raise InvalidInput("several teachers are given by name, such as {'ann': prefer, 'bob': other}")
        super().__init__(lambda left, right: "cant_tell")
        self.members = dict(members)
        self.params = next((one.params for one in members.values() if one.params.errs), self.params)
