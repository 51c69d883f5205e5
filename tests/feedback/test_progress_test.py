"""Whether more answers still help."""

from __future__ import annotations

import random

import pytest

from armchair.feedback.progress_test import progress_test
from armchair.store.rows.records import Record
from armchair.types import Answer, Choice, Question


def compare(choices: str, strategy: str = "progress") -> list[Record]:
    """Comparisons: + the newer was preferred, - the older, = a tie, b both bad, ? cannot tell."""
    records: list[Record] = []
    for k, said in enumerate(choices):
        newer_left = k % 2 == 0
        newer: Choice = "left" if newer_left else "right"
        older: Choice = "right" if newer_left else "left"
        words: dict[str, Choice] = {"+": newer, "-": older, "=": "tie", "b": "both_bad", "?": "cant_tell"}
        answer = Answer(f"{k}", f"{k}", "ann", words[said], 1.0, 1.0, 0.0)
        steps = (2000, 1000) if newer_left else (1000, 2000)
        records.append(Record(answer, Question(f"{k}", "a", "b", strategy, 2000), k + 1, *steps))
    return records


@pytest.mark.parametrize(
    ("choices", "verdict"),
    [
        ("", "unknown"),
        ("+++", "unknown"),  # three could be chance
        ("++++++++", "improving"),
        ("+++++-++==++", "improving"),
        ("-+-+-+-+-+-", "unknown"),  # one too few to say that nothing comes of it
        ("-+-+-+-+-+-+", "settled"),
        ("============", "settled"),
        ("------------", "settled"),
        ("++++++++-+-+-+", "improving"),
        ("++++++++" + "-+" * 10, "settled"),  # it was, long ago
        ("-+" * 10 + "+" * 14, "improving"),
        ("++-++-+-++-+", "unknown"),  # 8 of 12: not sure either way
    ],
)
def test_the_verdict(choices: str, verdict: str) -> None:
    assert progress_test(compare(choices)).verdict == verdict


def test_ties_count_half_and_what_says_nothing_is_left_out() -> None:
    meter = progress_test(compare("++=b-?+"))
    assert (meter.wins, meter.ties, meter.losses) == (3, 2, 1)
    assert progress_test(compare("?" * 30)) == progress_test([])
    assert progress_test(compare("++++++++", strategy="uniform")) == progress_test([])
    level = [record._replace(left_step=5, right_step=5) for record in compare("++++++++")]
    assert progress_test(level) == progress_test([]), "two clips of the same policy compare nothing"


def test_the_order_of_recording_decides_what_is_latest() -> None:
    records = compare("++++++++" + "-+" * 10)
    assert progress_test(records[::-1]) == progress_test(records)


def test_the_text_names_the_numbers() -> None:
    assert "3 of at least 12" in progress_test(compare("+-=")).text
    assert "9 of the last 12" in progress_test(compare("+++++-++==++")).text
    assert "may be done" in progress_test(compare("-+-+-+-+-+-+")).text


@pytest.mark.parametrize(("chance", "verdict"), [(0.9, "improving"), (0.5, "settled")])
def test_it_is_mostly_right_about_simulated_people(chance: float, verdict: str) -> None:
    right = 0
    for seed in range(50):
        rng = random.Random(seed)
        choices = "".join("+" if rng.random() < chance else "-" for _ in range(20))
        found = progress_test(compare(choices)).verdict
        right += found == verdict
    assert right >= (45 if verdict == "improving" else 30)
