"""A sequential test of the newest policy against older ones: whether more answers still make the arm better.

Among the questions are some, of the strategy "progress", that show the older policy beside the newest; who
answers does not know. A win is when the clip of the newer policy was preferred. The page calls it the meter.

Policies change in the course of a run, so what is tested is a statement about every comparison since the last
verdict, given those before it. Each of the two claims is made falsely in at most one run of twenty, over all
looks together, see `armchair.feedback.betting`.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Literal, NamedTuple

from armchair.feedback.betting import ENOUGH, Capital, on_decided, on_mean
from armchair.store.rows.records import Record
from armchair.store.schema import SETTLING
from armchair.types import Choice, Wish

STRATEGY = "progress"
COMPARED = (STRATEGY, SETTLING)  # strategies of the questions that count
WINDOW = 20  # of the comparisons, the latest so many are counted in words
CLEAR = 0.7  # share of the wins among wins and losses from which on the newer policy is clearly better,
AHEAD = 0.64  # and its share of all comparisons, a tie being half a win: as 0.7 with three ties in ten
LATEST = 6  # a verdict is not shown while so many of the latest comparisons speak against it
FAR = 80  # comparisons ahead that are looked at to say how many more it takes,
COURSES = 31  # in so many simulated courses
MARK = 100  # comparisons after which the state of the test is kept once more

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

    def copy(self) -> Meter:
        """As it stands now."""
        new = copy.copy(self)
        new.level, new.better = copy.copy(self.level), copy.copy(self.better)
        return new

    def shown(self, scores: Sequence[float]) -> Verdict:
        """What was found of these comparisons, unless the latest of them speak against it."""
        latest = scores[-LATEST:]
        mean = sum(latest) / len(latest) if latest else 0.5
        stands = mean > 0.5 if self.found == "improving" else mean < 0.75
        return self.found if stands else "unknown"


class Course:
    """Comparisons in the order of recording, with the test of them, which is not done anew for each.

    One may be taken out again; then the test goes back to the last state before it that was kept.
    """

    def __init__(self) -> None:
        self._scores: dict[int, tuple[str, float]] = {}  # question and score, by position
        self._apart: dict[int, str] = {}  # question, of those after the budget
        self._ties = 0
        self._meter = Meter()
        self._marks: list[tuple[int, Meter]] = []  # states of the test after a position
        self._found: tuple[str | None, ProgressTest] | None = None

    def add(self, seq: int, question: str, score: float, *, apart: bool = False) -> None:
        """The next comparison; `seq` grows. score: as `scores_of` gives it. apart: after the budget."""
        self._scores[seq] = question, score
        if apart:
            self._apart[seq] = question
        self._ties += score == 0.5
        self._meter.take(score)
        self._found = None
        if len(self._scores) % MARK == 0:
            self._marks.append((seq, self._meter.copy()))

    def remove(self, seq: int) -> None:
        """Take a comparison out; one that is not there is harmless."""
        if seq not in self._scores:
            return
        _, score = self._scores.pop(seq)
        self._apart.pop(seq, None)
        self._ties -= score == 0.5
        self._found = None
        self._meter, after = self._before(seq)
        self._marks = [mark for mark in self._marks if mark[0] < seq]
        for _, later in after:
            self._meter.take(later)

    def since(self, questions: Collection[str]) -> tuple[Meter, list[tuple[str, float]]]:
        """The test before the first of these questions, which are after the budget, and what came then."""
        first = min((seq for seq, name in self._apart.items() if name in questions), default=None)
        return (self._meter.copy(), []) if first is None else self._before(first)

    def result(self, wish: str | None = None) -> ProgressTest:
        """What `progress_test` finds of them."""
        if self._found is None or self._found[0] != wish:
            self._found = wish, self._test(wish)
        return self._found[1]

    def _before(self, seq: int) -> tuple[Meter, list[tuple[str, float]]]:
        """The last state that was kept before a position, and the comparisons after it."""
        at, meter = next((mark for mark in reversed(self._marks) if mark[0] < seq), (0, Meter()))
        after: list[tuple[str, float]] = []
        for number in reversed(self._scores):
            if number <= at:
                break
            after.append(self._scores[number])
        return meter.copy(), after[::-1]

    def _test(self, wish: str | None) -> ProgressTest:
        scores = [score for _, score in islice(reversed(self._scores.values()), WINDOW)][::-1]
        verdict, number = self._meter.shown(scores), len(self._scores)
        wins, ties, losses = (scores.count(score) for score in (1.0, 0.5, 0.0))
        more = 0 if verdict != "unknown" else _more(self._meter, (self._ties + 1) / (number + 4))
        words = _OF_PROGRESS if wish is None else _OF_WISH
        text = _text(words, verdict, (wins, ties, losses), number, more)
        enough: Verdict = "settled" if wish is None else "improving"
        return ProgressTest(verdict, wins, ties, losses, f"{wish or ''}{text}", more, verdict == enough)


def course_of(records: Iterable[Record]) -> Course:
    """The comparisons among these answers."""
    course = Course()
    for record, score in _scored(records):
        apart = record.question.strategy == SETTLING
        course.add(record.seq, record.question.id, score, apart=apart)
    return course


def progress_test(records: Iterable[Record], *, wish: str | None = None) -> ProgressTest:
    """Whether the newest policy wins against the older ones; `records` of other strategies are passed over.

    wish: where the older one is the skill that a wish comes on top of, what the text begins with; see
    `wish_test`.

    "improving": against the hypothesis that the newer policy wins no more than it loses.
    "settled": against the hypothesis that it is clearly better, which is that it wins 70 % of the comparisons
    that name a side, and 28 of 100 comparisons more than it loses. "unknown": neither is refuted yet, or the
    latest six speak against what was found before them.
    """
    return course_of(records).result(wish)


def wish_test(records: Iterable[Record], wishes: Sequence[Wish]) -> ProgressTest:
    """The same of a run of wishes, each by the comparisons that its own question was asked about.

    There the older policy is the skill by itself. "improving" says that the wish is met, and nothing more is
    needed then; "settled" that it makes no clear difference. Of several wishes it is the one told that is
    farthest from being met.
    """
    all_of_them = list(records)
    courses = {
        wish.name: course_of(record for record in all_of_them if record.question.wish == wish.name)
        for wish in wishes
    }
    return wish_result(courses, wishes)


def wish_result(courses: Mapping[str, Course], wishes: Sequence[Wish]) -> ProgressTest:
    """The same of comparisons that were followed, by the wish's name; none for a wish that has none."""
    order = ("settled", "unknown", "improving")
    found = [
        courses.get(wish.name, Course()).result(f"“{wish.question}” " if len(wishes) > 1 else "")
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
    return [score for _, score in _scored(records)]


def score_of(choice: Choice, newer: str) -> float | None:
    """The score of one. newer: the side where the newer policy is. None: it says nothing."""
    if choice == "cant_tell":
        return None
    return 0.5 if choice in ("tie", "both_bad") else float(choice == newer)


def _scored(records: Iterable[Record]) -> Iterator[tuple[Record, float]]:
    for record in sorted(records, key=lambda record: record.seq):
        if record.question.strategy in COMPARED and record.left_step != record.right_step:
            newer = "left" if record.left_step > record.right_step else "right"
            score = score_of(record.answer.choice, newer)
            if score is not None:
                yield record, score


def _more(meter: Meter, tied: float) -> int:
    """How many more comparisons a verdict takes if they come out level, with as many ties as so far.

    The median of a few simulated courses. tied: share of ties.
    """
    rng = random.Random(0)
    return int(median(_until_verdict(meter.copy(), tied, rng) for _ in range(COURSES)))


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
