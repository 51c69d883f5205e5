"""Whether more answers still help."""

from __future__ import annotations

import random

import pytest

from armchair.feedback.progress_test import Course as Followed
from armchair.feedback.progress_test import Meter, Verdict, looks_level, progress_test, scores_of
from armchair.feedback.settling import settled, settled_in
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
        ("++++++", "unknown"),  # one run in 64 begins so by chance, and there are many looks
        ("+++++++", "improving"),
        ("++++++-++++", "improving"),
        ("-+" * 6, "unknown"),  # a newer policy that wins 70 % comes to that in one run of ten
        ("=" * 15, "settled"),
        ("-" * 6, "settled"),
        ("--=-==-", "settled"),
        ("++++++++" + "-=" * 3, "unknown"),  # it was better, and the latest speak against it
        ("++++++++" + "-=" * 10, "settled"),
        ("=" * 15 + "+" * 6, "unknown"),
        ("=" * 15 + "+" * 14, "improving"),
        ("++-++-+-++-+", "unknown"),
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
    records = compare("++++++++" + "-=" * 10)
    assert progress_test(records[::-1]) == progress_test(records)


def test_the_text_says_how_many_more_it_takes() -> None:
    few = progress_test(compare("+-="))
    assert few.text == f"Too early to say: 3 of about {3 + few.more} comparisons of older and newest policy."
    assert 20 < few.more < 60
    assert 0 < progress_test(compare("=" * 13)).more < 8
    assert "10 of the last 12" in progress_test(compare("++++++-+++-+")).text
    done = progress_test(compare("=" * 15))
    assert "may be done" in done.text and done.more == 0


# ---- what becomes of simulated people

LOOKS, RUNS = 40, 600
Course = list[Verdict]


def courses(ties: float, decided: float, first: str = "", seed: int = 0) -> list[Course]:
    """What is shown after each of 40 comparisons, in many runs.

    ties: their share; decided: the share that the newer policy wins of the rest.
    """
    found: list[Course] = []
    for run in range(RUNS):
        rng = random.Random(RUNS * seed + run)
        said = first + "".join(
            "=" if rng.random() < ties else "+-"[rng.random() >= decided] for _ in range(LOOKS)
        )
        meter, shown = Meter(), Course()
        scores = scores_of(compare(said))
        for number, score in enumerate(scores, start=1):
            meter.take(score)
            shown.append(meter.shown(scores[:number]))
        found.append(shown[len(first) :])
    return found


def ever(found: list[Course], verdict: Verdict, by: int = LOOKS) -> float:
    return sum(verdict in shown[:by] for shown in found) / len(found)


@pytest.mark.parametrize(("ties", "decided"), [(0, 0.7), (0.3, 0.7), (0.5, 0.8), (0.72, 1.0), (0, 0.8)])
def test_settled_is_hardly_ever_shown_while_the_newest_is_clearly_better(ties: float, decided: float) -> None:
    assert ever(courses(ties, decided), "settled") <= 0.05


def test_nor_after_it_was_found_to_get_better() -> None:
    """A verdict begins the test anew, and that must not be another try."""
    assert ever(courses(0.3, 0.7, first="+" * 7), "settled") <= 0.05


@pytest.mark.parametrize("ties", [0, 0.3, 0.6])
def test_improving_is_hardly_ever_shown_while_it_is_no_better(ties: float) -> None:
    assert ever(courses(ties, 0.5), "improving") <= 0.05


def test_what_is_true_is_found() -> None:
    assert ever(courses(0, 0.95), "improving", by=12) >= 0.85
    assert ever(courses(0, 0.85), "improving", by=20) >= 0.75
    assert ever(courses(0.9, 0.5), "settled", by=20) >= 0.5
    assert ever(courses(0, 0.5), "settled") >= 0.5
    assert ever(courses(0, 0.35), "settled", by=20) >= 0.6
    assert ever(courses(0.9, 0.5, first="+++++"), "settled", by=25) >= 0.5, "the newest used to win"


def test_a_verdict_that_is_over_is_not_shown_for_long() -> None:
    level = courses(0, 0.5, first="+" * 8)
    assert sum(shown[15] == "improving" for shown in level) / RUNS < 0.4


def test_comparisons_become_frequent_once_they_look_level() -> None:
    assert not looks_level([])
    assert not looks_level(compare("+++++"))
    assert looks_level(compare("+++=-=-="))


def test_a_course_that_is_followed_finds_what_all_of_it_at_once_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are given, taken back and turned round, the latest or any other."""
    monkeypatch.setattr("armchair.feedback.progress_test.MARK", 7)
    rng, followed, there = random.Random(3), Followed(), dict[int, Record]()
    for seq in range(1, 160):
        said = rng.choice("++-=b?")
        strategy = "settling" if seq > 100 else "progress"
        (record,) = compare(said, strategy)
        question = record.question._replace(id=f"{seq}")
        there[seq] = record = record._replace(seq=seq, question=question)
        for score in scores_of([record]):
            followed.add(seq, question.id, score, apart=strategy == "settling")
        if rng.random() < 0.3:
            gone = max(there) if rng.random() < 0.5 else rng.choice(list(there))
            del there[gone]
            followed.remove(gone)
        assert followed.result() == progress_test(there.values())
        late = {f"{number}" for number in range(105, 140)}
        assert settled_in(followed, late) == settled(there.values(), late)
