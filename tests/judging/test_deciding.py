"""What becomes of two verdicts, by hand."""

from __future__ import annotations

import pytest

from armchair.feedback.agreement import Share
from armchair.ids import new_id
from armchair.judging.deciding import Better, Fate, decide, is_audited, side_of
from armchair.judging.figures import Seen, figures
from armchair.types import Choice


@pytest.mark.parametrize(
    ("first", "second", "guess", "choice", "fate"),
    [
        ("first", "second", 0.1, "left", "answered"),  # the left clip, wherever it stood
        ("second", "first", 0.9, "right", "answered"),
        ("first", "second", 0.79, "left", "answered"),  # unsure of the other side
        ("first", "second", 0.8, "left", "reward model"),
        ("second", "first", 0.2, "right", "reward model"),  # 1 - 0.2
        ("second", "first", 0.21, "right", "answered"),
        ("neither", "neither", 0.5, "tie", "answered"),
        ("neither", "neither", 0.15, "tie", "reward model"),
        ("first", "first", 0.1, None, "orders differ"),
        ("second", "second", 0.1, None, "orders differ"),
        ("first", "neither", 0.1, None, "orders differ"),
        ("first", "cannot_tell", 0.1, None, "cannot tell"),
        ("cannot_tell", "cannot_tell", None, None, "cannot tell"),
        ("first", "second", None, "left", "alone"),
    ],
)
def test_decisions(
    first: Better, second: Better, guess: float | None, choice: Choice | None, fate: Fate
) -> None:
    assert decide(first, second, guess, audited=False) == (choice, fate)
    audited = "audit" if fate == "answered" else fate
    assert decide(first, second, guess, audited=True) == (choice, audited), "the audit comes last"


def test_a_verdict_names_the_questions_own_side() -> None:
    assert [side_of("first", exchanged=flag) for flag in (False, True)] == ["left", "right"]
    assert side_of("cannot_tell", exchanged=False) is None


def test_a_tenth_is_audited_and_always_the_same() -> None:
    names = [new_id() for _ in range(4000)]
    kept = [is_audited(name, 0.1) for name in names]
    assert 300 < sum(kept) < 500  # five standard deviations
    assert kept == [is_audited(name, 0.1) for name in names]
    assert all(is_audited(name, 0.3) for name, small in zip(names, kept, strict=True) if small)
    assert not any(is_audited(name, 0.0) for name in names)
    assert all(is_audited(name, 1.0) for name in names)


def test_figures_by_hand() -> None:
    judged = [
        Seen("a", "first", "second", "left", "answered", 10),
        Seen("b", "first", "first", None, "orders differ", 10),
        Seen("c", "second", "second", None, "orders differ", 10),
        Seen("d", "first", "first", None, "orders differ", 10),
        Seen("e", "cannot_tell", "first", None, "cannot tell", 5),
        Seen("f", "neither", "neither", "tie", "audit", 10),
    ]
    found = figures("eyes", judged, [], {"ann"})
    assert (found.asked, found.answered, found.tokens) == (6, 1, 55)
    assert found.left == {"audit": 1, "orders differ": 3, "cannot tell": 1}
    assert found.flips[:2] == (3, 4)
    assert found.toward_first[:2] == (2, 3)
    assert found.audited == Share(0, 0, 0.0, 1.0), "nobody has answered, and a tie is no side"
