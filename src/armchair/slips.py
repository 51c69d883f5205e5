"""How many answers name the wrong side: a rate that is estimated from the answers, not given.

Each answer is held against what a model says that did not see it. With probability ε somebody slipped and
the answer is the wrong way round; else it is right with the probability that the model gives:

    P(answer) = (1 − ε) p + ε (1 − p),   p = σ(T · logit of the model's probability of that answer)

T, the temperature, says how far the model's confidence can be relied on. Where it is unsure (p near ½), an
answer says nothing about ε, so errors about clips that are nearly alike are no slips. Both are unknown: all
pairs (ε, T) on a grid are weighed by how likely they make the answers (a uniform prior of ε on 0 … ½, and one
of T that is log-normal around 1). What is told of ε and of single answers are means over the grid.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

RATES = torch.linspace(0.0, 0.5, 51)  # ε
TEMPERATURES = torch.linspace(-2.0, 2.0, 9).exp2()  # T
SPREAD = 1.0  # of the logarithm of T, before anything is known
LEAST = 1e-4  # nearer to 0 or 1 no probability is believed
FEW = 0.03  # below this rate nobody need be told a number


class Slips(NamedTuple):
    """The share of the answers that name the wrong side though the clips could be told apart."""

    rate: float
    low: float  # 95 % credible interval
    high: float
    answers: int  # that the estimate rests on: they name a side, and a model that had not seen them judged

    def __str__(self) -> str:
        """In words: "about 1 in 6 answers look like slips (3 to 30 %, from 55)"."""
        between = f"({100 * self.low:.0f} to {100 * self.high:.0f} %, from {self.answers})"
        if self.rate < FEW:
            return f"hardly any answers look like slips {between}"
        return f"about 1 in {1 / self.rate:.0f} answers look like slips {between}"


class Doubt(NamedTuple):
    """What is known of slips: their rate, and how surely each answer is none."""

    slips: Slips
    trust: Tensor  # (M,) probability that the answer is no slip; where nothing is known of it, 1 − rate


def doubt(alone: Tensor, target: Tensor) -> Doubt:
    """From a model's probability that the right clip is better, and what was answered.

    alone: (M,) by a model that did not see the answer, NaN where there is none. target: (M,) 0 or 1, other
    values (ties) take no side and are passed over.
    """
    known = ~alone.isnan() & ((target == 0.0) | (target == 1.0))
    side = 2.0 * target[known] - 1.0
    logit = torch.logit(alone[known].double().clamp(LEAST, 1.0 - LEAST)) * side
    right = torch.sigmoid(TEMPERATURES.double().view(-1, 1, 1) * logit)  # (T, 1, m), of the answer
    rates = RATES.double().view(1, -1, 1)
    meant, slipped = (1.0 - rates) * right, rates * (1.0 - right)
    prior = -0.5 * (TEMPERATURES.double().log() / SPREAD).square().view(-1, 1)
    belief = torch.softmax(((meant + slipped).log().sum(-1) + prior).flatten(), 0)
    belief = belief.view(len(TEMPERATURES), len(RATES))
    over_rates = belief.sum(0)
    rate = float(over_rates @ RATES.double())
    trust = torch.full_like(alone, 1.0 - rate)
    trust[known] = (belief.unsqueeze(-1) * meant / (meant + slipped)).sum((0, 1)).to(trust.dtype)
    low, high = (_quantile(over_rates, share) for share in (0.025, 0.975))
    return Doubt(Slips(rate, low, high, int(known.sum())), trust)


def _quantile(belief: Tensor, share: float) -> float:
    """The least rate below which, itself included, lies so much of the belief (51,)."""
    at = int(torch.searchsorted(belief.cumsum(0), share))
    return float(RATES[min(at, len(RATES) - 1)])
