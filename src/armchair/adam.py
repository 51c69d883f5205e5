"""Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019) for one flat vector of parameters.

Its first call costs nothing, which matters to a run of seconds: `torch.optim` loads the compiler, for more
than a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

BETA1, BETA2 = 0.9, 0.999


@dataclass
class Adam:
    """The optimiser of one vector of parameters, which it changes in place."""

    theta: Tensor  # (P,)
    epsilon: float = 1e-5
    weight_decay: float = 0.0  # λ, apart from the gradient; 0 is plain Adam
    steps: int = 0
    mean: Tensor = field(init=False)  # (P,) running mean of the gradient
    square: Tensor = field(init=False)  # (P,) running mean of its square

    def __post_init__(self) -> None:
        self.mean, self.square = torch.zeros_like(self.theta), torch.zeros_like(self.theta)

    def descend(self, gradient: Tensor, learning_rate: float) -> None:
        """One step with the rate α, m and v being `mean` and `square`.

        m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g², θ ← (1 - αλ)θ - α · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
        """
        self.steps += 1
        self.mean.lerp_(gradient, 1.0 - BETA1)
        self.square.mul_(BETA2).addcmul_(gradient, gradient, value=1.0 - BETA2)
        spread = self.square.sqrt().div_((1.0 - BETA2**self.steps) ** 0.5).add_(self.epsilon)
        if self.weight_decay:
            self.theta.mul_(1.0 - learning_rate * self.weight_decay)
        self.theta.addcdiv_(self.mean, spread, value=-learning_rate / (1.0 - BETA1**self.steps))
