"""Acquisition functions: which pairs to ask about, from what an ensemble of reward models predicts of them.

Each takes the predictions of P candidate pairs and gives the rows of n different ones, the best first (all P
when there are fewer than n). Ties are broken at random, by the generator. Disagreement of an ensemble is from
Christiano et al., 2017; uniform, entropy and k-centre sampling are named as in B-Pref (Lee et al., 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput, check_choice
from armchair.ids import content_id
from armchair.types import Clip, Question


class Predictions(NamedTuple):
    """What an ensemble of K reward models predicts of P candidate pairs."""

    left: Tensor  # (K, P) predicted return: sum of the reward over the clip, in the units of the fit: logits
    right: Tensor  # (K, P)
    policy_step: Tensor  # (P,) int64, how new the behaviour is
    embedding: Tensor  # (P, E) features in which distant pairs are different questions; E may be 0
    error: Tensor | None = None  # (P,) how often an answer is wrong, 0 … ½; None where nobody errs
    apart: Tensor | None = None  # (P,) how far the clips of a pair lie apart, in any unit

    def prefers_right(self) -> Tensor:
        """Probability that the right clip is better, after Bradley and Terry: σ(right − left). -> (K, P)."""
        return torch.sigmoid(self.right - self.left)

    def ensemble_std(self) -> Tensor:
        """Standard deviation of that probability over the models: how far they disagree. -> (P,)."""
        p = self.prefers_right()
        return (p - p.mean(0)).square().mean(0).sqrt()


Acquisition = Callable[[Predictions, int, torch.Generator], Tensor]
"""Predictions, n, generator -> rows (n,) int64."""


def uniform_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """Pairs at random. -> (n,)."""
    return torch.randperm(predictions.left.shape[1], generator=rng)[:n]


def disagreement_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """Ensemble disagreement: the largest standard deviation of the models' probabilities. -> (n,)."""
    return _largest(predictions.ensemble_std(), n, rng)


def entropy_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """Predictive entropy: the largest entropy of the probability's mean over the ensemble. -> (n,)."""
    return _largest(_entropy(predictions.prefers_right().mean(0)), n, rng)


def information_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """The answer's mutual information with the choice of a model (Houlsby et al., 2011), errors allowed for.

    What cannot be told apart has an error rate of a half and is worth nothing, however far the models
    disagree. -> (n,).
    """
    p = predictions.prefers_right()
    if predictions.error is not None:
        p = p + (1.0 - 2.0 * p) * predictions.error
    return _largest(_entropy(p.mean(0)) - _entropy(p).mean(0), n, rng)


def recency_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """The pairs of the newest behaviour. -> (n,)."""
    return _largest(predictions.policy_step, n, rng)


def k_centre_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """Greedy k-centre weighted with disagreement: each next pair has the largest product of the two. -> (n,).

    Greedy k-centre (Gonzalez, 1985) takes the pair farthest from the nearest one already chosen, here in the
    embedding with every column scaled to unit standard deviation. The first one has the largest disagreement.
    B-Pref instead runs it among the pairs of largest disagreement.
    """
    points = predictions.embedding
    if not points.numel():
        return disagreement_sampling(predictions, n, rng)
    points = points / points.std(0, correction=0).clamp_min(1e-6)
    weight = predictions.ensemble_std() + 1e-6  # where all agree, diversity alone decides
    order = torch.randperm(len(points), generator=rng)
    points, weight = points[order], weight[order]
    nearest = torch.full((len(points),), torch.inf)
    chosen: list[int] = []
    for _ in range(min(n, len(points))):
        score = weight * nearest if chosen else weight
        score = score.index_fill(0, torch.tensor(chosen, dtype=torch.int64), -1.0)
        best = int(score.argmax())
        chosen.append(best)
        nearest = torch.minimum(nearest, (points - points[best]).norm(dim=1))
    return order[torch.tensor(chosen, dtype=torch.int64)]


