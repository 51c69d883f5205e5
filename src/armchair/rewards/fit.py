"""Fit a reward ensemble to answers: from scratch, in about a second.

The model is Bradley and Terry's (Biometrika, 1952), as used by Christiano et al. (2017): the right clip is
preferred with probability σ(scale · (mean reward of the right clip − of the left one)).

Few answers suffice for many relations because each update drops random relations for each member (so that the
prediction rests on all that agree, not on one that happened to fit), because of the relations' priors, and
because training ends early.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from armchair.adam import Adam
from armchair.errors import InvalidInput
from armchair.rewards.ensemble import (
    Normaliser,
    RewardConfig,
    RewardEnsemble,
    Weights,
    clip_logit,
    init_weights,
    networks,
    normalise_outputs,
    standardise,
)
from armchair.rewards.linear import bounded, ridge
from armchair.rewards.metrics import Agreement, agreement
from armchair.rewards.relations import Relations
from armchair.slips import Doubt
from armchair.types import FREE, PreferenceBatch, VisibleLayout

WARMUP = 10  # updates over which the learning rate rises
MAX_REFERENCE = 64  # reference states that stand for "usual" in an update


class FitReport(NamedTuple):
    """What a fit came to. With `early_stop`, `heldout` is flattered: its answers chose the weights."""

    answers: int  # comparisons that follow from demonstrations are among them; the figures are without these
    updates: int
    kept: tuple[int, ...]  # after how many of them each member's weights were taken, see `early_stop`
    seconds: float
    train: Agreement  # of the whole ensemble with the answers it was fitted to
    heldout: Agreement | None  # of each answer with the members whose bootstrap left its pair out, or None
    disagreement: float  # the members' mean standard deviation over the reference states, in reward
    relevance: tuple[tuple[str, float], ...]  # relations, most relevant first: see `relevance`
    alone: Tensor  # (M,) that the right clip is better, by members that did not see the pair; NaN without any
    doubt: Doubt | None = None  # how many answers look wrong, and which; None where it is not known


def fit(
    batch: PreferenceBatch,
    reference: Tensor,
    layout: VisibleLayout,
    config: RewardConfig,
    rng: torch.Generator,
) -> tuple[RewardEnsemble, FitReport]:
    """A new ensemble from all answers.

    reference: (S, F) unlabelled states, for example the last rollouts'; they fix how inputs are standardised
    and outputs normalised. The result depends on the arguments and the generator's state, on nothing else.
    Raises InvalidInput when there are no answers or the shapes do not fit together.
    """
    _check(batch, reference, layout)
    began = time.perf_counter()
    relations = Relations(layout, config.inputs, config.chosen)
    linear = config.form == "linear"
    mean, std = relations.standard(reference, alike=linear)
    one = torch.ones(config.members, 1)
    normaliser = Normaliser(mean, std, 0.0 * one, one)
    data = _Data(
        standardise(relations, normaliser, batch.left),
        standardise(relations, normaliser, batch.right),
        smooth(batch.target, config.smoothing),
        batch.weight * bootstrap(config, batch.pair, rng),
        batch.both_bad,
        standardise(relations, normaliser, reference),
    )
    best = _weighted_sums(data, config) if linear else _train(data, relations, config, rng)
    with torch.no_grad():
        offset, spread = normalise_outputs(networks(best.weights, data.reference))
    ensemble = RewardEnsemble(layout, config, best.weights, Normaliser(mean, std, offset, spread))
    return ensemble, _report(ensemble, batch, data, reference, best, began)


class _Data(NamedTuple):
    left: Tensor  # (M, L, D) inputs
    right: Tensor  # (M, L, D)
    target: Tensor  # (M,) smoothed
    weight: Tensor  # (K, M)
    both_bad: Tensor  # (M,) bool
    reference: Tensor  # (S, D)


def smooth(target: Tensor, smoothing: float) -> Tensor:
    """Probabilities pulled towards one half: 0 -> smoothing, 1 -> 1 - smoothing. (M,) -> (M,)."""
    return target * (1.0 - 2.0 * smoothing) + smoothing


def bootstrap(config: RewardConfig, pair: Tensor, rng: torch.Generator) -> Tensor:
    """How often each member sees each answer: Poisson(1), or once if not configured. (M,) -> (K, M).

    Answers about the same pair are seen equally often, so that no copy of what is held out is fitted to.
    A member that would see nothing at all sees everything once.
    """
    ones = torch.ones(config.members, len(pair))
    if not config.bootstrap:
        return ones
    free = pair == FREE
    unit = torch.where(free, int(pair.max()) + free.cumsum(0), pair).unique(return_inverse=True)[1]
    drawn = torch.poisson(torch.ones(config.members, int(unit.max()) + 1), generator=rng)[:, unit]
    return torch.where(drawn.sum(1, keepdim=True) > 0, drawn, ones)


def crop_steps(clips: int, length: int, config: RewardConfig, rng: torch.Generator) -> Tensor:
    """Which steps of each clip an update looks at. -> (clips, S) in [0, L).

    A window of `crop` of the length from a random start; of one longer than `steps` so many are drawn.
    """
    window = max(1, round(config.crop * length))
    start = torch.randint(0, length - window + 1, (clips, 1), generator=rng)
    if window <= config.steps:
        return start + torch.arange(window)
    return start + torch.rand(clips, window, generator=rng).argsort(1)[:, : config.steps]


def bradley_terry_loss(logit: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean cross entropy of each member, added up. (K, M), (M,), (K, M) -> ()."""
    return ((_entropy(logit, target) * weight).sum(1) / weight.sum(1).clamp_min(1e-6)).sum()


