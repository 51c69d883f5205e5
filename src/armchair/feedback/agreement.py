"""How far answers can be relied on: agreement of annotators, with each other, the model and themselves.

Plain functions of `Record`s. Where sides matter they are those of the question, unless "shown" is said:
what a person saw on the left, which may be the question's right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from math import log
from statistics import median, quantiles
from typing import NamedTuple

from armchair.feedback.betting import ENOUGH
from armchair.intervals import wilson
from armchair.slips import Slips, doubt
from armchair.store.rows.records import Record

ONE_SIDE, AT_RANDOM = "always one side", "at random"
MIRRORED = {"left": "right", "right": "left"}
DECIDED = frozenset(MIRRORED)
FEWEST_DECIDED = 15  # answers that name a side, before anyone is told of always naming the same
ONE_SIDED = 0.9  # share of the answers on one shown side that is too much
FEWEST_CHECKS = 20  # comparisons with repeats, model and majority, before anyone is told of guessing
ERRS = 0.2  # share of wrong answers that is no guessing: people who look carefully have as many
SURE = 0.75  # a guess of the model counts as a check where it is at least that sure


class Share(NamedTuple):
    """How many of how many, and the 95 % interval of the share, as of independent cases."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """The share itself; 0.5 of nothing."""
        return self.hits / self.of if self.of else 0.5


class Seconds(NamedTuple):
    """How long answers took, in s."""

    tenth: float  # a tenth of the answers was faster
    median: float
    ninetieth: float


class Reliability(NamedTuple):
    """What speaks for and against an annotator's answers."""

    annotator: str
    answers: int
    left: Share  # of the answers that name a side, those for what was shown on the left
    others: Share  # agreement with each other annotator, where both name a side
    model: Share  # agreement with the model's guess
    repeats: Share  # the same answer to a repeated question
    slips: Slips | None  # estimated from the model's guesses; None where it had none
    seconds: Seconds | None
    flags: tuple[str, ...]  # of "always one side" and "at random"


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's α of nominal data: 1 is perfect agreement, 0 what chance would give.

    units: the values that each unit was given, by however many observers; missing ones are left out.
    α = 1 − (n − 1) Σ_{c≠k} o_ck / Σ_{c≠k} n_c n_k, where a unit with m ≥ 2 values adds 1 / (m − 1) to the
    coincidences o_ck for each ordered pair of its values, n_c = Σ_k o_ck and n = Σ_c n_c (K. Krippendorff,
    Computing Krippendorff's Alpha-Reliability, 2011, section C). None where it has no meaning: no unit has
    two values, or all values are the same.
    """
    totals: Counter[Hashable] = Counter()
    apart = 0.0  # Σ over c ≠ k of o_ck
    for values in units:
        size = len(values)
        if size < 2:
            continue
        counts = Counter(values)
        totals.update(counts)
        apart += sum(number * (size - number) for number in counts.values()) / (size - 1)
    n = sum(totals.values())
    expected = n * n - sum(number * number for number in totals.values())
    return 1.0 - (n - 1) * apart / expected if expected else None


def agreement_of(records: Iterable[Record]) -> float | None:
    """Krippendorff's α of the answers to the same questions; "can't tell" is a missing value."""
    units: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.answer.choice != "cant_tell":
            units[record.question.id].append(record.answer.choice)
    return krippendorff_alpha(units.values())


def position_bias(records: Iterable[Record]) -> Share:
    """Of the answers that name a side, those for what was shown on the left; without a bias, half."""
    shown = [(r.answer.choice == "left") != r.answer.swapped for r in records if r.answer.choice in DECIDED]
    return share(sum(shown), len(shown))


def repeat_consistency(records: Sequence[Record]) -> Share:
    """Of the repeated questions, those that the same person answered as the first time.

    Sides are exchanged in a repeat: left is then the same as right was. "Can't tell" is left out.
    """
    pairs = _repeats(records)
    return share(sum(MIRRORED.get(first, first) == second for first, second in pairs), len(pairs))


def seconds_of(records: Iterable[Record]) -> Seconds | None:
    """How long the answers took; None where no time was taken, as of imported ones."""
    times = sorted(record.answer.seconds for record in records if record.answer.seconds > 0)
    if not times:
        return None
    tenths = quantiles(times, n=10, method="inclusive") if len(times) > 1 else times * 9
    return Seconds(tenths[0], median(times), tenths[8])


def reliability(records: Sequence[Record]) -> list[Reliability]:
    """What speaks for and against each annotator, by name.

    "always one side": at least 90 % of at least 15 answers that name a side are for the same shown side.
    "at random": at least 20 checks are, together, 20 times likelier of someone who guesses than of someone
    who errs in one of five cases (the test of Wald, 1945). So whoever errs no more often is told this, at any
    time, with a probability of at most 5 %. Checks are answers that name a side, against
    the same person's first answer, the model's guess where it was sure, and two others who say the same.
    One other person is no check: it could be them who guess. Who always names one side is none either.
    """
    of_person: defaultdict[str, list[Record]] = defaultdict(list)
    of_question: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        of_person[record.answer.annotator].append(record)
        if record.answer.choice in DECIDED:
            of_question[record.question.id].append(record)
    biases = {name: position_bias(mine) for name, mine in of_person.items()}
    blind = {
        name
        for name, left in biases.items()
        if left.of >= FEWEST_DECIDED and max(left.rate, 1 - left.rate) >= ONE_SIDED
    }
    found: list[Reliability] = []
    for name, mine in sorted(of_person.items()):
        decided = [record for record in mine if record.answer.choice in DECIDED]
        pairs = [
            record.answer.choice == other.answer.choice
            for record in decided
            for other in of_question[record.question.id]
            if other.answer.annotator != name
        ]
        guessed = [record for record in decided if record.question.guess is not None]
        flags: tuple[str, ...] = ()
        if name in blind:
            flags = (ONE_SIDE,)
        elif _at_random(mine, decided, of_question, blind):
            flags = (AT_RANDOM,)
        others, model = share(sum(pairs), len(pairs)), share(sum(map(_as_guessed, guessed)), len(guessed))
        repeats, seconds = repeat_consistency(mine), seconds_of(mine)
        slips = slips_of(guessed)
        found.append(
            Reliability(name, len(mine), biases[name], others, model, repeats, slips, seconds, flags)
        )
    return found


def slips_of(guessed: Sequence[Record]) -> Slips | None:
    """How many of these answers, each with a side and a guess, name the wrong side; see `armchair.slips`.

    Guesses are of the time of asking, when the model knew less than at the end: the interval is wide.
    """
    if not guessed:
        return None
    right = [record.question.guess or 0.0 for record in guessed]
    return doubt(right, [float(record.answer.choice == "right") for record in guessed]).slips


def share(hits: int, of: int) -> Share:
    """A share with its interval."""
    return Share(hits, of, *wilson(hits, of))


def _at_random(
    mine: Sequence[Record], decided: Sequence[Record], of_question: dict[str, list[Record]], blind: set[str]
) -> bool:
    """Whether the checks say that someone guesses."""
    same = (1 - ERRS) ** 2 + ERRS**2  # how often two looks agree
    checks = [
        (MIRRORED[first] == second, same)
        for first, second in _repeats(mine)
        if first in DECIDED and second in DECIDED
    ]
    for record in decided:
        guess = record.question.guess
        if guess is not None and max(guess, 1 - guess) >= SURE:
            right = max(guess, 1 - guess)  # the probability that the model is
            checks.append((_as_guessed(record), (1 - ERRS) * right + ERRS * (1 - right)))
        others = [
            o.answer.choice
            for o in of_question[record.question.id]
            if o.answer.annotator != record.answer.annotator and o.answer.annotator not in blind
        ]
        if len(others) >= 2 and len(set(others)) == 1:
            checks.append((record.answer.choice == others[0], same))
    ratio = sum(log(0.5 / (level if agree else 1 - level)) for agree, level in checks)
    return len(checks) >= FEWEST_CHECKS and ratio >= log(ENOUGH)


def _repeats(records: Sequence[Record]) -> list[tuple[str, str]]:
    """First and second choice of each person who answered a question and its repeat, not "can't tell"."""
    first = {(r.answer.annotator, r.question.id): r.answer.choice for r in records}
    again = [
        (first.get((r.answer.annotator, r.question.repeat_of)), r.answer.choice)
        for r in records
        if r.question.repeat_of is not None
    ]
    return [(one, two) for one, two in again if one is not None and "cant_tell" not in (one, two)]


def _as_guessed(record: Record) -> bool:
    """Whether an answer that names a side is the one that the model gave the larger probability."""
    guess = record.question.guess
    assert guess is not None
    return (guess > 0.5) == (record.answer.choice == "right")
