"""Multilayer perceptrons with the backward pass written out.

On networks this small automatic differentiation and an optimiser over many tensors cost more than the
arithmetic. Here all parameters of a network are views of one vector, and so are their gradients: norm,
clipping and Adam are one operation each.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Layer(NamedTuple):
    """A linear map x Wᵀ + b, or the gradient of one."""

    weight: Tensor  # (out, in)
    bias: Tensor  # (out,)


class Mlp:
    """Linear layers with ELU between them, on whatever device `theta` is."""

    def __init__(self, sizes: tuple[int, ...], last_gain: float, rng: torch.Generator | None) -> None:
        """Weights orthogonal (Saxe et al., 2014), biases 0; without `rng` all 0, to be loaded.

        sizes: widths from input to output. last_gain: scale of the last layer's weights, √2 before it.
        """
        self.sizes = sizes
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in itertools.pairwise(sizes))
        self.theta = torch.zeros(count)  # all parameters
        self.gradient = torch.zeros(count)
        self.layers = _layers(self.theta, sizes)
        self._gradients = _layers(self.gradient, sizes)
        for layer in self.layers if rng is not None else ():
            gain = last_gain if layer is self.layers[-1] else math.sqrt(2.0)
            torch.nn.init.orthogonal_(layer.weight, gain, generator=rng)

    def to(self, device: torch.device) -> Mlp:
        """The same network on another device."""
        out = Mlp(self.sizes, 1.0, None)
        out.theta, out.gradient = self.theta.to(device, copy=True), self.gradient.to(device, copy=True)
        out.layers, out._gradients = _layers(out.theta, self.sizes), _layers(out.gradient, self.sizes)
        return out

    def __call__(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        for layer in self.layers[:-1]:
            x = functional.elu(functional.linear(x, *layer), inplace=True)
        return functional.linear(x, *self.layers[-1])

    def trace(self, x: Tensor) -> list[Tensor]:
        """The inputs (B, ...) of every layer in turn and, last, the output (B, out)."""
        values = [x]
        for layer in self.layers[:-1]:
            values.append(functional.elu(functional.linear(values[-1], *layer), inplace=True))
        values.append(functional.linear(values[-1], *self.layers[-1]))
        return values

    def backward(self, trace: list[Tensor], slope: Tensor) -> None:
        """Write d loss / d theta into `gradient`, from a `trace` and d loss / d output (B, out).

        With y = x Wᵀ + b: dW = dyᵀ x, db = Σ dy, dx = dy W. With h = ELU(y): dy = dh where h > 0, else
        dh · (h + 1).
        """
        for k in reversed(range(len(self.layers))):
            torch.mm(slope.T, trace[k], out=self._gradients[k].weight)
            torch.sum(slope, 0, out=self._gradients[k].bias)
            if k:
                slope = slope.mm(self.layers[k].weight)
                slope = torch.ops.aten.elu_backward(slope, 1.0, 1.0, 1.0, True, trace[k])


def _layers(vector: Tensor, sizes: tuple[int, ...]) -> list[Layer]:
    """The vector cut into the weights and biases of each layer, as views."""
    pairs = list(itertools.pairwise(sizes))
    parts = iter(vector.split([size for fan_in, fan_out in pairs for size in (fan_in * fan_out, fan_out)]))
    return [Layer(next(parts).view(fan_out, fan_in), next(parts)) for fan_in, fan_out in pairs]
