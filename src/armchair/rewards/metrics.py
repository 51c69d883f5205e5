"""How well a reward model agrees with answers, and (in evaluation only) with the true reward."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.offers.extras import need
from armchair.runs.files import write_atomic

BINS = 10


class Agreement(NamedTuple):
    """Predictions against answers."""

    answers: int  # how many were compared
    accuracy: float  # share of clear answers (no ties) predicted on the right side; NaN without any
    nll: float  # mean cross entropy, nats; 0.693 is a coin's
    ece: float  # expected calibration error, 0 to 0.5


class Reliability(NamedTuple):
    """Confidence against accuracy, by bins of confidence from 0.5 to 1; empty bins hold NaN."""

    answers: Tensor  # (B,) clear answers in the bin
    confidence: Tensor  # (B,) mean probability given to the predicted side
    accuracy: Tensor  # (B,) share predicted right


def agreement(probability: Tensor, target: Tensor) -> Agreement:
    """Of probabilities (M,) that the right one is better with answers (M,): 0, 1, or 0.5 for a tie."""
    p = probability.clamp(1e-6, 1.0 - 1e-6)
    nll = -(target * p.log() + (1.0 - target) * (1.0 - p).log()).mean()
    clear = target != 0.5
    right = _right(probability[clear], target[clear])
    return Agreement(len(target), float(right.mean()), float(nll), ece(probability, target))


def reliability(probability: Tensor, target: Tensor, bins: int = BINS) -> Reliability:
    """Over the clear answers; ties say nothing about sides. (M,), (M,) -> `bins` bins."""
    clear = target != 0.5
    probability, target = probability[clear], target[clear]
    confidence = torch.maximum(probability, 1.0 - probability)
    place = ((confidence - 0.5) * 2.0 * bins).long().clamp(0, bins - 1)
    count = torch.bincount(place, minlength=bins).float()
    mean = torch.bincount(place, confidence.double(), minlength=bins).float() / count
    accuracy = torch.bincount(place, _right(probability, target).double(), minlength=bins).float() / count
    return Reliability(count, mean, accuracy)


def ece(probability: Tensor, target: Tensor, bins: int = BINS) -> float:
    """Expected calibration error: |confidence − accuracy| averaged over bins by count (Naeini, 2015)."""
    found = reliability(probability, target, bins)
    gaps = (found.confidence - found.accuracy).abs().nan_to_num(0.0)
    return float((gaps * found.answers).sum() / found.answers.sum().clamp_min(1.0))


def spearman(a: Tensor, b: Tensor) -> float:
    """Rank correlation of (M,) and (M,), equal values sharing their mean rank; NaN when one is constant."""
    ranks = torch.stack((_ranks(a), _ranks(b)))
    centred = ranks - ranks.mean(1, keepdim=True)
    norms = centred.norm(dim=1)
    return float((centred[0] * centred[1]).sum() / (norms[0] * norms[1]))


def spread(rewards: Tensor) -> float:
    """Mean standard deviation between members. (K, ...) -> a number in units of reward."""
    return float(rewards.std(0, correction=0).mean())


def plot_reliability(found: Reliability, path: Path) -> None:
    """Write a PNG: accuracy over confidence, a bar for each bin with answers, the diagonal for perfect.

    Raises MissingDependency without matplotlib.
    """
    need("plots", "a plot")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    some = found.answers > 0
    width = 0.45 / len(found.answers)
    axes.bar(found.confidence[some].numpy(), found.accuracy[some].numpy(), width=width, alpha=0.7)
    axes.plot((0.5, 1.0), (0.5, 1.0), color="black", linewidth=1)
    for count, x, y in torch.stack(found, 1)[some].tolist():
        axes.annotate(f"{int(count)}", (x, y), ha="center", va="bottom", fontsize=8)
    axes.set(xlim=(0.48, 1.02), ylim=(0.0, 1.08), xlabel="confidence", ylabel="accuracy")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_atomic(path, picture.getvalue())


def _right(probability: Tensor, target: Tensor) -> Tensor:
    """1 where the predicted side is the answer's, 0 where not, ½ where undecided. (M,), (M,) -> (M,)."""
    hit = ((probability > 0.5) == (target > 0.5)).float()
    return torch.where(probability == 0.5, 0.5, hit)


def _ranks(values: Tensor) -> Tensor:
    _, inverse, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - 0.5 * (counts - 1))[inverse]
