"""What becomes of a model's two verdicts on a question: pure functions."""

from __future__ import annotations

import hashlib
from typing import Literal

from armchair.types import Choice

Better = Literal["first", "second", "neither", "cannot_tell"]
"""What a model says of two clips, which it is shown one after the other."""
Fate = Literal["answered", "audit", "orders differ", "cannot tell", "reward model", "alone", "lost", "unseen"]

SURE = 0.8  # probability of the other side from which on the reward model surely disagrees
FATES: dict[str, str] = {
    "answered": "answered",
    "audit": "kept for people, to see how far the two agree",
    "orders differ": "says something else when the clips change places",
    "cannot tell": "cannot tell",
    "reward model": "the reward model is sure of the opposite",
    "alone": "no reward model has an opinion yet",
    "lost": "somebody else had the question meanwhile",
    "unseen": "the clips cannot be shown",
}
"""What becomes of a question, and in words why. All but those answered are left to people."""

_AS_ASKED: dict[Better, Choice] = {"first": "left", "second": "right", "neither": "tie"}
_EXCHANGED: dict[Better, Choice] = {"first": "right", "second": "left", "neither": "tie"}


def side_of(better: Better, *, exchanged: bool) -> Choice | None:
    """The question's own side that a verdict names; None where it names none.

    exchanged: whether the question's right clip was shown first.
    """
    return (_EXCHANGED if exchanged else _AS_ASKED).get(better)


def decide(
    first: Better, second: Better, guess: float | None, *, audited: bool
) -> tuple[Choice | None, Fate]:
    """The choice in which both orders agree, None where they do not, and what becomes of the question.

    first: the verdict with the left clip shown first; second: with the right one first. guess: of the reward
    model, P(right is better). The audit comes last: what it holds back is a fair sample of what would have
    been answered.
    """
    one, two = side_of(first, exchanged=False), side_of(second, exchanged=True)
    if one is None or two is None:
        return None, "cannot tell"
    if one != two:
        return None, "orders differ"
    if guess is None:
        return one, "alone"
    if _opposed(one, guess):
        return one, "reward model"
    return one, "audit" if audited else "answered"


def is_audited(question: str, share: float) -> bool:
    """Whether a question, by its id, is among the share that is kept for people: always the same ones."""
    drawn = hashlib.sha256(b"audit\0" + question.encode("utf-8", "surrogatepass")).digest()[:6]
    return int.from_bytes(drawn, "big") / 2**48 < share


def _opposed(choice: Choice, guess: float) -> bool:
    """Whether the reward model surely says something else; of a tie that either side is better."""
    against = {"left": guess, "right": 1.0 - guess}.get(choice, max(guess, 1.0 - guess))
    return against >= SURE - 1e-9  # 1 - 0.2 is not 0.8
