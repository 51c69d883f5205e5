"""Finding the criterion that a person judges by: Bayes' rule over all of them, no descent, no chance.

An answer is taken to be right with probability 1 − ε, and then to follow Bradley and Terry's model: the right
clip is preferred with probability σ(β · difference), where the difference is of the criterion's mean over the
clips, in units of its root mean square over all answers. Criterion, β (its sign too) and ε are unknown; what
is known of them after the answers follows from counting over a grid. The members of the model are draws of
that, so that they disagree where the answers leave it open.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.rewards.criteria import Candidates, Criterion, candidates, evaluate
from armchair.rewards.ensemble import (
    Normaliser,
    RewardConfig,
    RewardEnsemble,
    Weights,
    networks,
    normalise_outputs,
    standardise,
)
from armchair.rewards.fit import FitReport
from armchair.rewards.metrics import agreement
from armchair.rewards.relations import Relations
from armchair.types import FREE, PreferenceBatch, VisibleLayout

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0)  # β, as likely as each other
WRONG = (0.02, 0.1)  # ε, as likely as each other
MOST = 10_000  # criteria: phases beyond are left out
LEAST = 1e-6  # of a criterion's differences: one that differs less says nothing


def find(
    batch: PreferenceBatch,
    reference: Tensor,
    layout: VisibleLayout,
    config: RewardConfig,
    rng: torch.Generator,
) -> tuple[RewardEnsemble, FitReport]:
    """A model of what the answers go by, whose members are draws of the criterion; see `fit`."""
    if not len(batch.target) or not len(reference):
        raise InvalidInput("a reward model needs answers and reference states")
    began = time.perf_counter()
    terms = _limited(candidates(layout, reference))
    difference = _means(batch.right, terms, layout) - _means(batch.left, terms, layout)
    unit = difference.square().mean(0).sqrt()
    alive = unit > LEAST
    if not bool(alive.any()):  # then nothing is known, and all are as likely as before
        alive = torch.ones_like(alive)
    unit = torch.where(unit > LEAST, unit, 1.0)
    likely = _likelihood(difference / unit)
    logs = _logs(likely, batch.target) * batch.weight.view(-1, 1, 1, 1)
    prior = torch.where(alive, _prior(terms), -math.inf)
    posterior = torch.log_softmax((logs.sum(0) + prior.view(-1, 1, 1)).flatten(), 0).view(likely.shape[1:])
    strengths = [*STRENGTHS, *(-beta for beta in STRENGTHS)]
    drawn = list[tuple[Criterion, float]]()
    for row in _draws(posterior.logsumexp(-1).flatten(), config.members, rng).tolist():
        at, beta = divmod(row, len(strengths))
        drawn.append((criterion_at(at, terms), strengths[beta] / float(unit[at])))
    ensemble = _ensemble(drawn, reference, layout, config)
    return ensemble, _report(ensemble, batch, reference, _alone(likely, logs, posterior), began)


def _limited(terms: Candidates) -> Candidates:
    return terms._replace(phases=terms.phases[: max(1, MOST // len(terms.quantities))])


def _means(clips: Tensor, terms: Candidates, layout: VisibleLayout) -> Tensor:
    """Each criterion's mean over each clip. (M, L, F) -> (M, H), phase by phase, "always" first."""
    values = torch.stack([evaluate(term, clips, layout) for term in terms.quantities], -1)
    always = torch.ones(clips.shape[:-1])
    phases = torch.stack([always, *(evaluate(term, clips, layout) for term in terms.phases)], -1)
    return (phases.transpose(1, 2) @ values / clips.shape[1]).flatten(1)


def criterion_at(row: int, terms: Candidates) -> Criterion:
    """Which one stands at a place of what `_means` gives."""
    phase, quantity = divmod(row, len(terms.quantities))
    return Criterion(terms.quantities[quantity], terms.phases[phase - 1] if phase else None)


