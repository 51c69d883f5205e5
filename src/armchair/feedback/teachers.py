"""Simulated teachers: what a clip is worth to them (a scorer), then how they answer (a chain of rules).

After B-Pref (Lee et al., 2021), with two differences: thresholds are shares of the *range* of the scores
seen so far, so that they mean the same whatever the sign and scale of the reward, and equal scores are a
tie. A teacher answers through the store like any person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip

Scorer = Callable[[Clip], float]
"""What a clip is worth: more is better."""


class Judged(NamedTuple):
    """Two scores, and the scores of all clips seen so far."""

    left: float
    right: float
    low: float  # the least score so far
    high: float  # the largest
    std: float  # standard deviation, 1 before two different scores were seen

    @property
    def span(self) -> float:
        """The range of the scores so far."""
        return self.high - self.low


Rule = Callable[[Judged, Choice, torch.Generator], Choice]
"""What is said in place of the choice so far."""


# ---- scorers


def true_return(clip: Clip) -> float:
    """Sum of the task's own reward."""
    return float(clip.reward.double().sum())


def myopic_return(discount: float) -> Scorer:
    """The true reward with later steps weighing more: Σ discount^(L − 1 − t) r_t."""

    def score(clip: Clip) -> float:
        age = torch.arange(len(clip.reward) - 1, -1, -1, dtype=torch.float64)
        return float((discount**age * clip.reward.double()).sum())

    return score


# ---- rules


def boltzmann(beta: float) -> Rule:
    """Right with probability σ(β (right − left) / std): the closer the scores, the more it is chance."""

    def answer(judged: Judged, choice: Choice, rng: torch.Generator) -> Choice:
        if choice not in ("left", "right"):
            return choice
        logit = torch.tensor(beta * (judged.right - judged.left) / judged.std, dtype=torch.float64)
        draw = torch.rand((), generator=rng, dtype=torch.float64)
        return "right" if bool(draw < torch.sigmoid(logit)) else "left"

    return answer


def equal(threshold: float) -> Rule:
    """A tie when the scores differ by less than this share of their range."""

    def answer(judged: Judged, choice: Choice, rng: torch.Generator) -> Choice:
        close = abs(judged.right - judged.left) < threshold * judged.span
        return "tie" if close and choice in ("left", "right") else choice

    return answer


def skip(threshold: float) -> Rule:
    """Cannot tell when both clips are poor: in the lowest share `threshold` of the range of scores."""

    def answer(judged: Judged, choice: Choice, rng: torch.Generator) -> Choice:
        bar = judged.low + threshold * judged.span
        return "cant_tell" if max(judged.left, judged.right) < bar else choice

    return answer


def mistake(rate: float) -> Rule:
    """Left for right with this probability."""

    def answer(judged: Judged, choice: Choice, rng: torch.Generator) -> Choice:
        if choice not in ("left", "right"):
            return choice
        wrong = bool(torch.rand((), generator=rng, dtype=torch.float64) < rate)
        other: Choice = "right" if choice == "left" else "left"
        return other if wrong else choice

    return answer


# ---- the teacher


class TeacherState(NamedTuple):
    """All that a teacher's next answers depend on."""

    rng: Tensor  # uint8, the generator's state
    seen: Tensor  # (5,) float64: clips seen, mean and sum of squared deviations, least, largest score


class Teacher:
    """Scores two clips and says which is better. The rules apply in order to "left", "right" or "tie"."""

    def __init__(self, scorer: Scorer, rules: Sequence[Rule], rng: torch.Generator) -> None:
        self.scorer, self.rules = scorer, tuple(rules)
        self._rng = rng
        self._seen = torch.tensor([0.0, 0.0, 0.0, torch.inf, -torch.inf], dtype=torch.float64)

    def watch(self, clips: Sequence[Clip]) -> None:
        """See clips, so as to know what is poor and what is far apart, before answering about them."""
        for clip in clips:
            self._count(self._score(clip))

    def answer(self, left: Clip, right: Clip) -> Choice:
        """Which of the two is better; they should have been watched."""
        count, _, squares, low, high = self._seen.tolist()
        std = (squares / count) ** 0.5 if count else 0.0
        a, b = self._score(left), self._score(right)
        judged = Judged(a, b, min(low, a, b), max(high, a, b), std if std > 0 else 1.0)
        choice: Choice = "tie" if a == b else "left" if a > b else "right"
        for rule in self.rules:
            choice = rule(judged, choice, self._rng)
        return choice

    def _score(self, clip: Clip) -> float:
        score = self.scorer(clip)
        if not abs(score) < float("inf"):
            raise InvalidInput(f"a teacher's score of clip {clip.id} must be finite, got {score}")
        return score

    def _count(self, score: float) -> None:
        """Welford's update of mean and squared deviations, and the range."""
        count, mean, squares, low, high = self._seen.tolist()
        count += 1
        delta = score - mean
        mean += delta / count
        squares += delta * (score - mean)
        self._seen = torch.tensor(
            [count, mean, squares, min(low, score), max(high, score)], dtype=torch.float64
        )

    def state(self) -> TeacherState:
        """What to save to go on from here; copies stay valid."""
        return TeacherState(self._rng.get_state(), self._seen.clone())

    def load_state(self, state: TeacherState) -> None:
        """Go on from a `state` of a teacher of the same make."""
        if state.seen.shape != (5,):
            raise InvalidInput(f"seen must have shape (5,), got {tuple(state.seen.shape)}")
        self._rng.set_state(state.rng)
        self._seen = state.seen.clone()


