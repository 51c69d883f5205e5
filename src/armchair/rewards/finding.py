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
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

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

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0)
BETAS = (*STRENGTHS, *(-strength for strength in STRENGTHS))  # as likely as each other
WRONG = (0.02, 0.1)  # ε, as likely as each other
MOST = 10_000  # criteria: phases beyond are left out
RARER = 2.0  # nats by which a criterion in two phases is less likely, before any answer
REFINED = 24  # criteria, the likeliest, that are looked at in two phases too
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
    known = _Known(batch, _limited(candidates(layout, reference)), layout)
    one = known.posterior(*known.likelihood(batch))
    known.refine(one.logsumexp((1, 2)).topk(min(REFINED, len(one))).indices.tolist())
    likely, logs = known.likelihood(batch)
    posterior = known.posterior(likely, logs)
    drawn = list[tuple[Criterion, float]]()
    for row in _draws(posterior.logsumexp(-1).flatten(), config.members, rng).tolist():
        at, strength = divmod(row, len(BETAS))
        drawn.append((known.criteria[at], BETAS[strength] / float(known.unit[at])))
    ensemble = _ensemble(drawn, reference, layout, config)
    return ensemble, _report(ensemble, batch, reference, _alone(likely, logs, posterior), began)


def _limited(terms: Candidates) -> Candidates:
    return terms._replace(phases=terms.phases[: max(1, MOST // len(terms.quantities))])


class _Known:
    """The criteria that are weighed, H of them, and what the clips say of each."""

    def __init__(self, batch: PreferenceBatch, terms: Candidates, layout: VisibleLayout) -> None:
        """Every quantity: always, and in every phase."""
        self._terms = terms
        self._right, self._left = (_Seen.of(clips, terms, layout) for clips in (batch.right, batch.left))
        phases = [(), *((phase,) for phase in terms.phases)]
        self.criteria = [Criterion(quantity, own) for own in phases for quantity in terms.quantities]
        self._difference = self._right.means() - self._left.means()  # (M, H)
        self._prior = _prior(terms)
        self._weigh()

    def refine(self, rows: Sequence[int]) -> None:
        """Those of these that count in a phase also in every second one."""
        for row in rows:
            phase, quantity = divmod(row, len(self._terms.quantities))
            if phase:
                sides = (seen.means_of(quantity, phase) for seen in (self._right, self._left))
                self._difference = torch.cat((self._difference, next(sides) - next(sides)), 1)
                likely = self._prior[row] - math.log(len(self._terms.phases)) - RARER
                self._prior = torch.cat((self._prior, likely.expand(len(self._terms.phases))))
                known = self.criteria[row]
                self.criteria += [
                    Criterion(known.quantity, (*known.phases, second)) for second in self._terms.phases
                ]
        self._weigh()

    def _weigh(self) -> None:
        unit = self._difference.square().mean(0).sqrt()
        alive = unit > LEAST
        self.unit = torch.where(alive, unit, 1.0)
        if bool(alive.any()):  # else nothing is known, and all are as likely as before
            self._prior = torch.where(alive, self._prior, -math.inf)

    def likelihood(self, batch: PreferenceBatch) -> tuple[Tensor, Tensor]:
        """That the right clip is preferred, and the logarithm for the answer that was given, by its weight.

        Both are (M, H, B, E); B runs over β, E over ε.
        """
        sure = torch.sigmoid((self._difference / self.unit).unsqueeze(-1) * torch.tensor(BETAS))
        wrong = torch.tensor(WRONG)
        likely = (1.0 - 2.0 * wrong) * sure.unsqueeze(-1) + wrong
        target, weight = (field.view(-1, 1, 1, 1) for field in (batch.target, batch.weight))
        return likely, weight * (target * likely.log() + (1.0 - target) * (1.0 - likely).log())

    def posterior(self, likely: Tensor, logs: Tensor) -> Tensor:
        """Log probabilities (H, B, E) after the answers of this `likelihood`."""
        whole = (logs.sum(0) + self._prior.view(-1, 1, 1)).flatten()
        return torch.log_softmax(whole, 0).view(likely.shape[1:])


def _alone(likely: Tensor, logs: Tensor, posterior: Tensor) -> Tensor:
    """By what all other answers say of these criteria, the probability that the right clip is preferred.

    Without an answer the posterior is what it is divided by that answer's likelihood. -> (M,).
    """
    rows = zip(likely.flatten(1), logs.flatten(1), strict=True)
    return torch.stack([torch.softmax(posterior.flatten() - log, 0) @ own for own, log in rows])


class _Seen(NamedTuple):
    """What there is to see in clips, step by step."""

    values: Tensor  # (M, L, Q) the quantities
    phases: Tensor  # (M, L, 1 + P) "always", then the phases

    @classmethod
    def of(cls, clips: Tensor, terms: Candidates, layout: VisibleLayout) -> _Seen:
        """clips: (M, L, F)."""
        phases = [torch.ones(clips.shape[:-1]), *(evaluate(term, clips, layout) for term in terms.phases)]
        values = [evaluate(term, clips, layout) for term in terms.quantities]
        return cls(torch.stack(values, -1), torch.stack(phases, -1))

    def means(self) -> Tensor:
        """Of every quantity, phase by phase. -> (M, (1 + P) · Q)."""
        return (self.phases.transpose(1, 2) @ self.values / self.values.shape[1]).flatten(1)

    def means_of(self, quantity: int, phase: int) -> Tensor:
        """Of a quantity in a phase, in every second phase. -> (M, P)."""
        own = (self.values[..., quantity] * self.phases[..., phase]).unsqueeze(1)
        return (own @ self.phases[..., 1:] / self.values.shape[1]).squeeze(1)


def _prior(terms: Candidates) -> Tensor:
    """Log probabilities before any answer: half for what counts always, half over the phases; all places of
    a point together are as likely as one other quantity. -> ((1 + P) · Q,).
    """
    places = [term.kind == "place" for term in terms.quantities]
    each = torch.tensor([-math.log(max(1, sum(places))) if place else 0.0 for place in places])
    phase = torch.full((1 + len(terms.phases), 1), -math.log(max(1, len(terms.phases))))
    phase[0] = 0.0
    return torch.log_softmax((phase + each).flatten(), 0)


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
