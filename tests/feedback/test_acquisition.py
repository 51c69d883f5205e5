"""Which pairs are asked about, on predictions made by hand."""

from __future__ import annotations

import pytest
import torch

from armchair.errors import InvalidChoice
from armchair.feedback.acquisition import (
    STRATEGIES,
    Predictions,
    disagreement_sampling,
    entropy_sampling,
    information_sampling,
    k_centre_sampling,
    make_questions,
    recency_sampling,
    select_queries,
    uniform_sampling,
)
from armchair.maths import generator
from armchair.types import Clip

# three models; the logit right − left of five pairs
LOGITS = torch.tensor([[4.0, 0.0, -3.0, 1.0, 0.1], [4.0, 0.0, 3.0, 1.5, 0.1], [4.0, 0.0, 3.0, 1.0, 0.1]])


def predict(embedding: torch.Tensor | None = None, logits: torch.Tensor = LOGITS) -> Predictions:
    pairs = logits.shape[1]
    none = torch.zeros(pairs, 0)
    return Predictions(
        torch.zeros_like(logits), logits, torch.arange(pairs), none if embedding is None else embedding
    )


def test_what_cannot_be_told_apart_is_worth_no_question_however_far_the_models_disagree() -> None:
    assert information_sampling(predict(), 1, generator(0)).tolist() == [2]
    close = predict()._replace(error=torch.tensor([0.0, 0.0, 0.5, 0.0, 0.0]))
    assert information_sampling(close, 1, generator(0)).tolist() == [3]
    assert disagreement_sampling(close, 1, generator(0)).tolist() == [2]


def test_disagreement_and_entropy_rank_as_worked_out() -> None:
    # standard deviations: pair 2 by far, then 3, the others none; mean probabilities: pair 1 is the most open
    assert disagreement_sampling(predict(), 2, generator(0)).tolist() == [2, 3]
    assert entropy_sampling(predict(), 2, generator(0)).tolist() == [1, 4]
    assert recency_sampling(predict(), 3, generator(0)).tolist() == [4, 3, 2]


def test_uniform_draws_every_pair_alike() -> None:
    rng = generator(1)
    drawn = torch.cat([uniform_sampling(predict(), 2, rng) for _ in range(2000)])
    assert torch.allclose(drawn.bincount() / 2000, torch.tensor(0.4), atol=0.05)


def test_diverse_prefers_the_far_pair_to_the_twin() -> None:
    logits = torch.tensor([[3.0, 2.9, 2.0, 0.0], [-3.0, -2.9, -2.0, 0.0]])
    embedding = torch.tensor([[0.0, 0.0], [0.01, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert disagreement_sampling(predict(logits=logits), 2, generator(0)).tolist() == [0, 1]
    assert k_centre_sampling(predict(embedding, logits), 2, generator(0)).tolist() == [0, 2]
    agreed = predict(embedding, torch.zeros(2, 4))
    assert len(set(k_centre_sampling(agreed, 3, generator(0)).tolist()) & {0, 1}) == 1, (
        "diversity alone decides"
    )


@pytest.mark.parametrize("name", STRATEGIES)
def test_rows_differ_and_follow_from_the_generator(name: str) -> None:
    embedding = torch.rand(5, 3, generator=generator(2))
    for n in (0, 3, 5, 99):
        rows = STRATEGIES[name](predict(embedding), n, generator(3))
        assert rows.dtype == torch.int64 and len(set(rows.tolist())) == len(rows) == min(n, 5)
        assert rows.equal(STRATEGIES[name](predict(embedding), n, generator(3)))
    assert STRATEGIES[name](predict(torch.zeros(0, 3), torch.zeros(3, 0)), 4, generator(0)).tolist() == []


@pytest.mark.parametrize("name", ["disagreement", "entropy", "newest"])
def test_equal_scores_are_drawn_at_random(name: str) -> None:
    same = predict(logits=torch.zeros(2, 5))._replace(policy_step=torch.zeros(5, dtype=torch.int64))
    rng = generator(4)
    firsts = {int(STRATEGIES[name](same, 1, rng)[0]) for _ in range(100)}
    assert firsts == {0, 1, 2, 3, 4}


def test_a_quarter_is_drawn_at_random() -> None:
    logits = torch.randn(3, 40, generator=generator(5))
    rng = generator(6)
    shares: list[float] = []
    for _ in range(400):
        rows, names = select_queries("disagreement", predict(logits=logits), 10, rng)
        assert len(set(rows.tolist())) == len(names) == 10
        best = disagreement_sampling(predict(logits=logits), 10, rng).tolist()
        assert all(row in best for row, name in zip(rows.tolist(), names, strict=True) if name != "uniform")
        shares.append(names.count("uniform") / 10)
    assert sum(shares) / 400 == pytest.approx(0.25, abs=0.02)


def test_the_random_share_can_be_none_or_all() -> None:
    assert set(select_queries("newest", predict(), 3, generator(0), random_share=0.0)[1]) == {"newest"}
    assert set(select_queries("newest", predict(), 3, generator(0), random_share=1.0)[1]) == {"uniform"}
    with pytest.raises(InvalidChoice, match="did you mean 'entropy'"):
        select_queries("entropie", predict(), 3, generator(0))


def test_sides_are_shuffled_and_repeatable() -> None:
    empty = torch.zeros(1, 1)
    pairs = [
        tuple(Clip(f"{side} {k}", empty, empty, empty[0], None, None, 0, 0, 0) for side in ("a", "b"))
        for k in range(200)
    ]
    questions = make_questions(pairs, ["uniform"] * 200, 5, generator(7))  # pyright: ignore[reportArgumentType]
    assert questions == make_questions(pairs, ["uniform"] * 200, 5, generator(7))  # pyright: ignore[reportArgumentType]
    assert all({q.left, q.right} == {f"a {k}", f"b {k}"} for k, q in enumerate(questions))
    swapped = sum(question.left.startswith("b") for question in questions)
    assert 60 < swapped < 140
    assert len({question.id for question in questions}) == 200
