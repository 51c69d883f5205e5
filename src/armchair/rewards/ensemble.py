"""K small networks that each say how good a state looks, run as one batch of matrices."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from armchair.errors import InvalidInput
from armchair.reading.limits import NETWORK_SIZE, NETWORK_WIDTH
from armchair.rewards.linear import bounded
from armchair.rewards.motion import base_size, clips_with_motion
from armchair.rewards.relations import InputMode, Relations
from armchair.runs.files import write_atomic
from armchair.runs.seal import KEY, ZEROS, sealed
from armchair.types import VisibleLayout

Form = Literal["network", "linear"]
FORMAT, ABOUT = "armchair-reward-1", "armchair"  # ABOUT: the key of what is said in the file


MOST = {
    "members": 1000,
    "hidden": NETWORK_WIDTH,
    "batch": 100_000,
    "min_updates": 10_000_000,
    "steps": 100_000,
}
MOST_EPOCHS = 1e6


@dataclass(frozen=True)
class RewardConfig:
    """How reward models are built and fitted; defaults from `benchmarks/studies/reward_inputs.py`."""

    inputs: InputMode = "relational"
    """What the networks look at, see `rewards/relations.py`."""
    chosen: tuple[str, ...] = ()
    """Names of relations, for inputs "chosen" only."""
    form: Form = "network"
    """What a member makes of them: a small network, or a weighted sum (see `rewards/linear.py`), for which
    none of `hidden`, `drop`, `learning_rate`, `batch`, `epochs`, `crop`, `steps` means anything."""
    ridge: float = 1.0
    """Of a weighted sum: half of the penalty on the sum of the weights' squares, in nats."""
    members: int = 5
    """K, networks in the ensemble."""
    hidden: int = 64
    """Units in each of the two hidden layers."""
    drop: float = 0.5
    """Probability that a member goes without a relation in an update; raw numbers are never left out."""
    learning_rate: float = 3e-3
    """Of AdamW, falling to nothing along a cosine."""
    weight_decay: float = 1e-2
    """Of AdamW."""
    batch: int = 32
    """Answers in an update."""
    min_updates: int = 50
    """Updates of a fit, however few the answers."""
    epochs: float = 20.0
    """Times that each answer is seen when there are many."""
    early_stop: int = 0
    """Updates between two looks at how likely each member finds the answers that its bootstrap left out; it
    keeps the weights of its best look. 0: the last ones."""
    crop: float = 0.8
    """Share of a clip that an update looks at, from independent random starts."""
    steps: int = 8
    """Most steps of a crop that an update looks at, spread over it."""
    scale: float = 10.0
    """Logits for each unit of difference in mean output (in [-1, 1]) of two clips, before normalisation."""
    smoothing: float = 0.02
    """Answers are taken to be wrong with this probability: 0 becomes 0.02, 1 becomes 0.98."""
    doubt: bool = False
    """Whether answers that the others speak against weigh less, by an estimate of how many are wrong, see
    `rewards/doubting.py`. It takes a second fit."""
    bootstrap: bool = True
    """Whether each member weighs the answers by its own Poisson(1) numbers."""
    both_bad: float = 0.3
    """Weight of "both are bad" as "both are worse than a usual state"; 0 makes it a plain tie."""
    mean: float = 0.5
    """Of the ensemble's output over the reference states."""
    std: float = 0.25
    """Of the ensemble's output over the reference states."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a number out of range."""
        for name, most in MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise InvalidInput(f"{name} must be at least 1 and at most {most}, got {getattr(self, name)}")
        if (size := self.members * self.hidden**2) > NETWORK_SIZE:
            raise InvalidInput(
                f"members times hidden squared must be at most {NETWORK_SIZE}, got {size}: take fewer"
            )
        if not self.epochs <= MOST_EPOCHS:
            raise InvalidInput(f"epochs must be at most {MOST_EPOCHS:g}, got {self.epochs}")
        if not (0.0 <= self.drop < 1.0 and 0.0 <= self.smoothing < 0.5 and 0.0 < self.crop <= 1.0):
            raise InvalidInput("drop must be in [0, 1), smoothing in [0, 0.5), crop in (0, 1]")
        if self.early_stop < 0:
            raise InvalidInput(f"early_stop must be at least 0, got {self.early_stop}")
        if self.doubt and not self.bootstrap:
            raise InvalidInput("doubt needs bootstrap: it looks at the answers that a member's leaves out")
        if self.early_stop and not self.bootstrap:
            raise InvalidInput(
                "early_stop needs bootstrap: it looks at the answers that a member's leaves out"
            )


