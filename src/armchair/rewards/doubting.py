"""Fit a reward ensemble to answers of which an unknown share is wrong: fit, doubt, and perhaps fit again.

The first ensemble tells how many answers are slips, and which: each is held against the members that did not
see it, see `armchair.slips`. With `RewardConfig.doubt` a second is fitted from scratch to the same answers,
each with the probability that it is none as its weight. Nothing is thrown away for good: with more answers
all are judged anew.
"""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import FitReport, fit
from armchair.slips import doubt
from armchair.types import FREE, PreferenceBatch, VisibleLayout


def fit_doubting(
    batch: PreferenceBatch,
    reference: Tensor,
    layout: VisibleLayout,
    config: RewardConfig,
    rng: torch.Generator,
) -> tuple[RewardEnsemble, FitReport]:
    """As `fit`, and how many answers are slips; where the configuration says so, they weigh less.

    The report is the last fit's, with the doubt that the first one found, and the seconds of both.
    Comparisons that follow from demonstrations are not doubted. Raises as `fit`.
    """
    ensemble, report = fit(batch, reference, layout, config, rng)
    if bool(report.alone.isnan().all()):  # every member saw every answer
        return ensemble, report
    found = doubt(report.alone.tolist(), batch.target.tolist())
    if not config.doubt:
        return ensemble, report._replace(doubt=found)
    trust = torch.where(batch.pair == FREE, 1.0, torch.tensor(found.trust))
    again = batch._replace(weight=batch.weight * trust)
    ensemble, second = fit(again, reference, layout, config, rng)
    return ensemble, second._replace(doubt=found, seconds=report.seconds + second.seconds)
