"""A sequential test of the newest policy against older ones: whether more answers still make the arm better.

Among the questions are some, of the strategy "progress", that show the older policy beside the newest; who
answers does not know. A win is when the clip of the newer policy was preferred. The page calls it the meter.

Policies change in the course of a run, so what is tested is a statement about every comparison since the last
verdict, given those before it. Each of the two claims is made falsely in at most one run of twenty, over all
looks together, see `armchair.feedback.betting`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import lru_cache
from statistics import median
from typing import Literal, NamedTuple

from armchair.feedback.betting import ENOUGH, Capital, on_decided, on_mean
from armchair.store.rows.counts import SETTLING
from armchair.store.rows.records import Record
from armchair.types import Wish

STRATEGY = "progress"
COMPARED = (STRATEGY, SETTLING)  # strategies of the questions that count
WINDOW = 20  # of the comparisons, the latest so many are counted in words
CLEAR = 0.7  # share of the wins among wins and losses from which on the newer policy is clearly better,
AHEAD = 0.64  # and its share of all comparisons, a tie being half a win: as 0.7 with three ties in ten
LATEST = 6  # a verdict is not shown while so many of the latest comparisons speak against it
FAR = 80  # comparisons ahead that are looked at to say how many more it takes,
COURSES = 31  # in so many simulated courses

Verdict = Literal["unknown", "improving", "settled"]


class ProgressTest(NamedTuple):
    """What the latest comparisons say of the newer policies."""

    verdict: Verdict
    wins: int  # among the latest WINDOW, "can't tell" left out
    ties: int  # "both bad" too
    losses: int
    text: str  # the same in plain words
    more: int  # comparisons after which there is a verdict if they come out level, about; 0 with a verdict
    done: bool = False  # whether the verdict is that no more answers are needed


class Meter:
    """The test itself, comparison by comparison."""

    def __init__(self, scores: Iterable[float] = ()) -> None:
        # against "clearly better", and against "no better"
        self.level = Capital((on_decided(CLEAR, 1.2), on_mean(AHEAD, 2.4)))
        self.better = Capital((on_mean(0.5, -0.7), on_mean(0.5, -1.5)), staked=0.6)
        self.found: Verdict = "unknown"
        self.claims = 0  # times that one was found
        for score in scores:
            self.take(score)

    def take(self, score: float) -> None:
        """The next comparison, as `scores_of` gives it."""
        self.level.take(score)
        self.better.take(score)
        settled, improving = self.level.value >= ENOUGH, self.better.value >= ENOUGH
        if settled or improving:
            self.found = "settled" if settled else "improving"
            self.claims += 1
            self.level.restart()
            self.better.restart()

    def shown(self, scores: Sequence[float]) -> Verdict:
        """What was found of these comparisons, unless the latest of them speak against it."""
        latest = scores[-LATEST:]
        mean = sum(latest) / len(latest) if latest else 0.5
        stands = mean > 0.5 if self.found == "improving" else mean < 0.75
        return self.found if stands else "unknown"


def progress_test(records: Iterable[Record], *, wish: str | None = None) -> ProgressTest:
    """Whether the newest policy wins against the older ones; `records` of other strategies are passed over.

    wish: where the older one is the skill that a wish comes on top of, what the text begins with; see
    `wish_test`.

    "improving": against the hypothesis that the newer policy wins no more than it loses.
    "settled": against the hypothesis that it is clearly better, which is that it wins 70 % of the comparisons
    that name a side, and 28 of 100 comparisons more than it loses. "unknown": neither is refuted yet, or the
    latest six speak against what was found before them.
    """
    scores = scores_of(records)
    verdict = Meter(scores).shown(scores)
    window = scores[-WINDOW:]
    wins, ties, losses = (window.count(score) for score in (1.0, 0.5, 0.0))
    more = 0 if verdict != "unknown" else _more(tuple(scores))
    words = _OF_PROGRESS if wish is None else _OF_WISH
    text = _text(words, verdict, (wins, ties, losses), len(scores), more)
    enough: Verdict = "settled" if wish is None else "improving"
    return ProgressTest(verdict, wins, ties, losses, f"{wish or ''}{text}", more, verdict == enough)


def wish_test(records: Iterable[Record], wishes: Sequence[Wish]) -> ProgressTest:
    """The same of a run of wishes, each by the comparisons that its own question was asked about.

    There the older policy is the skill by itself. "improving" says that the wish is met, and nothing more is
    needed then; "settled" that it makes no clear difference. Of several wishes it is the one told that is
    farthest from being met.
    """
    all_of_them = list(records)
    order = ("settled", "unknown", "improving")
    found = [
        progress_test(
            [record for record in all_of_them if record.question.wish == wish.name],
            wish=f"“{wish.question}” " if len(wishes) > 1 else "",
        )
        for wish in wishes
    ]
    return min(found, key=lambda test: (order.index(test.verdict), -test.more))


def looks_level(records: Iterable[Record]) -> bool:
    """Whether the comparisons so far speak for "settled" rather than against: a reason to compare more often.

    The test stays valid by that: who bets may choose when the next comparison comes.
    """
    return Meter(scores_of(records)).level.value > 1.0


def scores_of(records: Iterable[Record]) -> list[float]:
    """Of the comparisons, as recorded: 1 where the newer policy was preferred, 0 the older, 0.5 for a tie."""
    return [score for _, score in scored(records)]


def scored(records: Iterable[Record]) -> list[tuple[str, float]]:
    """The same, with the question of each."""
    scores: list[tuple[str, float]] = []
    for record in sorted(records, key=lambda record: record.seq):
        choice = record.answer.choice
        same = record.left_step == record.right_step
        if record.question.strategy not in COMPARED or choice == "cant_tell" or same:
            continue
        newer = "left" if record.left_step > record.right_step else "right"
        score = 0.5 if choice in ("tie", "both_bad") else float(choice == newer)
        scores.append((record.question.id, score))
    return scores


@lru_cache(maxsize=8)
def _more(scores: tuple[float, ...]) -> int:
    """How many more comparisons a verdict takes if they come out level, with as many ties as so far.

    The median of a few simulated courses.
    """
    rng, tied = random.Random(0), (scores.count(0.5) + 1) / (len(scores) + 4)
    return int(median(_until_verdict(Meter(scores), tied, rng) for _ in range(COURSES)))


def _until_verdict(meter: Meter, tied: float, rng: random.Random) -> int:
    meter.found = "unknown"
    for number in range(1, FAR):
        meter.take(0.5 if rng.random() < tied else float(rng.random() < 0.5))
        if meter.found != "unknown":
            return number
    return FAR


class _Words(NamedTuple):
    """How a verdict is told."""

    preferred: str
    improving: str
    settled: str
    compared: str


_OF_PROGRESS = _Words(
    "The newest policy was preferred to an older one",
    "it is getting better, and your answers help.",
    "it has stopped getting better. You may be done.",
    "comparisons of older and newest policy",
)
_OF_WISH = _Words(
    "The arm with your wish was preferred to the skill alone",
    "it does what you wish. You may be done.",
    "no clear difference yet. Look at what was understood, or give more answers.",
    "comparisons of the arm with your wish and without",
)


def _text(words: _Words, verdict: Verdict, outcomes: tuple[int, int, int], number: int, more: int) -> str:
    """outcomes: wins, ties and losses among the last comparisons."""
    wins, ties, _ = outcomes
    counted = sum(outcomes)
    told = f"{words.preferred} in {wins} of the last {counted} comparisons"
    tied = f", {ties} of them a tie" if ties else ""
    if verdict == "improving":
        return f"{told}{tied}: {words.improving}"
    if verdict == "settled":
        return f"{told}{tied}: {words.settled}"
    about = f"{number} of about {number + more} {words.compared}"
    if counted < WINDOW / 2:
        return f"Too early to say: {about}."
    return f"{told}{tied}: that may be chance. {about[0].upper()}{about[1:]}."
