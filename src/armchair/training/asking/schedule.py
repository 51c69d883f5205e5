"""How training and answers keep step: how many questions wait, how far training may run ahead.

With a simulated teacher a run alternates: `session` questions, answered at once, then `session_every` updates
of the policy. People take their time, so the two run side by side: answers pay for updates at that same rate,
training may be `patience` updates ahead of them, and a queue of questions about what the arm did of late
waits for whoever has time. When the budget is spent the remaining updates follow without a stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput

AHEAD = 4  # sessions that people's answers may be ahead of what has been learned from them
EARLY = 4  # of the first answers: so many before the last, questions about the new policy are made ready


class ScheduleState(NamedTuple):
    """How far a run has come."""

    answers: int  # in force, "can't tell" too: what the budget is charged with
    useful: int  # those that say something
    open: int  # questions that wait for a first answer
    leased: int  # of these, those in someone's hands
    labels: int  # the budget, as it is now
    updates: int
    asked: int  # questions put so far
    extra: int = 0  # updates beyond the planned ones

    @property
    def spent(self) -> bool:
        """Whether no more may be asked."""
        return self.answers >= self.labels


class Schedule(Protocol):
    """When to ask, to fit and to train."""

    def last_update(self, labels: int) -> int:
        """Updates of the policy in all, with a budget of so many answers."""
        ...

    def allowed(self, now: ScheduleState) -> int:
        """How many updates there may be at this moment."""
        ...

    def due(self, now: ScheduleState, *, wandering: bool) -> int:
        """How many questions should be put now. wandering: there is no policy worth showing yet."""
        ...

    def may_fit_first(self, now: ScheduleState) -> bool:
        """Whether there can be a first reward model."""
        ...

    def worth_fitting(self, now: ScheduleState, since: int) -> bool:
        """Whether new answers are worth a fit, so many updates since the last one."""
        ...


class AlternatingSchedule:
    """For a simulated teacher, who answers at once."""

    def __init__(self, config: TeachConfig) -> None:
        self._queries, self._plan = config.queries, config.schedule

    def last_update(self, labels: int) -> int:
        """As many as were planned."""
        return self._plan.updates

    def allowed(self, now: ScheduleState) -> int:
        """All of them: whatever was asked has been answered."""
        return self._plan.updates

    def due(self, now: ScheduleState, *, wandering: bool) -> int:
        """Half of the first ones about unrelated clips, half about like starts; then session by session."""
        if wandering:
            return min((self._queries.first + 1) // 2, self._queries.first - now.asked)
        if now.updates % self._plan.session_every or now.open:
            return 0
        return min(self._plan.session, now.labels - now.asked)

    def may_fit_first(self, now: ScheduleState) -> bool:
        """Once the first questions are answered. InvalidInput where the teacher could tell nothing."""
        check_hope(now, self.due(now, wandering=True))
        return now.answers >= self._queries.first

    def worth_fitting(self, now: ScheduleState, since: int) -> bool:
        """Always."""
        return True


class ConcurrentSchedule:
    """For people, who answer in their own time."""

    def __init__(self, config: TeachConfig) -> None:
        self._queries, self._plan = config.queries, config.schedule

    def earned(self, useful: int) -> float:
        """Updates that so many answers pay for."""
        return max(0, useful - self._queries.first) * self._plan.session_every / self._plan.session

    def last_update(self, labels: int) -> int:
        """More than configured where the budget was raised."""
        plan = self._plan
        tail = max(plan.updates - int(self.earned(self._queries.labels)), plan.session_every)
        return max(plan.updates, int(self.earned(labels)) + tail)

    def allowed(self, now: ScheduleState) -> int:
        """As many as answers have paid for, and a few more; all of them when the budget is spent."""
        last = self.last_update(now.labels) + now.extra
        if now.spent:
            return last
        if now.useful < self._queries.first:
            return 0
        # some updates are kept for after the last answer, or it would change nothing
        return min(int(self.earned(now.useful)) + self._plan.patience, last - self._plan.session_every)

    def due(self, now: ScheduleState, *, wandering: bool) -> int:
        """What the queue lacks; it grows with the updates, or all would be about the beginning."""
        first, session = self._queries.first, self._plan.session
        room = now.labels - now.answers - now.open
        if wandering:
            first = min(first, now.labels) if now.labels else 0
            lack = first - now.useful - now.open
            # half of the first ones about unrelated clips, half about like starts
            return max(0, min(lack if now.asked else (first + 1) // 2, lack, room))
        sessions = now.updates // self._plan.session_every
        lack = min(self._plan.queue, session * (2 + sessions)) + max(0, first - now.useful) - now.open
        # someone who is quicker than the arm would spend the budget on what it did at first
        lack = min(lack, first + session * (AHEAD + sessions) - now.useful - now.open)
        if now.updates >= self.allowed(now):  # training waits anyway: have some ready for others who may come
            lack = max(lack, session - (now.open - now.leased))
        elif lack < session <= now.open:
            lack = 0  # a film is made for several at a time
        return max(0, min(lack, room))

    def may_fit_first(self, now: ScheduleState) -> bool:
        """A little early, so that nobody has to wait for questions. InvalidInput where nobody could tell."""
        check_hope(now, self.due(now, wandering=True))
        first = self._queries.first
        return now.useful > 0 and (now.spent or now.useful >= first - min(EARLY, first // 3))

    def worth_fitting(self, now: ScheduleState, since: int) -> bool:
        """Not after every answer, while there is something else to do and more answers are to come."""
        return now.spent or now.updates >= self.allowed(now) or since >= self._plan.session_every


def check_hope(now: ScheduleState, due: int) -> None:
    """InvalidInput where all was asked that may be asked and nobody could tell anything.

    due: how many questions should be put now.
    """
    if now.answers and not now.useful and not now.open and due <= 0:
        raise InvalidInput(
            f'all {now.answers} answers are "can\'t tell", from which nothing can be learnt: allow '
            "more labels and `armchair resume` the run, or make clips longer with queries.clip_length"
        )


class Marks:
    """When questions were put: which of them speak of a policy that is long gone."""

    def __init__(self, rows: Sequence[tuple[int, int]] = ()) -> None:
        """rows: updates of the policy and environment steps, of each time."""
        self.rows = list(rows)

    def add(self, updates: int, env_steps: int) -> None:
        """Questions are put now."""
        self.rows.append((updates, env_steps))

    def stale(self, updates: int, age: int) -> int:
        """The environment steps before which questions were put more than `age` updates ago; 0 for none."""
        old = [row for row in self.rows if updates - row[0] > age]
        self.rows = self.rows[max(0, len(old) - 1) :]
        return old[-1][1] + 1 if old else 0
