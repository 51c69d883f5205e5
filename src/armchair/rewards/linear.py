"""Rewards that are linear in the relations: what few answers about a wish can carry.

A clip is worth the mean of θ·x over its steps. θ is the maximum of the posterior of Bradley and Terry's model
under a normal prior (ridge logistic regression), found by Newton's method: no learning rate, no chance, a few
milliseconds.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

BOUND = 4.0  # standard deviations, beyond which a relation says nothing more
TURNS = 25  # of Newton's method, at most; five to ten are enough


def bounded(inputs: Tensor) -> Tensor:
    """Standardised relations, each within ± `BOUND`. Same shape."""
    return inputs.clamp(-BOUND, BOUND)


def ridge(difference: Tensor, target: Tensor, weight: Tensor, strength: float) -> Tensor:
    """θ (K, D) that minimises Σ weight · cross entropy(σ(θ·difference), target) + strength/2 · |θ|².

    difference: (M, D), the right clip's mean relations minus the left one's. target: (M,) probabilities that
    the right one is better. weight: (K, M). The sum is convex, so there is one minimum; a step that does not
    go down is halved.
    """
    x, y, members = difference.double(), target.double(), weight.double()
    return torch.stack([_member(x, y, own, strength) for own in members]).float()


def _member(x: Tensor, y: Tensor, weight: Tensor, strength: float) -> Tensor:
    theta, identity = torch.zeros(x.shape[1], dtype=torch.float64), torch.eye(x.shape[1], dtype=torch.float64)

    def loss(at: Tensor) -> Tensor:
        entropy = functional.binary_cross_entropy_with_logits(x @ at, y, weight=weight, reduction="sum")
        return entropy + 0.5 * strength * at.square().sum()

    for _ in range(TURNS):
        p = torch.sigmoid(x @ theta)
        slope = x.T @ (weight * (p - y)) + strength * theta
        curvature = x.T @ ((weight * p * (1.0 - p)).unsqueeze(1) * x) + strength * identity
        step = torch.linalg.solve(curvature, slope)
        now = loss(theta)
        while float(step.norm()) > 1e-9 and loss(theta - step) > now:
            step = 0.5 * step
        theta = theta - step
        if float(step.norm()) < 1e-8:
            break
    return theta
