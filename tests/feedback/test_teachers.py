"""Simulated teachers against what can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch

from armchair.errors import InvalidChoice, InvalidInput, StoreError
from armchair.feedback.teachers import TEACHERS, Teacher, answer_pending, make_teacher, myopic_return
from armchair.maths import generator
from armchair.store.store import Store
from armchair.types import Choice, Clip, Question

MakeClip = Callable[[float], Clip]
AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]


def share(teacher: Teacher, left: Clip, right: Clip, choice: Choice, n: int = 2000) -> float:
    """How often a teacher says `choice`."""
    return sum(teacher.answer(left, right) == choice for _ in range(n)) / n


def near(p: float, n: int = 2000) -> object:
    """A frequency of n draws with probability p, within four standard deviations."""
    return pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / n))


def test_the_oracle_is_right_and_equal_returns_are_a_tie(make_clip: MakeClip) -> None:
    teacher = make_teacher("oracle", {}, generator(0))
    poor, good = make_clip(-2.0), make_clip(-1.0)
    assert [teacher.answer(poor, good), teacher.answer(good, poor)] == ["right", "left"]
    assert teacher.answer(good, make_clip(-1.0)) == "tie"


@pytest.mark.parametrize("scale", [1.0, -0.001, 500.0])
def test_boltzmann_is_a_sigmoid_of_the_difference_in_standard_deviations(
    make_clip: MakeClip, scale: float
) -> None:
    teacher = make_teacher("boltzmann", {"beta": 1.5}, generator(1))
    scores = [0.0, 1.0, 2.0, 5.0]  # mean 2, standard deviation sqrt(14 / 4)
    clips = [make_clip(scale * score) for score in scores]
    teacher.watch(clips)
    for a, b in ((0, 1), (3, 1), (2, 3)):
        logit = 1.5 * math.copysign(scores[b] - scores[a], scale * (scores[b] - scores[a])) / math.sqrt(3.5)
        assert share(teacher, clips[a], clips[b], "right") == near(1 / (1 + math.exp(-logit)))
    assert share(teacher, clips[0], make_clip(0.0), "tie", n=20) == 1.0


def test_mistakes_are_made_at_their_rate_and_never_of_ties(make_clip: MakeClip) -> None:
    poor, good = make_clip(0.0), make_clip(1.0)
    for name, rate in (("mistake", 0.1), ("coin", 0.5)):
        teacher = make_teacher(name, {}, generator(2, name))
        assert share(teacher, poor, good, "left") == near(rate)
        assert share(teacher, good, poor, "right") == near(rate)
        assert share(teacher, good, good, "tie", n=50) == 1.0


@pytest.mark.parametrize("offset", [0.0, -1000.0, 1000.0])
def test_skip_and_equal_mean_the_same_whatever_the_sign_of_the_reward(
    make_clip: MakeClip, offset: float
) -> None:
    def answer(name: str, left: float, right: float) -> Choice:
        teacher = make_teacher(name, {name: 0.2}, generator(0))
        teacher.watch([make_clip(offset), make_clip(offset + 10.0)])
        return teacher.answer(make_clip(offset + left), make_clip(offset + right))

    assert answer("skip", 0.5, 1.5) == "cant_tell"
    assert answer("skip", 0.5, 2.5) == "right"
    assert answer("skip", 2.5, 0.5) == "left"
    assert answer("equal", 5.0, 6.5) == "tie"
    assert answer("equal", 5.0, 7.5) == "right"
    assert answer("equal", 5.0, 2.5) == "left"


def test_the_range_is_that_of_all_clips_seen_so_far(make_clip: MakeClip) -> None:
    teacher = make_teacher("equal", {"equal": 0.2}, generator(0))
    left, right = make_clip(0.0), make_clip(1.0)
    teacher.watch([left, right])
    assert teacher.answer(left, right) == "right"
    teacher.watch([make_clip(10.0)])
    assert teacher.answer(left, right) == "tie"


def test_a_myopic_teacher_weighs_late_steps_more(make_clip: MakeClip) -> None:
    clip = make_clip(0.0)._replace(reward=torch.tensor([8.0, 4.0, 2.0, 1.0]))
    assert myopic_return(0.5)(clip) == pytest.approx(1 + 1 + 1 + 1)
    early = clip._replace(reward=torch.tensor([3.0, 0.0, 0.0, 0.0]))
    late = clip._replace(reward=torch.tensor([0.0, 0.0, 0.0, 2.0]))
    assert make_teacher("oracle", {}, generator(0)).answer(early, late) == "left"
    assert make_teacher("myopic", {"myopic": 0.5}, generator(0)).answer(early, late) == "right"


def test_traits_can_be_put_together(make_clip: MakeClip) -> None:
    params = {"skip": 0.2, "equal": 0.1, "mistake": 0.25}
    teacher = make_teacher("oracle", params, generator(3))
    teacher.watch([make_clip(0.0), make_clip(10.0)])
    assert teacher.answer(make_clip(1.0), make_clip(0.0)) == "cant_tell"
    assert teacher.answer(make_clip(5.0), make_clip(5.5)) == "tie"
    assert share(teacher, make_clip(5.0), make_clip(7.0), "left") == near(0.25)


def test_unknown_names_and_values_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidChoice, match="did you mean 'oracle'"):
        make_teacher("oracel", {}, generator(0))
    with pytest.raises(InvalidChoice, match="did you mean 'mistake'"):
        make_teacher("oracle", {"mistakes": 0.1}, generator(0))
    for key, value in (("mistake", 0.6), ("skip", -0.1), ("beta", math.inf), ("equal", math.nan)):
        with pytest.raises(InvalidInput, match=key):
            make_teacher("oracle", {key: value}, generator(0))


@pytest.mark.parametrize("name", [name for name in TEACHERS if name != "viewer"])  # has a test of its own
def test_a_teacher_goes_on_from_its_state_exactly(make_clip: MakeClip, name: str) -> None:
    clips = [make_clip(float(score)) for score in torch.randn(60, generator=generator(4))]
    pairs = list(zip(clips[::2], clips[1::2], strict=True))

    def answers(teacher: Teacher, some: list[tuple[Clip, Clip]]) -> list[Choice]:
        given: list[Choice] = []
        for pair in some:
            teacher.watch(pair)
            given.append(teacher.answer(*pair))
        return given

    params = {"mistake": 0.3, "skip": 0.2, "equal": 0.05}
    teacher = make_teacher(name, params, generator(5))
    answers(teacher, pairs[:10])
    state = teacher.state()
    expected = answers(teacher, pairs[10:])
    again = make_teacher(name, params, generator(6))
    again.load_state(state)
    assert answers(again, pairs[10:]) == expected
    assert len(set(expected)) > 1


def test_a_teacher_answers_through_the_store(store: Store, ask: AskAbout) -> None:
    ask([(0.0, 1.0), (1.0, 0.0), (2.0, 2.0)])
    (held,) = store.claim("a person")
    teacher = make_teacher("oracle", {}, generator(0))
    assert answer_pending(store, teacher, limit=1) == 1
    assert answer_pending(store, teacher) == 1
    assert answer_pending(store, teacher) == 0
    assert store.held("a person") == [held]
    assert store.annotators() == {"a person": "person", "teacher": "simulated"}
    assert store.preferences().target.tolist() == [0.0, 0.5]


def test_a_teacher_without_the_true_reward_refuses(store: Store, make_clip: MakeClip) -> None:
    left, right = make_clip(0.0), make_clip(0.0)
    store.add_clips([left, right], reward_known=False)
    store.ask([Question(left.id, left.id, right.id, "uniform", 0)])
    with pytest.raises(StoreError, match="needs the true reward"):
        answer_pending(store, make_teacher("oracle", {}, generator(0)))
    assert len(store.claim("a person")) == 1, "the question was given back"
