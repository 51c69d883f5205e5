"""A sequential test of the newest policy against older ones: whether more answers still make the arm better.

Among the questions are some, of the strategy "progress", that show the older policy beside the newest; who
answers does not know. A win is when the clip of the newer policy was preferred. The page calls it the meter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from armchair.feedback.agreement import wilson
from armchair.store.rows.records import Record

STRATEGY = "progress"
WINDOW = 20  # of the comparisons, the latest so many are looked at
FEWEST = 6  # comparisons before anything is said
ENOUGH = 12  # the latest comparisons that must show no advantage before it is said that there is none
CONFIDENCE = 0.9  # of Wilson's interval of the newer policy's share
NO_ADVANTAGE = 0.65  # without an advantage is what has its upper bound below this,
NEAR_HALF = 0.55  # or a share of at most this; a tie is half a win

Verdict = Literal["unknown", "improving", "settled"]


class ProgressTest(NamedTuple):
    """What the latest comparisons say of the newer policies."""

    verdict: Verdict
    wins: int  # among the latest WINDOW, "can't tell" left out
    ties: int  # "both bad" too
    losses: int
    text: str  # the same in plain words


def progress_test(records: Iterable[Record]) -> ProgressTest:
    """Whether the newest policy wins against the older ones; `records` of other strategies are passed over.

    "improving": the lower bound of its share in the latest 20 comparisons (6 at least) is above one half.
    "settled": the latest 12 show no advantage. "unknown": neither.
    """
    scores: list[float] = []  # 1 where the newer policy was preferred, 0.5 for a tie, 0 where the older was
    for record in sorted(records, key=lambda record: record.seq):
        choice = record.answer.choice
        same = record.left_step == record.right_step
        if record.question.strategy != STRATEGY or choice == "cant_tell" or same:
            continue
        newer = "left" if record.left_step > record.right_step else "right"
        scores.append(0.5 if choice in ("tie", "both_bad") else float(choice == newer))
    scores = scores[-WINDOW:]
    wins, ties, losses = (scores.count(score) for score in (1.0, 0.5, 0.0))
    verdict = _verdict(scores)
    return ProgressTest(verdict, wins, ties, losses, _text(verdict, wins, ties, losses))


def _verdict(scores: list[float]) -> Verdict:
    if len(scores) >= FEWEST and wilson(sum(scores), len(scores), CONFIDENCE)[0] > 0.5:
        return "improving"
    latest = scores[-ENOUGH:]
    if len(latest) < ENOUGH:
        return "unknown"
    upper = wilson(sum(latest), len(latest), CONFIDENCE)[1]
    return "settled" if upper < NO_ADVANTAGE or sum(latest) <= NEAR_HALF * len(latest) else "unknown"


def _text(verdict: Verdict, wins: int, ties: int, losses: int) -> str:
    number = wins + ties + losses
    told = f"The newest policy was preferred to an older one in {wins} of the last {number} comparisons"
    tied = f", {ties} of them a tie" if ties else ""
    if verdict == "improving":
        return f"{told}{tied}: it is getting better, and your answers help."
    if verdict == "settled":
        return f"{told}{tied}: it has stopped getting better. You may be done."
    if number < ENOUGH:
        return f"Too early to say: {number} of at least {ENOUGH} comparisons of older and newest policy."
    return f"{told}{tied}: that may be chance, go on."
