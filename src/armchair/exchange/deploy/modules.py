"""A policy and a reward model as PyTorch modules that exporters understand."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from armchair.agents.networks import OBS_CLIP, ActorCritic
from armchair.rewards.ensemble import RewardEnsemble, networks, standardise


class PolicyModule(nn.Module):
    """Observations (N, D), and weights of wishes (N, W) if it has any -> actions (N, A) in [-1, 1].

    What `ActorCritic.best` computes: observations normalised and bounded, the actor, its limits.
    """

    def __init__(self, net: ActorCritic) -> None:
        """Copies the numbers of the net."""
        super().__init__()
        self.wishes = len(net.weights)
        shift, scale = net.normaliser.affine()
        self.register_buffer("shift", shift)
        self.register_buffer("scale", scale)
        self.weights = nn.ParameterList(_still(layer.weight) for layer in net.actor.layers)
        self.biases = nn.ParameterList(_still(layer.bias) for layer in net.actor.layers)

    def forward(self, observation: Tensor, weights: Tensor | None = None) -> Tensor:
        """See the class."""
        x = observation if weights is None else torch.cat((observation, weights), dim=-1)
        x = (x * self.get_buffer("scale") + self.get_buffer("shift")).clamp(-OBS_CLIP, OBS_CLIP)
        last = len(self.weights) - 1
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = functional.linear(x, weight, bias)
            if k < last:
                x = functional.elu(x)
        return x.clamp(-1.0, 1.0)

    def tensors(self) -> dict[str, Tensor]:
        """All that it computes with, by name: scale, shift, layers.K.weight (out, in), layers.K.bias."""
        found = {"scale": self.get_buffer("scale"), "shift": self.get_buffer("shift")}
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found |= {f"layers.{k}.weight": weight.detach(), f"layers.{k}.bias": bias.detach()}
        return found


class RewardModule(nn.Module):
    """What a person sees (N, F) -> the members' mean (N,) and standard deviation (N,)."""

    def __init__(self, ensemble: RewardEnsemble) -> None:
        """ensemble: is used as it is."""
        super().__init__()
        self._ensemble = ensemble

    def forward(self, visible: Tensor) -> tuple[Tensor, Tensor]:
        """See the class; the deviation is that of the members themselves, 0 of a single one.

        As `RewardEnsemble.__call__`, whose shapes hang on how many rows there are.
        """
        model = self._ensemble
        norm, config = model.normaliser, model.config
        outputs = networks(model.weights, standardise(model.relations, norm, visible))
        rewards = config.mean + config.std * (outputs - norm.output_mean) / norm.output_std
        return rewards.mean(0), rewards.std(0, correction=0)


class Ports(NamedTuple):
    """What goes in and comes out, by name."""

    inputs: dict[str, int]  # numbers in a row of each
    outputs: tuple[str, ...]

    def examples(self, rows: int = 2) -> tuple[Tensor, ...]:
        """Rows of zeros for each input."""
        return tuple(torch.zeros(rows, width) for width in self.inputs.values())


def policy_ports(net: ActorCritic) -> Ports:
    """Of a `PolicyModule`."""
    weights = {"weights": len(net.weights)} if len(net.weights) else {}
    return Ports({"observation": net.obs_dim, **weights}, ("action",))


def reward_ports(ensemble: RewardEnsemble) -> Ports:
    """Of a `RewardModule`."""
    return Ports({"visible": ensemble.layout.size}, ("mean", "std"))


def _still(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor.detach().clone(), requires_grad=False)
