"""Simulated teachers: what a clip is worth to them (a scorer), then how they answer (`TeacherParams`).

One of them, the viewer, has no scorer: it judges by what the page shows, see `armchair.feedback.viewer`.

After B-Pref (Lee et al., 2021), with two differences: thresholds are shares of the *range* of the scores
seen so far, so that they mean the same whatever the sign and scale of the reward, and equal scores are a
tie. A teacher answers through the store like any person.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput, StoreError, check_choice
from armchair.feedback.viewer import Eyesight, Sight, check_sight, judge
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

Scorer = Callable[[Clip], float]
"""What a clip is worth: more is better."""


def true_return(clip: Clip) -> float:
    """Sum of the task's own reward."""
    return float(clip.reward.double().sum())


def myopic_return(discount: float) -> Scorer:
    """The true reward with later steps weighing more: Σ discount^(L − 1 − t) r_t."""

    def score(clip: Clip) -> float:
        age = torch.arange(len(clip.reward) - 1, -1, -1, dtype=torch.float64)
        return float((discount**age * clip.reward.double()).sum())

    return score


@dataclass(frozen=True)
class TeacherParams:
    """How a teacher answers; 0 switches a trait off."""

    beta: float = 0.0
    """Boltzmann: right with probability σ(beta · (right − left) / standard deviation of the scores)."""
    mistake: float = 0.0
    """Share of the answers that are turned round; 0.5 is a coin flip."""
    skip: float = 0.0
    """Cannot tell when both clips lie in this lowest share of the range of scores."""
    equal: float = 0.0
    """A tie when the scores differ by less than this share of their range."""
    myopic: float = 0.0
    """Discount per step backwards from the clip's end."""
    views: float = 0.0
    """Judges by the page's picture, with so many views of each clip (1 or 2), in place of a scorer."""
    jnd: float = 0.0
    """Of one with views, as the next three: see `Eyesight`; 0 sees every difference."""
    weber: float = 0.0
    """See `Eyesight`."""
    end: float = 0.0
    """See `Eyesight`."""
    swap: float = 0.0
    """See `Eyesight`."""
    lapse: float = 0.0
    """Share of the answers that have nothing to do with the clips: one side or the other by chance."""

    @property
    def errs(self) -> bool:
        """Whether answers may be wrong, as people's are."""
        return bool(self.mistake or self.beta or self.views)

    @property
    def eyes(self) -> Eyesight:
        """How well it sees."""
        return Eyesight(int(self.views), self.jnd, self.weber, self.end, self.swap)


SEES = Eyesight()  # what is known of people's eyes
TEACHERS: dict[str, TeacherParams] = {
    "oracle": TeacherParams(),
    "boltzmann": TeacherParams(beta=3.0),
    "mistake": TeacherParams(mistake=0.1),
    "skip": TeacherParams(skip=0.1),
    "equal": TeacherParams(equal=0.1),
    "myopic": TeacherParams(myopic=0.9),
    "coin": TeacherParams(mistake=0.5),
    "viewer": TeacherParams(views=2, jnd=SEES.jnd, weber=SEES.weber, lapse=0.03),
}
LIMITS = {"beta": math.inf, "mistake": 0.5, "jnd": math.inf}  # of parameters; 1 for the others
ONE_OF = {"views": (1.0, 2.0), "swap": (0.0, 1.0)}  # of those that are no matter of degree
OF_EYES = ("jnd", "weber", "end", "swap", "lapse")  # mean nothing to a teacher who does not look


_TURNED: dict[Choice, Choice] = {"left": "right", "right": "left"}


class TeacherState(NamedTuple):
    """All that a teacher's next answers depend on."""

    rng: Tensor  # uint8, the generator's state
    seen: Tensor  # (5,) float64: clips seen, mean and sum of squared deviations, least, largest score