def _entropy(logit: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of each member's prediction of each answer. (K, M), (M,) -> (K, M)."""
    return functional.binary_cross_entropy_with_logits(
        clip_logit(logit), target.expand_as(logit), reduction="none"
    )


def _clip_means(weights: Weights, clips: Tensor) -> Tensor:
    """Each network's mean output over each clip's steps. Inputs (M, L, D) -> (K, M)."""
    return networks(weights, clips.flatten(0, 1)).unflatten(1, clips.shape[:2]).mean(-1)


class Best(NamedTuple):
    """Each member at its best look so far."""

    weights: Weights
    nll: Tensor  # (K,) of the answers out of the member's bag
    update: Tensor  # (K,) int64, how many updates it had gone through


def keep_better(best: Best, weights: Weights, nll: Tensor, update: int) -> Best:
    """The same with those members replaced whose out-of-bag answers have become likelier.

    nll: (K,), NaN for a member without such answers: it cannot be judged and is always replaced.
    """
    better = (nll < best.nll) | nll.isnan()
    pairs = zip(weights, best.weights, strict=True)
    chosen = Weights(*(torch.where(better.view(-1, 1, 1), new.detach(), old) for new, old in pairs))
    at = torch.where(better, update, best.update)
    return Best(chosen, torch.where(better, nll, best.nll), at)


@torch.no_grad()
def _out_of_bag_nll(weights: Weights, data: _Data, config: RewardConfig) -> Tensor:
    """Mean cross entropy of the answers that each member's bootstrap left out, NaN for none. -> (K,)."""
    logit = config.scale * (_clip_means(weights, data.right) - _clip_means(weights, data.left))
    out = data.weight == 0
    return (_entropy(logit, data.target) * out).sum(1) / out.sum(1)


def updates_of(answers: int, config: RewardConfig) -> int:
    """How many updates a fit to so many answers has."""
    return max(config.min_updates, math.ceil(config.epochs * answers / config.batch))


def learning_rate(update: int, updates: int, config: RewardConfig) -> float:
    """Of an update: rises over the first `WARMUP`, and falls to nothing along a cosine."""
    falling = 0.5 * (1.0 + math.cos(math.pi * update / updates))
    return config.learning_rate * min(1.0, (update + 1) / WARMUP) * falling


def flat(weights: Weights) -> tuple[Tensor, Weights]:
    """All parameters in one vector (P,), and the weights as views of it, which autograd follows."""
    theta = torch.cat([tensor.flatten() for tensor in weights])
    parts = theta.split([tensor.numel() for tensor in weights])
    views = (part.view_as(tensor).requires_grad_() for part, tensor in zip(parts, weights, strict=True))
    return theta, Weights(*views)


def _train(data: _Data, relations: Relations, config: RewardConfig, rng: torch.Generator) -> Best:
    """Every member at its last update, or at its best look where `early_stop` says so."""
    drop = config.drop if relations.redundant else 0.0
    theta, weights = flat(init_weights(config.members, relations.size, config.hidden, rng))
    adam = Adam(theta, epsilon=1e-8, weight_decay=config.weight_decay)
    answers, repeats = len(data.target), torch.tensor(relations.sizes)
    updates = updates_of(answers, config)
    best = Best(weights, torch.full((config.members,), torch.inf), torch.full((config.members,), updates))
    for update in range(updates):
        keep = torch.rand(config.members, len(repeats), generator=rng) >= drop
        keep |= ~keep.any(1, keepdim=True)  # who would go without everything gets everything
        kept = keep.repeat_interleave(repeats, 1).unsqueeze(-1) * weights.w1
        rows = torch.randperm(answers, generator=rng)[: config.batch]
        loss = _loss(weights._replace(w1=kept), data, rows, config, rng)
        gradient = torch.cat([slope.flatten() for slope in torch.autograd.grad(loss, list(weights))])
        adam.descend(gradient, learning_rate(update, updates, config))
        done = update + 1
        if config.early_stop and (done % config.early_stop == 0 or done == updates):
            best = keep_better(best, weights, _out_of_bag_nll(weights, data, config), done)
    return best


def _weighted_sums(data: _Data, config: RewardConfig) -> Best:
    """Every member's weighted sum of relations; outputs are in units of `scale`, as a network's are."""
    means = (bounded(clips).mean(1) for clips in (data.right, data.left))
    theta = ridge(next(means) - next(means), data.target, data.weight, config.ridge) / config.scale
    none = torch.zeros(0)
    members = config.members
    updates = torch.zeros(members, dtype=torch.int64)
    return Best(Weights(theta.unsqueeze(-1), none, none, none, none), torch.zeros(members), updates)


def _loss(weights: Weights, data: _Data, rows: Tensor, config: RewardConfig, rng: torch.Generator) -> Tensor:
    """Of one update: the comparison of the clips' crops and, where both are bad, with usual states."""
    length = data.left.shape[1]
    left = data.left[rows.unsqueeze(1), crop_steps(len(rows), length, config, rng)]
    right = data.right[rows.unsqueeze(1), crop_steps(len(rows), length, config, rng)]
    values = _clip_means(weights, torch.cat((left, right)))
    left_value, right_value = values.unflatten(1, (2, len(rows))).unbind(1)
    target, weight = data.target[rows], data.weight[:, rows]
    loss = bradley_terry_loss(config.scale * (right_value - left_value), target, weight)
    if config.both_bad > 0 and bool(data.both_bad[rows].any()):
        some = torch.randperm(len(data.reference), generator=rng)[:MAX_REFERENCE]
        usual = networks(weights, data.reference[some]).mean(1, keepdim=True)
        bad = data.both_bad[rows]
        pull = config.scale * (torch.cat((left_value[:, bad], right_value[:, bad]), 1) - usual)
        worth = weight[:, bad].repeat(1, 2) / weight.sum(1, keepdim=True).clamp_min(1e-6)
        loss = loss + config.both_bad * (functional.softplus(clip_logit(pull)) * worth).sum()
    return loss


def _report(
    ensemble: RewardEnsemble, batch: PreferenceBatch, data: _Data, reference: Tensor, best: Best, began: float
) -> FitReport:
    probability = ensemble.probability(batch.left, batch.right)
    out = (data.weight == 0).float()
    asked = batch.pair != FREE
    held = (out.sum(0) > 0) & asked
    alone = (probability * out).sum(0) / out.sum(0).clamp_min(1.0)
    return FitReport(
        answers=len(batch.target),
        updates=updates_of(len(batch.target), ensemble.config),
        kept=tuple(best.update.tolist()),
        seconds=time.perf_counter() - began,
        train=agreement(probability.mean(0)[asked], batch.target[asked]),
        heldout=agreement(alone[held], batch.target[held]) if bool(held.any()) else None,
        disagreement=float(ensemble(reference).std(0, correction=0).mean()),
        relevance=relevance(ensemble, reference),
        alone=torch.where(held, alone, torch.nan),
    )


def relevance(ensemble: RewardEnsemble, states: Tensor) -> tuple[tuple[str, float], ...]:
    """How far the reward moves when one relation is held at its mean, as a share of all. States (S, F)."""
    inputs = standardise(ensemble.relations, ensemble.normaliser, states)
    divisor = ensemble.normaliser.output_std
    with torch.no_grad():
        base = networks(ensemble.weights, inputs)
        moves: list[float] = []
        for columns in torch.arange(inputs.shape[1]).split(list(ensemble.relations.sizes)):
            held = inputs.index_fill(1, columns, 0.0)
            moves.append(float(((networks(ensemble.weights, held) - base) / divisor).mean(0).abs().mean()))
    total = max(sum(moves), 1e-12)
    found = zip(ensemble.relations.names, (move / total for move in moves), strict=True)
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _check(batch: PreferenceBatch, reference: Tensor, layout: VisibleLayout) -> None:
    answers, size = len(batch.target), layout.size
    if not answers:
        raise InvalidInput("a reward model needs at least one answer")
    if batch.left.shape != batch.right.shape or batch.left.dim() != 3 or len(batch.left) != answers:
        shapes = f"{tuple(batch.left.shape)} and {tuple(batch.right.shape)}"
        raise InvalidInput(f"clips must be (M, L, F), equally many as answers ({answers}), got {shapes}")
    if batch.left.shape[-1] != size or reference.dim() != 2 or reference.shape[1] != size:
        raise InvalidInput(
            f"clips and reference states must end with the layout's {size} numbers, got "
            f"{tuple(batch.left.shape)} and {tuple(reference.shape)}"
        )
    if not len(reference):
        raise InvalidInput("a reward model needs reference states")