def _prior(terms: Candidates) -> Tensor:
    """Log probabilities (H,) before any answer: half for what counts always, half over the phases; all the
    places of a point together are as likely as one other quantity.
    """
    places = [term.kind == "place" for term in terms.quantities]
    each = torch.tensor([-math.log(max(1, sum(places))) if place else 0.0 for place in places])
    phase = torch.full((1 + len(terms.phases), 1), -math.log(max(1, len(terms.phases))))
    phase[0] = 0.0
    return torch.log_softmax((phase + each).flatten(), 0)


def _likelihood(difference: Tensor) -> Tensor:
    """Probability that the right clip is preferred. (M, H) -> (M, H, B, E); B runs over β, E over ε."""
    strengths = torch.tensor([*STRENGTHS, *(-beta for beta in STRENGTHS)])
    sure = torch.sigmoid(difference.unsqueeze(-1) * strengths)
    wrong = torch.tensor(WRONG)
    return (1.0 - 2.0 * wrong) * sure.unsqueeze(-1) + wrong


def _logs(likely: Tensor, target: Tensor) -> Tensor:
    """Log likelihood of each answer. (M, …), (M,) -> (M, …)."""
    right = target.view(-1, *(1,) * (likely.dim() - 1))
    return right * likely.log() + (1.0 - right) * (1.0 - likely).log()


def _alone(likely: Tensor, logs: Tensor, posterior: Tensor) -> Tensor:
    """Probability that the right clip is preferred, by what the other answers say. -> (M,).

    Exact: without one answer, the posterior is what it is divided by that answer's likelihood.
    """
    found = list[Tensor]()
    for own, log in zip(likely, logs, strict=True):
        without = torch.softmax((posterior - log).flatten(), 0)
        found.append(without @ own.flatten())
    return torch.stack(found)


def _draws(posterior: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Rows of the log posterior (R,), each as often as it is likely: systematic resampling. -> (count,)."""
    edges = torch.softmax(posterior.double(), 0).cumsum(0)
    at = (torch.arange(count) + torch.rand((), generator=rng)) / count
    return torch.searchsorted(edges, at.double()).clamp_max(len(edges) - 1)


def _ensemble(
    drawn: list[tuple[Criterion, float]], reference: Tensor, layout: VisibleLayout, config: RewardConfig
) -> RewardEnsemble:
    """Members that each go by one criterion, with its strength for each unit of the criterion."""
    codes = tuple(dict.fromkeys(criterion.code for criterion, _ in drawn))
    config = replace(config, inputs="criteria", chosen=codes, form="linear", members=len(drawn))
    relations = Relations(layout, config.inputs, codes)
    mean, std = relations.standard(reference, alike=True)
    sums = torch.zeros(len(drawn), len(codes), 1)
    for member, (criterion, strength) in enumerate(drawn):
        column = codes.index(criterion.code)
        sums[member, column] = strength * std[column] / config.scale
    none, one = torch.zeros(0), torch.ones(len(drawn), 1)
    weights = Weights(sums, none, none, none, none)
    inputs = standardise(relations, Normaliser(mean, std, one, one), reference)
    offset, spread = normalise_outputs(networks(weights, inputs))
    return RewardEnsemble(layout, config, weights, Normaliser(mean, std, offset, spread))


def _report(
    ensemble: RewardEnsemble, batch: PreferenceBatch, reference: Tensor, alone: Tensor, began: float
) -> FitReport:
    asked = batch.pair != FREE
    probability = ensemble.probability(batch.left, batch.right).mean(0)
    members = ensemble.weights.w1.squeeze(-1)
    share = (members != 0).float().mean(0)
    relevance = list(zip(ensemble.relations.names, map(float, share), strict=True))
    return FitReport(
        answers=len(batch.target),
        updates=0,
        kept=(0,) * len(members),
        seconds=time.perf_counter() - began,
        train=agreement(probability[asked], batch.target[asked]),
        heldout=agreement(alone[asked], batch.target[asked]) if bool(asked.any()) else None,
        disagreement=float(ensemble(reference).std(0, correction=0).mean()),
        relevance=tuple(sorted(relevance, key=lambda told: -told[1])),
        alone=torch.where(asked, alone, torch.nan),
    )
