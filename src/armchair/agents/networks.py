"""The policy, the critic and the statistics of what they see."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.agents.mlp import Mlp
from armchair.runs.tensors import part, prefixed

OBS_CLIP = 10.0  # normalised observations stay within ± this
_LOG_2PI = math.log(2.0 * math.pi)


class Normaliser:
    """Running mean and variance of observations. They change in `absorb` only, never while acting."""

    def __init__(self, dim: int) -> None:
        self.mean = torch.zeros(dim, dtype=torch.float64)
        self.var = torch.ones(dim, dtype=torch.float64)
        self.count = torch.zeros((), dtype=torch.float64)
        self._shift, self._scale = torch.zeros(dim), torch.ones(dim)

    def absorb(self, obs: Tensor) -> None:
        """Take observations (..., D) into the statistics.

        Two sets with counts m, n, means and variances are one with δ = difference of the means: mean +
        δ·n/(m+n), m·var + n·var' + δ²·mn/(m+n) over m+n (Chan, Golub and LeVeque, 1979).
        """
        rows = obs.reshape(-1, obs.shape[-1]).double()
        new_var, new_mean = torch.var_mean(rows, dim=0, correction=0)
        total = self.count + len(rows)
        share = len(rows) / total
        delta = new_mean - self.mean
        var = (1.0 - share) * self.var + share * new_var + share * (1.0 - share) * delta.square()
        self._set(self.mean + share * delta, var, total)

    def _set(self, mean: Tensor, var: Tensor, count: Tensor) -> None:
        self.mean, self.var, self.count = mean, var, count
        self._scale = (var + 1e-6).rsqrt().float()
        self._shift = -mean.float() * self._scale

    def __call__(self, obs: Tensor) -> Tensor:
        """(obs - mean) / std, within ± `OBS_CLIP`. Same shape."""
        return torch.addcmul(self._shift, obs, self._scale).clamp_(-OBS_CLIP, OBS_CLIP)

    def to(self, device: torch.device) -> Normaliser:
        """A copy on a device."""
        out = Normaliser(len(self.mean))
        out._shift, out._scale = self._shift.to(device), self._scale.to(device)
        out.load_tensors(self.tensors())
        return out

    def affine(self) -> tuple[Tensor, Tensor]:
        """What it comes to before it is bounded: obs · scale + shift. -> copies of shift and scale (D,)."""
        return self._shift.clone(), self._scale.clone()

    def tensors(self) -> dict[str, Tensor]:
        """The statistics by name."""
        return {"mean": self.mean, "var": self.var, "count": self.count}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over the statistics that `tensors()` gave."""
        device = self._scale.device
        self._set(*(tensors[name].to(device, copy=True) for name in ("mean", "var", "count")))
        if not bool(self.count):  # nothing seen yet: observations stay exactly as they are
            self._shift, self._scale = torch.zeros_like(self._shift), torch.ones_like(self._scale)


class ActorCritic:
    """A Gaussian policy whose spread does not depend on the state, and a critic, apart from each other.

    `actor` and `critic` work on normalised observations; `sample`, `best` and `value` on raw ones. A policy
    with wishes has a weight for each as inputs besides, in [0, 1]: `weights` where observations come without.
    """

    def __init__(
        self,
        obs_dim: int,
        action_dim: int,
        hidden: tuple[int, ...],
        std: float,
        rng: torch.Generator | None,
        *,
        wishes: int = 0,
    ) -> None:
        """hidden: widths of the hidden layers of each network. std: spread to begin with. rng: None for a
        policy that is to be loaded. wishes: W, see above.
        """
        self.obs_dim, self.action_dim, self.hidden = obs_dim, action_dim, hidden
        inputs = obs_dim + wishes
        self.actor = Mlp((inputs, *hidden, action_dim), 0.01, rng)
        self.critic = Mlp((inputs, *hidden, 1), 1.0, rng)
        self.log_std = torch.full((action_dim,), math.log(std))
        self.normaliser = Normaliser(inputs)
        self.weights = torch.zeros(wishes)

    @property
    def device(self) -> torch.device:
        """Where they are, and what they are given must be."""
        return self.log_std.device

    def to(self, device: torch.device) -> ActorCritic:
        """The same networks on a device: themselves where they are there, else a copy."""
        if self.device == device:
            return self
        out = ActorCritic(self.obs_dim, self.action_dim, self.hidden, 1.0, None, wishes=len(self.weights))
        out.actor, out.critic = self.actor.to(device), self.critic.to(device)
        out.log_std, out.weights = self.log_std.to(device), self.weights.to(device)
        out.normaliser = self.normaliser.to(device)
        return out

    def sample(self, obs: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw actions. (N, D) -> actions (N, A), not clipped, and their log density (N,).

        rng: on the networks' device.
        """
        noise = torch.randn((len(obs), self.action_dim), generator=rng, device=obs.device)
        return self.disturbed(obs, noise)

    def disturbed(self, obs: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """As `sample`, with noise (N, A) that was drawn before: of a standard normal distribution each."""
        mean = self.actor(self._inputs(obs))
        action = torch.addcmul(mean, noise, self.log_std.exp())
        return action, log_density(noise, self.log_std)

    def best(self, obs: Tensor) -> Tensor:
        """The most likely actions, for evaluation and for showing. (N, D) -> (N, A) in [-1, 1]."""
        return self.actor(self._inputs(obs)).clamp_(-1.0, 1.0)

    def value(self, obs: Tensor) -> Tensor:
        """What the critic expects from here on. (..., D) -> (...)."""
        return self.critic(self._inputs(obs)).squeeze(-1)

    def _inputs(self, obs: Tensor) -> Tensor:
        """Normalised inputs (..., D + W) of observations, with the weights (..., D + W) or without."""
        if len(self.weights) and obs.shape[-1] == self.obs_dim:
            obs = torch.cat((obs, self.weights.expand(*obs.shape[:-1], -1)), dim=-1)
        return self.normaliser(obs)

    def tensors(self) -> dict[str, Tensor]:
        """All weights and statistics by name; views, not copies."""
        out = {"log_std": self.log_std}
        for name, network in (("actor", self.actor), ("critic", self.critic)):
            for k, layer in enumerate(network.layers):
                out |= {f"{name}.{k}.weight": layer.weight, f"{name}.{k}.bias": layer.bias}
        if len(self.weights):
            out["weights"] = self.weights
        return out | prefixed("normaliser", self.normaliser.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors()` of networks of the same shape gave."""
        for name, value in self.tensors().items():
            value.copy_(tensors[name])
        self.normaliser.load_tensors(part(tensors, "normaliser"))


def log_density(z: Tensor, log_std: Tensor) -> Tensor:
    """Log density of a diagonal Gaussian at z = (a - μ)/σ. (B, A), (A,) -> (B,).

    -½ Σz² - Σ log σ - (A/2) log 2π
    """
    return -0.5 * z.square().sum(-1) - (log_std.sum() + 0.5 * _LOG_2PI * z.shape[-1])