# ---- by name


@dataclass(frozen=True)
class TeacherParams:
    """How a teacher answers; 0 switches a trait off."""

    beta: float = 0.0
    """Boltzmann: how sharply two scores that differ by one standard deviation are told apart."""
    mistake: float = 0.0
    """Share of the answers that are turned round; 0.5 is a coin flip."""
    skip: float = 0.0
    """Cannot tell when both clips lie in this lowest share of the range of scores."""
    equal: float = 0.0
    """A tie when the scores differ by less than this share of their range."""
    myopic: float = 0.0
    """Discount per step backwards from the clip's end."""


TEACHERS: dict[str, TeacherParams] = {
    "oracle": TeacherParams(),
    "boltzmann": TeacherParams(beta=3.0),
    "mistake": TeacherParams(mistake=0.1),
    "skip": TeacherParams(skip=0.1),
    "equal": TeacherParams(equal=0.1),
    "myopic": TeacherParams(myopic=0.9),
    "coin": TeacherParams(mistake=0.5),
}


def make_teacher(
    name: str,
    params: Mapping[str, float],
    rng: torch.Generator,
    *,
    scorer: Scorer = true_return,
) -> Teacher:
    """The teacher of this name with some of its `TeacherParams` set otherwise.

    >>> make_teacher("skip", {"mistake": 0.1}, rng)  # skips, and errs in 10 % of what it does not skip

    scorer: what clips are worth to it; see `armchair.feedback.styles` for others. Raises InvalidChoice for
    an unknown name or parameter, InvalidInput for a value out of range.
    """
    check_choice("teacher", name, TEACHERS)
    valid = [field.name for field in fields(TeacherParams)]
    for key, value in params.items():
        check_choice("parameter of a teacher", key, valid)
        _check_param(key, value)
    chosen = replace(TEACHERS[name], **dict(params))
    if chosen.myopic:
        if scorer is not true_return:
            raise InvalidInput("a myopic teacher looks at the task's own reward: leave out the other scorer")
        scorer = myopic_return(chosen.myopic)
    makers = ((skip, chosen.skip), (equal, chosen.equal), (boltzmann, chosen.beta), (mistake, chosen.mistake))
    return Teacher(scorer, [make(value) for make, value in makers if value > 0], rng)


def _check_param(key: str, value: float) -> None:
    limit = float("inf") if key == "beta" else 0.5 if key == "mistake" else 1.0
    if not (0.0 <= value <= limit and value < float("inf")):
        raise InvalidInput(f"{key} must be in 0 … {limit:g}, got {value}")


def answer_pending(
    store: Store, teacher: Teacher, annotator: str = "teacher", *, limit: int | None = None
) -> int:
    """Claim what waits in the store, at most `limit`, and answer it. -> how many were answered.

    Raises StoreError when the true reward of a clip is not known, as of imported ones.
    """
    store.register(annotator, "simulated")
    questions = store.claim(annotator, n=2**31 - 1 if limit is None else limit)
    names = [name for question in questions for name in (question.left, question.right)]
    if not store.rewards_known(names):
        store.release(annotator, [question.id for question in questions])
        raise StoreError("a simulated teacher needs the true reward, which imported clips lack: ask a person")
    clips = store.clips(names)
    teacher.watch(clips)
    for question, left, right in zip(questions, clips[0::2], clips[1::2], strict=True):
        choice = teacher.answer(left, right)
        store.submit(Answer(new_id(), question.id, annotator, choice, 1.0, 0.0, time.time()))
    return len(questions)
