"""How far answers can be relied on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from armchair.feedback.agreement import (
    AT_RANDOM,
    ONE_SIDE,
    agreement_of,
    krippendorff_alpha,
    position_bias,
    reliability,
    repeat_consistency,
    seconds_of,
)
from armchair.intervals import wilson
from armchair.store.rows.records import Record
from armchair.types import Answer, Choice, Question

Behaviour = Callable[[random.Random, Choice, bool], Choice]
"""Generator, the better side, whether the sides are shown exchanged -> what is said."""


def record(
    seq: int,
    choice: Choice,
    *,
    who: str = "ann",
    question: str = "",
    guess: float | None = None,
    repeat_of: str | None = None,
    swapped: bool = False,
    seconds: float = 2.0,
) -> Record:
    name = question or f"question {seq}"
    answer = Answer(f"answer {seq}", name, who, choice, 1.0, seconds, float(seq), swapped)
    return Record(answer, Question(name, "a", "b", "uniform", 0, guess, repeat_of), seq, 0, 0)


# ---- Krippendorff's alpha


def table(rows: Sequence[str]) -> list[list[str]]:
    """Units of a table with one row of letters an observer; a dot is a missing value."""
    return [[value for value in unit if value != "."] for unit in zip(*rows, strict=True)]


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff (2011), section C: four observers, twelve units, missing data; alpha = 0.743. By hand: of
    # the n = 40 pairable values 9 are 1, 13 are 2, 10 are 3, 5 are 4 and 3 are 5, so n² - Σ n_c² = 1216;
    # units 2 (2 2 3 2), 6 (1 2 3 4) and 8 (1 1 2 1) add 6/3 + 12/3 + 6/3 = 8 to the pairs that differ.
    units = table(["123321412...", "1233224125.3", ".3332342251.", "12332441251."])
    assert krippendorff_alpha(units) == pytest.approx(1 - 39 * 8 / 1216)
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_two_observers_counted_by_hand() -> None:
    # 4 units, 8 values: a a / a a / b b / a b. o_ab = o_ba = 1; n_a = 5, n_b = 3: 1 - 7 * 2 / (2 * 5 * 3)
    assert krippendorff_alpha(table(["aaba", "aabb"])) == pytest.approx(1 - 7 * 2 / 30)


def test_alpha_at_its_ends() -> None:
    assert krippendorff_alpha(table(["abab", "abab"])) == 1.0
    assert krippendorff_alpha([["a"], ["b"], []]) is None, "nothing to compare"
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None, "nothing varies"
    rng = random.Random(0)
    noise = [[rng.choice("abc") for _ in range(3)] for _ in range(3000)]
    assert krippendorff_alpha(noise) == pytest.approx(0.0, abs=0.03)


def test_agreement_compares_answers_to_the_same_question_and_passes_over_cannot_tell() -> None:
    said: list[tuple[str, Choice, Choice]] = [("1", "left", "left"), ("2", "left", "left")]
    said += [("3", "right", "right"), ("4", "left", "right"), ("5", "left", "cant_tell")]
    records = [
        record(2 * k + side, choice, who=who, question=name)
        for k, (name, *choices) in enumerate(said)
        for side, (who, choice) in enumerate(zip(("ann", "bob"), choices, strict=True))
    ]
    assert agreement_of(records) == pytest.approx(1 - 7 * 2 / 30)
    assert agreement_of(records[::2]) is None


# ---- sides, repeats, the model, seconds


def test_position_bias_speaks_of_what_was_shown() -> None:
    records = [record(1, "left"), record(2, "right", swapped=True), record(3, "left", swapped=True)]
    records += [record(4, "tie"), record(5, "cant_tell")]
    found = position_bias(records)
    assert (found.hits, found.of) == (2, 3) and found.rate == pytest.approx(2 / 3)
    assert found.low < 2 / 3 < found.high


def test_a_repeat_is_consistent_when_the_side_changes_with_the_clip() -> None:
    first: list[Choice] = ["left", "left", "tie", "both_bad", "cant_tell"]
    again: list[Choice] = ["right", "left", "tie", "tie", "left"]
    records = [record(k, choice, question=f"{k}") for k, choice in enumerate(first)]
    records += [record(10 + k, choice, repeat_of=f"{k}") for k, choice in enumerate(again)]
    records += [record(20, "left", who="bob", repeat_of="1"), record(21, "left", repeat_of="taken back")]
    assert repeat_consistency(records)[:2] == (2, 4)


def test_seconds_are_of_answers_that_were_timed() -> None:
    found = seconds_of([record(k, "left", seconds=float(k)) for k in range(12)])
    assert found is not None and found == pytest.approx((2.0, 6.0, 10.0))
    assert seconds_of([record(1, "left", seconds=3.0)]) == (3.0, 3.0, 3.0)
    assert seconds_of([record(1, "left", seconds=0.0)]) is None


def test_wilson_s_interval() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)  # as in textbooks
    assert wilson(0, 10)[0] == pytest.approx(0.0) and wilson(10, 10)[1] == pytest.approx(1.0)
    low, high = wilson(5, 10, 0.9)
    assert low == pytest.approx(1 - high) and low > wilson(5, 10)[0]


# ---- reliability


def honest(rng: random.Random, better: Choice, swapped: bool) -> Choice:
    """Errs in one of ten cases."""
    return better if rng.random() < 0.9 else MIRROR[better]


def coin(rng: random.Random, better: Choice, swapped: bool) -> Choice:
    return rng.choice(("left", "right"))


def shown_left(rng: random.Random, better: Choice, swapped: bool) -> Choice:
    return "right" if swapped else "left"


MIRROR: dict[Choice, Choice] = {"left": "right", "right": "left"}


def simulate(behaviours: dict[str, Behaviour], seed: int, *, questions: int = 150) -> list[Record]:
    """Everyone answers all questions and a tenth of them again. The model is right as often as it says."""
    rng = random.Random(seed)
    records: list[Record] = []
    for k in range(questions):
        better: Choice = rng.choice(("left", "right"))
        sure = rng.uniform(0.5, 0.95)
        right = (better == "right") == (rng.random() < sure)
        guess = sure if right else 1 - sure
        for who, say in behaviours.items():
            swapped = rng.random() < 0.5
            choice = say(rng, better, swapped)
            records.append(
                record(len(records), choice, who=who, question=f"{k}", guess=guess, swapped=swapped)
            )
            if rng.random() < 0.1:
                swapped = rng.random() < 0.5
                choice = say(rng, MIRROR[better], swapped)
                name = f"{k} again, {who}"
                records.append(
                    record(len(records), choice, who=who, question=name, repeat_of=f"{k}", swapped=swapped)
                )
    return records


@pytest.mark.parametrize("seed", range(8))
def test_flags_tell_who_guesses_from_who_errs(seed: int) -> None:
    people: dict[str, Behaviour] = {"ann": honest, "bob": coin, "eve": shown_left, "joe": honest}
    found = {one.annotator: one for one in reliability(simulate(people, seed))}
    assert {name: one.flags for name, one in found.items()} == {
        "ann": (),
        "bob": (AT_RANDOM,),
        "eve": (ONE_SIDE,),
        "joe": (),
    }
    assert found["ann"].model.rate > found["bob"].model.rate and found["eve"].left.rate == 1.0
    assert found["ann"].others.rate > found["bob"].others.rate
    assert found["ann"].repeats.rate > found["bob"].repeats.rate


@pytest.mark.parametrize("seed", range(8))
def test_an_honest_person_beside_one_who_guesses_is_not_taken_for_them(seed: int) -> None:
    found = reliability(simulate({"ann": honest, "bob": coin}, seed))
    assert [one.flags for one in found] == [(), (AT_RANDOM,)]


def test_who_always_names_one_side_hides_nobody_who_guesses() -> None:
    people: dict[str, Behaviour] = {"ann": honest, "bob": coin, "eve": shown_left, "joe": honest}
    flagged: Counter[str] = Counter()
    for seed in range(40):
        by_others_alone = [
            record._replace(question=record.question._replace(guess=None))
            for record in simulate(people, seed, questions=80)
            if record.question.repeat_of is None
        ]
        flagged.update(one.annotator for one in reliability(by_others_alone) if AT_RANDOM in one.flags)
    assert set(flagged) == {"bob"} and flagged["bob"] >= 22, "17 where eve's answers are checks of bob's"


def erring(rng: random.Random, better: Choice, swapped: bool) -> Choice:
    return better if rng.random() < 0.8 else MIRROR[better]


def test_who_errs_in_one_of_five_is_hardly_ever_told_of_guessing_however_often_one_looks() -> None:
    told = 0
    for seed in range(100):
        records = simulate({"ann": erring}, seed)
        looks = range(30, len(records) + 1, 15)
        told += any(reliability(records[:look])[0].flags != () for look in looks)
    assert told <= 5


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_flagged_on_little_evidence_or_by_a_model_that_knows_nothing(seed: int) -> None:
    few = reliability(simulate({"ann": shown_left, "bob": coin}, seed, questions=10))
    assert [one.flags for one in few] == [(), ()]
    blind = [
        record._replace(question=record.question._replace(guess=0.5 + 0.1 * (record.seq % 2)))
        for record in simulate({"ann": honest}, seed)
    ]
    assert [one.flags for one in reliability(blind)] == [()]
