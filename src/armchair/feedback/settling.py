"""Comparisons after the budget: is the newest policy better than an older one, no better, or worse.

They go into the same sequential test as those of the run itself, see `armchair.feedback.progress_test`: to
go on with the comparisons, and to stop whenever one likes, does not make it err more often. One claim is
added, that the older policy is preferred: against the hypothesis that the newest wins at least as much as it
loses, a bet on these comparisons alone, since only they are about these two policies. It is false in at most
one round of twenty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from armchair.feedback.betting import ENOUGH, Capital, on_mean
from armchair.feedback.progress_test import Course, course_of
from armchair.store.rows.records import Record

LEADING = 1.0  # capital of who bets on the older policy, from which on the round goes on to settle that, too

Outcome = Literal["unknown", "improving", "settled", "older"]


class Settled(NamedTuple):
    """What a round of comparisons came to."""

    outcome: Outcome  # "unknown": not yet
    wins: int  # of the newest policy, "can't tell" left out
    ties: int
    losses: int


NOTHING = Settled("unknown", 0, 0, 0)  # of no round


def settled(records: Iterable[Record], questions: Collection[str]) -> Settled:
    """What the round found. records: all answers of the run; questions: those of the round."""
    return settled_in(course_of(records), questions)


def settled_in(course: Course, questions: Collection[str]) -> Settled:
    """The same of comparisons that were followed."""
    meter, comparisons = course.since(questions)
    worse = Capital((on_mean(0.5, 0.7), on_mean(0.5, 1.5)), staked=0.6)
    outcome: Outcome = "unknown"
    scores: list[float] = []
    for question, score in comparisons:
        claims = meter.claims
        meter.take(score)
        if question not in questions:
            continue
        scores.append(score)
        worse.take(score)
        if worse.value >= ENOUGH:
            outcome = "older"
        elif outcome != "older" and meter.claims > claims:
            outcome = meter.found
    if outcome == "settled" and worse.value > LEADING and len(scores) < len(questions):
        outcome = "unknown"
    wins, ties, losses = (scores.count(score) for score in (1.0, 0.5, 0.0))
    return Settled(outcome, wins, ties, losses)
