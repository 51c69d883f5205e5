"""Comparisons after the budget: what they find, and how seldom they are wrong."""

from __future__ import annotations

import random

import pytest

from armchair.feedback.settling import Outcome, settled
from armchair.store.rows.records import Record
from armchair.types import Answer, Choice, Question

MOST = 40


def records(before: str, round_: str) -> tuple[list[Record], set[str]]:
    """Comparisons of the run, then of the round: + the newer was preferred, - the older, = a tie."""
    made: list[Record] = []
    for k, said in enumerate(before + round_):
        strategy = "progress" if k < len(before) else "settling"
        words: dict[str, Choice] = {"+": "right", "-": "left", "=": "tie", "?": "cant_tell"}
        answer = Answer(f"{k}", f"{k}", "ann", words[said], 1.0, 1.0, 0.0)
        question = Question(f"{k}", "a", "b", strategy, 2000)
        made.append(Record(answer, question, k + 1, 1000, 2000))
    return made, {f"{k}" for k in range(len(before), len(before) + MOST)}


@pytest.mark.parametrize(
    ("before", "round_", "outcome"),
    [
        ("", "", "unknown"),
        ("++++++++", "", "unknown"),  # found before the round
        ("", "+++++++", "improving"),
        ("+++", "++++", "improving"),  # the round goes on with the run's own comparisons
        ("", "===============", "settled"),
        ("--=-", "==-", "unknown"),  # no better: whether it is worse is seen soon
        ("--=-", "==-+", "settled"),
        ("", "------", "unknown"),
        ("", "-------", "older"),
        ("", "-------++++", "older"),  # a claim stands
        ("---------", "==", "settled"),  # of older policies before: says nothing of these two
    ],
)
def test_outcomes(before: str, round_: str, outcome: Outcome) -> None:
    made, questions = records(before, round_)
    found = settled(made, questions)
    assert found.outcome == outcome
    assert (found.wins, found.ties, found.losses) == tuple(round_.count(sign) for sign in "+=-")


def course(rng: random.Random, win: float, tie: float) -> tuple[Outcome, int]:
    """A round after twelve comparisons, until it is decided. -> what it found, after how many comparisons."""

    def one() -> str:
        return "=" if rng.random() < tie else "+" if rng.random() < win else "-"

    made, questions = records("".join(one() for _ in range(12)), "".join(one() for _ in range(MOST)))
    for number in range(1, MOST + 1):
        found = settled(made[: 12 + number], questions)
        if found.outcome != "unknown":
            return found.outcome, number
    return "unknown", MOST


@pytest.mark.parametrize(
    ("win", "tie", "wrong", "right"),
    [
        (0.7, 0.3, ("settled", "older"), "improving"),
        (0.5, 0.0, ("older", "improving"), "settled"),
        (0.5, 0.5, ("older", "improving"), "settled"),
        (0.2, 0.0, ("improving",), "older"),
    ],
)
def test_it_is_seldom_wrong_and_often_right(
    win: float, tie: float, wrong: tuple[str, ...], right: str
) -> None:
    rng = random.Random(5)
    found = [course(rng, win, tie)[0] for _ in range(120)]
    assert sum(found.count(one) for one in wrong) <= 12, "each claim is false in at most one round of twenty"  # type: ignore[arg-type]
    assert found.count(right) >= 40  # type: ignore[arg-type]