class Weights(NamedTuple):
    """The networks' parameters; of weighted sums w1 (K, D, 1), and nothing in the others."""

    w1: Tensor  # (K, D, H)
    b1: Tensor  # (K, 1, H)
    w2: Tensor  # (K, H, H)
    b2: Tensor  # (K, 1, H)
    w3: Tensor  # (K, H, 1)


class Normaliser(NamedTuple):
    """What stays fixed until the next fit."""

    input_mean: Tensor  # (D,)
    input_std: Tensor  # (D,) divisor, the relations' priors included
    output_mean: Tensor  # (K, 1) of a member's outputs over the reference states
    output_std: Tensor  # (K, 1) divisor, such that the ensemble's mean has a spread of 1


def init_weights(members: int, inputs: int, hidden: int, rng: torch.Generator) -> Weights:
    """Normal with a spread of 1/√fan-in (LeCun et al., 1998), the last layer 0.3 of that: outputs near 0."""

    def normal(fan_in: int, fan_out: int, gain: float = 1.0) -> Tensor:
        return gain / math.sqrt(fan_in) * torch.randn(members, fan_in, fan_out, generator=rng)

    zero = torch.zeros(members, 1, hidden)
    return Weights(normal(inputs, hidden), zero, normal(hidden, hidden), zero.clone(), normal(hidden, 1, 0.3))


def networks(weights: Weights, inputs: Tensor) -> Tensor:
    """K networks of two SiLU layers and a tanh on the same inputs (R, D). -> (K, R) in [-1, 1].

    Weighted sums have no bound.
    """
    if not weights.w3.numel():
        return (bounded(inputs) @ weights.w1).squeeze(-1)
    rows = inputs.expand(weights.w1.shape[0], *inputs.shape)
    first = functional.silu(torch.baddbmm(weights.b1, rows, weights.w1))
    second = functional.silu(torch.baddbmm(weights.b2, first, weights.w2))
    return torch.tanh(torch.bmm(second, weights.w3)).squeeze(-1)