def difference_sampling(predictions: Predictions, n: int, rng: torch.Generator) -> Tensor:
    """At random among the third of the pairs whose clips lie farthest apart, of which n at least. -> (n,).

    What somebody likes about how a thing is done shows in few pairs of a policy that does it well.
    """
    if predictions.apart is None:
        return uniform_sampling(predictions, n, rng)
    far = _largest(predictions.apart, max(n, len(predictions.apart) // 3), rng)
    return far[torch.randperm(len(far), generator=rng)[:n]]


STRATEGIES: dict[str, Acquisition] = {
    "uniform": uniform_sampling,
    "disagreement": disagreement_sampling,
    "entropy": entropy_sampling,
    "diverse": k_centre_sampling,
    "newest": recency_sampling,
    "information": information_sampling,
    "different": difference_sampling,
}


OWN = "own"  # the name of a strategy that a program brings along


def select_queries(
    strategy: str,
    predictions: Predictions,
    n: int,
    rng: torch.Generator,
    *,
    random_share: float = 0.25,
    own: Acquisition | None = None,
) -> tuple[Tensor, list[str]]:
    """Select n different rows, a share of them at random, mixed. -> rows (n,) and the strategy of each.

    The random ones keep the answers a fair sample of the candidates, as a check of the fit needs. Of few
    questions that share is kept on average: the fractional part decides by chance. own: in the place of a
    strategy by name. Raises InvalidInput where its rows are not different ones of the candidates.
    """
    check_choice("strategy", strategy, STRATEGIES)
    if n < 0 or not 0.0 <= random_share <= 1.0:
        raise InvalidInput(f"n must be at least 0 and random_share in 0 … 1, got {n} and {random_share}")
    pairs = predictions.left.shape[1]
    total = min(n, pairs)
    at_random = int(total * random_share + float(torch.rand((), generator=rng)))
    fair = uniform_sampling(predictions, at_random, rng)
    if own is None:
        ranked = STRATEGIES[strategy](predictions, total, rng)
    else:
        ranked, strategy = _checked(own(predictions, total, rng), total, pairs), OWN
    rest = ranked[~torch.isin(ranked, fair)][: total - len(fair)]
    rows = torch.cat((fair, rest))
    names = ["uniform"] * len(fair) + [strategy] * len(rest)
    order = torch.randperm(len(rows), generator=rng)
    return rows[order], [names[row] for row in order.tolist()]


def _checked(rows: object, n: int, pairs: int) -> Tensor:
    """What a strategy of somebody's own returned, as rows. InvalidInput unless they can be."""
    found = torch.as_tensor(rows)
    whole = found.dim() == 1 and not found.dtype.is_floating_point and found.dtype != torch.bool
    if not whole or len(found) < n or len(found.unique()) < len(found):
        raise InvalidInput(
            f"a strategy must return {n} different rows of the {pairs} candidates as whole numbers ({n},), "
            f"got {found.dtype} {tuple(found.shape)}"
        )
    if len(found) and (int(found.min()) < 0 or int(found.max()) >= pairs):
        raise InvalidInput(f"candidates are rows 0 to {pairs - 1}, a strategy returned {found.tolist()}")
    return found.long()


def make_questions(
    pairs: Sequence[tuple[Clip, Clip]], strategies: Sequence[str], policy_step: int, rng: torch.Generator
) -> list[Question]:
    """A question for each pair, which clip is left decided by chance; `policy_step` is the trainer's."""
    swap = torch.rand(len(pairs), generator=rng) < 0.5
    questions: list[Question] = []
    for (one, other), strategy, swapped in zip(pairs, strategies, swap.tolist(), strict=True):
        left, right = (other, one) if swapped else (one, other)
        name = content_id(rng, (left.id + right.id).encode())
        questions.append(Question(name, left.id, right.id, strategy, policy_step))
    return questions


def _entropy(p: Tensor) -> Tensor:
    """Of answers that are "right" with these probabilities, in nats."""
    p = p.clamp(1e-6, 1.0 - 1e-6)
    return -(p * p.log() + (1.0 - p) * (1.0 - p).log())


def _largest(score: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """Rows of the n largest scores (P,), equal ones in random order."""
    order = torch.randperm(len(score), generator=rng)
    return order[score[order].argsort(descending=True, stable=True)[:n]]
