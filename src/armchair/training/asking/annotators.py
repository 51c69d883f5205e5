"""Who answers a run's questions: people, in their own time, or a simulated teacher, at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import Teacher, TeacherState, answer_pending
from armchair.runs.tensors import named, part
from armchair.store.store import Store
from armchair.training.asking.schedule import AlternatingSchedule, ConcurrentSchedule, Schedule

TEACHER = "teacher"  # the simulated teacher's name among the annotators
EVER = 2**62  # environment steps, more than any run takes


class Annotators(Protocol):
    """Those who answer."""

    schedule: Schedule
    people: bool  # whether questions grow old, and some compare the policy with an older one

    def answer(self) -> bool:
        """Answer what waits, if they do so when asked. -> whether anything was."""
        ...

    def go_back(self, position: int) -> None:
        """The run goes back to a position of the store: undo what will be done again."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """All that their next answers depend on, by name."""
        ...

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        ...


class People:
    """People: their answers stand, whatever becomes of the trainer."""

    people = True

    def __init__(self, config: TeachConfig) -> None:
        self.schedule: Schedule = ConcurrentSchedule(config)

    def answer(self) -> bool:
        """They do so by themselves, through the store."""
        return False

    def go_back(self, position: int) -> None:
        """Nothing is undone."""

    def tensors(self) -> dict[str, Tensor]:
        """Nothing is known of them."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Nothing to go on from."""


class SimulatedTeacher:
    """A teacher who answers through the store like anybody, but at once."""

    people = False

    def __init__(self, config: TeachConfig, store: Store, teacher: Teacher) -> None:
        self.schedule: Schedule = AlternatingSchedule(config)
        self._store, self._teacher = store, teacher

    def answer(self) -> bool:
        """Answer all that waits. -> whether anything did."""
        return answer_pending(self._store, self._teacher, TEACHER) > 0

    def go_back(self, position: int) -> None:
        """Take back what was answered since, and close what was asked: it will be again.

        Questions that people hold stay open: nobody's work is lost when a trainer goes back.
        """
        self._store.retract(TEACHER, position)
        self._store.release(TEACHER, [question.id for question in self._store.held(TEACHER)])
        self._store.retire(EVER)

    def tensors(self) -> dict[str, Tensor]:
        """The generator and the range of the scores seen."""
        out = named("teacher", self._teacher.state())
        for k, judge in enumerate(self._teacher.wishes.values()):
            out |= named(f"teacher_of_wish.{k}", judge.state())
        return out

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        self._teacher.load_state(TeacherState(**part(tensors, "teacher")))
        for k, judge in enumerate(self._teacher.wishes.values()):
            judge.load_state(TeacherState(**part(tensors, f"teacher_of_wish.{k}")))
