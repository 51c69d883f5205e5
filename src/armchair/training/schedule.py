"""How training and people's answers keep step: how many questions wait, how far training runs ahead.

With a simulated teacher a run alternates: `session` questions, answered at once, then `session_every` updates
of the policy. People take their time, so the two run side by side: answers pay for updates at that same rate,
training may be `patience` updates ahead of them, and a queue of questions about what the arm did of late
waits for whoever has time. When the budget is spent the remaining updates follow without a stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput

AHEAD = 4  # sessions that people's answers may be ahead of what has been learnt from them
EARLY = 4  # of the first answers: so many before the last, questions about the new policy are made ready


class Standing(NamedTuple):
    """How far a run has come."""

    answers: int  # in force, "can't tell" too: what the budget is charged with
    useful: int  # those that say something
    open: int  # questions that wait for a first answer
    leased: int  # of these, those in someone's hands
    labels: int  # the budget, as it is now
    updates: int

    @property
    def spent(self) -> bool:
        """Whether no more may be asked."""
        return self.answers >= self.labels


def earned(config: TeachConfig, useful: int) -> float:
    """Updates that so many answers pay for."""
    return max(0, useful - config.first) * config.session_every / config.session


def last_update(config: TeachConfig, labels: int) -> int:
    """Updates of the policy, all told: more than configured where the budget was raised."""
    tail = max(config.updates - int(earned(config, config.labels)), config.session_every)
    return max(config.updates, int(earned(config, labels)) + tail)


def allowed(config: TeachConfig, now: Standing) -> int:
    """How many updates there may be at this moment."""
    last = last_update(config, now.labels)
    if now.spent:
        return last
    if now.useful < config.first:
        return 0
    # some updates are kept for after the last answer, or it would change nothing
    return min(int(earned(config, now.useful)) + config.patience, last - config.session_every)


def enough_to_fit(config: TeachConfig, now: Standing) -> bool:
    """Whether there can be a first reward model: a little early, so that nobody has to wait for questions."""
    return now.useful > 0 and (now.spent or now.useful >= config.first - min(EARLY, config.first // 3))


def check_hope(now: Standing, due: int) -> None:
    """InvalidInput where all was asked that may be asked and nobody could tell anything.

    due: how many questions should be put now.
    """
    if now.answers and not now.useful and not now.open and due <= 0:
        raise InvalidInput(
            f'all {now.answers} answers are "can\'t tell", from which nothing can be learnt: allow '
            "more labels and `armchair resume` the run, or make clips longer with clip_length"
        )


def due(config: TeachConfig, now: Standing, *, wandering: bool, put: int) -> int:
    """How many questions should be put now.

    wandering: there is no policy worth showing yet. put: questions put so far. The queue grows with the
    updates, or the first questions about a policy would all be about one that has learnt nothing.
    """
    room = now.labels - now.answers - now.open
    if wandering:
        first = min(config.first, now.labels) if now.labels else 0
        lack = first - now.useful - now.open
        # half of the first ones about unrelated clips, half about like starts
        return max(0, min(lack if put else (first + 1) // 2, lack, room))
    ramp = config.session * (2 + now.updates // config.session_every)
    lack = min(config.queue, ramp) + max(0, config.first - now.useful) - now.open
    # someone who is quicker than the arm would spend the budget on what it did at first
    put_by_now = config.first + config.session * (AHEAD + now.updates // config.session_every)
    lack = min(lack, put_by_now - now.useful - now.open)
    if now.updates >= allowed(config, now):  # training waits anyway: have some ready for others who may come
        lack = max(lack, config.session - (now.open - now.leased))
    elif lack < config.session <= now.open:
        lack = 0  # a film is made for several at a time
    return max(0, min(lack, room))


def due_at_once(config: TeachConfig, now: Standing, *, wandering: bool, put: int) -> int:
    """The same where a simulated teacher answers at once."""
    if wandering:  # half of the first ones about unrelated clips, half about like starts
        return min((config.first + 1) // 2, config.first - put)
    if now.updates % config.session_every or now.open:
        return 0
    return min(config.session, now.labels - put)


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
