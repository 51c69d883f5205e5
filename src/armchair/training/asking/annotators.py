"""Who answers a run's questions: people, in their own time, or a simulated teacher, at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from armchair.config.teach import TeachConfig
from armchair.feedback.own import Panel
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
    """A teacher who answers through the store like anybody, but at once; or several, in turn."""

    people = False

    def __init__(self, config: TeachConfig, store: Store, teacher: Teacher) -> None:
        self.schedule: Schedule = AlternatingSchedule(config)
        self._store = store
        self._members = teacher.members if isinstance(teacher, Panel) else {TEACHER: teacher}
        self._several = isinstance(teacher, Panel)

    def answer(self) -> bool:
        """Answer all that waits. -> whether anything did."""
        if not self._several:
            return answer_pending(self._store, self._members[TEACHER], TEACHER) > 0
        answered = False
        while any(answer_pending(self._store, one, name, limit=1) for name, one in self._turn()):
            answered = True
        return answered

    def _turn(self) -> list[tuple[str, Teacher]]:
        """The teachers by name, whoever has said least first."""
        return sorted(self._members.items(), key=lambda one: self._store.count_answers(one[0]))

    def go_back(self, position: int) -> None:
        """Take back what was answered since, and close what was asked: it will be again.

        Questions that people hold stay open: nobody's work is lost when a trainer goes back.
        """
        for name in self._members:
            self._store.retract(name, position)
            self._store.release(name, [question.id for question in self._store.held(name)])
        self._store.retire(EVER)

    def tensors(self) -> dict[str, Tensor]:
        """Of each teacher the generator and the range of the scores seen."""
        return {
            name: value
            for prefix, teacher in self._states()
            for name, value in named(prefix, teacher.state()).items()
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from `tensors()`."""
        for prefix, teacher in self._states():
            teacher.load_state(TeacherState(**part(tensors, prefix)))

    def _states(self) -> list[tuple[str, Teacher]]:
        """Whose states are kept, and under which names."""
        found: list[tuple[str, Teacher]] = []
        for k, teacher in enumerate(self._members.values()):
            of = f".{k}" if self._several else ""
            found.append((f"teacher{'_of_several' if of else ''}{of}", teacher))
            found += [(f"teacher_of_wish{of}.{j}", one) for j, one in enumerate(teacher.wishes.values())]
        return found