class Teacher:
    """Scores two clips and says which is better; one with `views` looks at them instead."""

    def __init__(
        self,
        scorer: Scorer,
        params: TeacherParams,
        rng: torch.Generator,
        sight: Sight | None = None,
        wishes: Mapping[str, Teacher] = MappingProxyType({}),
    ) -> None:
        """sight: what there is to look at, for a teacher with `views`. wishes: who answers in its place where
        a question is about a wish, by the wish's name.
        """
        self.scorer, self.params, self._rng, self.wishes = scorer, params, rng, wishes
        self.sight = sight if params.views else None
        self._seen = torch.tensor([0.0, 0.0, 0.0, torch.inf, -torch.inf], dtype=torch.float64)

    @property
    def by_task(self) -> bool:
        """Whether it judges by what the task is about, and by the whole clip: not by a style."""
        return self.scorer is true_return and (self.sight is None or self.sight.worth is None)

    @property
    def rewarded(self) -> bool:
        """Whether it goes by the task's own reward."""
        return self.sight is None

    def judge(self, question: Question) -> Teacher:
        """Who answers a question: this teacher, or the one of the wish that it is about."""
        return self if question.wish is None else self.wishes.get(question.wish, self)

    def watch(self, clips: Sequence[Clip]) -> None:
        """See clips, so as to know what is poor and what is far apart, before answering about them."""
        if self.sight is None:
            for clip in clips:
                self._count(self._score(clip))

    def answer(self, left: Clip, right: Clip) -> Choice:
        """Which of the two is better; they should have been watched."""
        choice = self._seen_better(left, right) if self.sight else self._scored_better(left, right)
        if choice in _TURNED and self.params.mistake and self._draw() < self.params.mistake:
            return _TURNED[choice]
        return choice

    def _seen_better(self, left: Clip, right: Clip) -> Choice:
        assert self.sight is not None
        check_sight(self.sight, left.visible.shape[1])
        if self.params.lapse and self._draw() < self.params.lapse:
            return "right" if self._draw() < 0.5 else "left"
        noise = torch.randn((), generator=self._rng, dtype=torch.float64).item()
        return judge(self.sight, left.visible, right.visible, self.params.eyes, noise)

    def _scored_better(self, left: Clip, right: Clip) -> Choice:
        count, _, squares, low, high = self._seen.tolist()
        std = (squares / count) ** 0.5 if count else 0.0
        a, b = self._score(left), self._score(right)
        low = min(low, a, b)
        span = max(high, a, b) - low
        if max(a, b) < low + self.params.skip * span:
            return "cant_tell"
        if a == b or abs(b - a) < self.params.equal * span:
            return "tie"
        says_right = b > a
        if self.params.beta:
            logit = torch.tensor(self.params.beta * (b - a) / (std or 1.0), dtype=torch.float64)
            says_right = self._draw() < torch.sigmoid(logit).item()
        return "right" if says_right else "left"

    def _draw(self) -> float:
        return torch.rand((), generator=self._rng, dtype=torch.float64).item()

    def _score(self, clip: Clip) -> float:
        score = self.scorer(clip)
        if not math.isfinite(score):
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


def make_teacher(
    name: str,
    params: Mapping[str, float],
    rng: torch.Generator,
    *,
    scorer: Scorer = true_return,
    sight: Sight | None = None,
) -> Teacher:
    """The teacher of this name with some of its `TeacherParams` set otherwise.

    >>> make_teacher("skip", {"mistake": 0.1}, rng)  # skips, and errs in 10 % of what it does not skip

    scorer: what clips are worth to it; see `armchair.feedback.styles` for others. sight: what the viewer can
    look at. Raises InvalidChoice for an unknown name or parameter, InvalidInput for a value out of range, for
    a viewer without anything to look at, and for one that shall see what is not in the picture.
    """
    check_choice("teacher", name, TEACHERS)
    for key, value in params.items():
        _check_param(key, value)
    chosen = replace(TEACHERS[name], **dict(params))
    blind = [key for key in OF_EYES if key in params and not chosen.views]
    if blind:
        raise InvalidInput(
            f"{blind[0]} is about eyes, and {name} does not look: take viewer, or leave it out"
        )
    if chosen.myopic:
        if scorer is not true_return:
            raise InvalidInput("a myopic teacher looks at the task's own reward: leave out the other scorer")
        scorer = myopic_return(chosen.myopic)
    if chosen.views:
        _check_viewer(chosen, scorer, sight)
    return Teacher(scorer, chosen, rng, sight)


def _check_param(key: str, value: float) -> None:
    check_choice("parameter of a teacher", key, [field.name for field in fields(TeacherParams)])
    one_of, limit = ONE_OF.get(key), LIMITS.get(key, 1.0)
    if one_of is not None:
        fits, right = value in one_of, " or ".join(f"{one:g}" for one in one_of)
    else:
        fits = 0.0 <= value <= limit and value < math.inf
        right = "at least 0" if limit == math.inf else f"in 0 … {limit:g}"
    if not fits:
        raise InvalidInput(f"{key} must be {right}, got {value:g}")


def _check_viewer(params: TeacherParams, scorer: Scorer, sight: Sight | None) -> None:
    if scorer is not true_return:
        raise InvalidInput("the viewer sees no scores: it judges by the task or by a style, not by both")
    sight = sight or Sight((), ())
    check_sight(sight, 3 * len(sight.points))
    for trait in ("beta", "skip", "equal"):
        if getattr(params, trait):
            raise InvalidInput(f"{trait} is about scores, which the viewer does not see: leave it out")


def answer_pending(
    store: Store, teacher: Teacher, annotator: str = "teacher", *, limit: int | None = None
) -> int:
    """Claim what waits in the store, at most `limit`, and answer it. -> how many were answered.

    Raises StoreError when the true reward of a clip is not known, as of imported ones.
    """
    store.register(annotator, "simulated")
    questions = store.claim(annotator, n=2**31 - 1 if limit is None else limit)
    names = [name for question in questions for name in (question.left, question.right)]
    if teacher.rewarded and not store.rewards_known(names):
        store.release(annotator, [question.id for question in questions])
        raise StoreError("a simulated teacher needs the true reward, which imported clips lack: ask a person")
    clips = store.clips(names)
    pairs = list(zip(questions, clips[0::2], clips[1::2], strict=True))
    for question, left, right in pairs:
        teacher.judge(question).watch((left, right))
    for question, left, right in pairs:
        choice = teacher.judge(question).answer(left, right)
        store.submit(Answer(new_id(), question.id, annotator, choice, 1.0, 0.0, time.time()))
    return len(questions)
