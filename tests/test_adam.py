from __future__ import annotations

import math

import pytest
import torch

from armchair.adam import Adam
from armchair.maths import generator


@pytest.mark.parametrize(("epsilon", "weight_decay"), [(1e-5, 0.0), (1e-8, 0.0), (1e-8, 0.1), (1e-5, 0.01)])
def test_it_goes_where_torchs_goes_while_the_learning_rate_changes(
    epsilon: float, weight_decay: float
) -> None:
    rng = generator(0)
    start = torch.randn(20, generator=rng, dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    reference = torch.optim.AdamW([theirs], eps=epsilon, weight_decay=weight_decay)
    ours = Adam(start.clone(), epsilon=epsilon, weight_decay=weight_decay)
    for k in range(300):
        rate = 0.02 * math.cos(0.5 * math.pi * k / 300)
        theirs.grad = torch.randn(20, generator=rng, dtype=torch.float64) * 10.0 ** (k % 9 - 7)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        ours.descend(theirs.grad, rate)
        torch.testing.assert_close(ours.theta, theirs.detach(), rtol=1e-12, atol=1e-12)
    assert ours.steps == 300
    assert not torch.allclose(ours.theta, start, atol=0.1)
