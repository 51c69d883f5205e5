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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATES: Floats = np.linspace(0.0, 0.5, 51)  # ε
TEMPERATURES: Floats = np.exp2(np.linspace(-2.0, 2.0, 9))  # T
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
    trust: list[float]  # of each answer, the probability that it is no slip; 1 − rate where none is known


def doubt(alone: Sequence[float], target: Sequence[float]) -> Doubt:
    """From a model's probability that the right clip is better, and what was answered.

    alone: of each answer by a model that did not see it, NaN where there is none. target: 0 or 1; other
    values (ties) take no side and are passed over.
    """
    right, side = np.array(alone, np.float64), np.array(target, np.float64)
    known = ~np.isnan(right) & ((side == 0.0) | (side == 1.0))
    p = right[known].clip(LEAST, 1.0 - LEAST)
    logit = (np.log(p) - np.log1p(-p)) * (2.0 * side[known] - 1.0)
    better = 1.0 / (1.0 + np.exp(-TEMPERATURES.reshape(-1, 1, 1) * logit))  # (T, 1, m), of what was answered
    rates = RATES.reshape(1, -1, 1)
    meant, slipped = (1.0 - rates) * better, rates * (1.0 - better)
    prior = -0.5 * (np.log(TEMPERATURES) / SPREAD)[:, None] ** 2
    likely = np.log(meant + slipped).sum(-1) + prior
    belief = np.exp(likely - likely.max())
    belief /= belief.sum()
    rate = float(belief.sum(0) @ RATES)
    trust = np.full(len(right), 1.0 - rate)
    trust[known] = (belief[:, :, None] * meant / (meant + slipped)).sum((0, 1))
    low, high = (_quantile(belief.sum(0), share) for share in (0.025, 0.975))
    return Doubt(Slips(rate, low, high, int(known.sum())), trust.tolist())


def _quantile(belief: Floats, share: float) -> float:
    """The least rate below which, itself included, lies so much of the belief (51,)."""
    return float(RATES[min(int(np.searchsorted(belief.cumsum(), share)), len(RATES) - 1)])
