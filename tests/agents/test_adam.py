from __future__ import annotations

import torch

from armchair.agents.adam import Adam
from armchair.maths import generator


def test_it_goes_where_torchs_adam_goes() -> None:
    rng = generator(0)
    start = torch.randn(20, generator=rng)
    theirs = start.clone().requires_grad_()
    reference = torch.optim.Adam([theirs], lr=0.01, eps=1e-5)
    ours = Adam(start.clone())
    for k in range(30):
        gradient = torch.randn(20, generator=rng) * 10.0 ** (k % 5 - 3)
        theirs.grad = gradient.clone()
        reference.step()
        ours.descend(gradient, 0.01)
    torch.testing.assert_close(ours.theta, theirs.detach())
    assert ours.steps == 30