class RewardEnsemble:
    """K members' rewards of states, normalised on reference states and fixed until the next fit."""

    def __init__(
        self, layout: VisibleLayout, config: RewardConfig, weights: Weights, normaliser: Normaliser
    ) -> None:
        self.layout, self.config = layout, config
        self.relations = Relations(layout, config.inputs, config.chosen)
        self.weights = Weights(*(tensor.detach().clone() for tensor in weights))
        self.normaliser = normaliser
        self._seen = base_size(layout)  # numbers in a state by itself
        self._check_sizes()

    def to(self, device: torch.device) -> RewardEnsemble:
        """The same model on a device: itself where it is there, else a copy."""
        if self.weights.w1.device == device:
            return self
        moved = {name: tensor.to(device) for name, tensor in self.tensors().items()}
        return self.from_tensors(self.layout, self.config, moved)

    def __call__(self, visible: Tensor) -> Tensor:
        """Every member's reward. (..., F) -> (K, ...), over the reference states of the fit as configured.

        visible: on the model's device.
        """
        norm, config = self.normaliser, self.config
        flat = self._bounded(visible).reshape(config.members, -1)
        rewards = config.mean + config.std * (flat - norm.output_mean) / norm.output_std
        return rewards.reshape(config.members, *visible.shape[:-1])

    def mean(self, visible: Tensor) -> Tensor:
        """The reward to learn from: the members' mean. (..., F) -> (...)."""
        return self(visible).mean(0)

    def probability(self, left: Tensor, right: Tensor) -> Tensor:
        """Every member's probability that the right clip is better. (M, L, F) twice -> (K, M)."""
        return torch.sigmoid(clip_logit(self.clip_values(right) - self.clip_values(left)))

    def clip_values(self, clips: Tensor) -> Tensor:
        """Every member's value of whole clips, in logits of a comparison. (M, L, F) -> (K, M).

        A model that looks at motion is given clips without it.
        """
        if clips.shape[-1] == self._seen < self.layout.size:
            names = self.layout.points, self.layout.scalars[: self._seen - 3 * len(self.layout.points)]
            clips = clips_with_motion(clips, VisibleLayout(*names))
        return self.config.scale * self._bounded(clips).mean(-1)

    @torch.no_grad()
    def _bounded(self, visible: Tensor) -> Tensor:
        """The networks' own outputs in [-1, 1]. (..., F) -> (K, ...)."""
        states = visible.shape[:-1]  # there may be none
        inputs = standardise(self.relations, self.normaliser, visible)
        inputs = inputs.reshape(states.numel(), self.relations.size)
        return networks(self.weights, inputs).reshape(self.config.members, *states)

    def _check_sizes(self) -> None:
        members, inputs, hidden = self.config.members, self.relations.size, self.config.hidden
        biases, outer = (members, 1, hidden), (members, hidden)
        expected = ((members, inputs, hidden), biases, (*outer, hidden), biases, (*outer, 1))
        if self.config.form == "linear":
            expected = ((members, inputs, 1), (0,), (0,), (0,), (0,))
        expected += ((inputs,), (inputs,), (members, 1), (members, 1))
        names = (*Weights._fields, *Normaliser._fields)
        for name, tensor, shape in zip(names, (*self.weights, *self.normaliser), expected, strict=True):
            if tuple(tensor.shape) != shape:
                raise InvalidInput(f"{name} must have the shape {shape}, got {tuple(tensor.shape)}")

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and normalisation, by name."""
        return {**self.weights._asdict(), **self.normaliser._asdict()}

    @classmethod
    def from_tensors(
        cls, layout: VisibleLayout, config: RewardConfig, tensors: Mapping[str, Tensor]
    ) -> RewardEnsemble:
        """The ensemble that `tensors` was taken from. Raises KeyError for a missing one, InvalidInput
        for one of another shape.
        """
        weights = Weights(*(tensors[name] for name in Weights._fields))
        normaliser = Normaliser(*(tensors[name] for name in Normaliser._fields))
        return cls(layout, config, weights, normaliser)

    def save(self, path: Path, task: str = "") -> None:
        """Write everything as safetensors; configuration, layout and task as JSON in its header."""
        header = {"format": FORMAT, "config": asdict(self.config), "layout": asdict(self.layout)}
        plain = {name: tensor.contiguous() for name, tensor in self.tensors().items()}
        text = json.dumps(header | ({"task": task} if task else {}))
        write_atomic(path, sealed(save(plain, {ABOUT: text, KEY: ZEROS})))


def clip_logit(logit: Tensor) -> Tensor:
    """Within ±50, where a sigmoid still has a finite logarithm."""
    return logit.clamp(-50.0, 50.0)


def standardise(relations: Relations, normaliser: Normaliser, visible: Tensor) -> Tensor:
    """Inputs of the networks. (..., F) -> (..., D)."""
    return (relations(visible) - normaliser.input_mean) / normaliser.input_std


def normalise_outputs(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Offsets and divisors (K, 1) that give outputs (K, S) a mean of 0 each and their mean a spread of 1.

    Members get equal spreads first, so that each has one vote. A spread below 1e-6 is taken as 1e-6: a
    model that says the same of all states stays at the mean.
    """
    offset = outputs.mean(1, keepdim=True)
    spread = outputs.std(1, keepdim=True, correction=0).clamp_min(1e-6)
    together = ((outputs - offset) / spread).mean(0).std(correction=0).clamp_min(1e-6)
    return offset, spread * together
