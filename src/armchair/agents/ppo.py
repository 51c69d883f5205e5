"""Proximal policy optimisation (Schulman et al., 2017): rollout -> gae -> loss -> update."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import ImitationTerm
from armchair.agents.gae import gae, value_after
from armchair.agents.networks import ActorCritic, log_density
from armchair.maths import CPU
from armchair.reading.limits import NETWORK_WIDTH
from armchair.types import Rollout

Width = Annotated[int, Field(ge=1, le=NETWORK_WIDTH)]
Epochs = Annotated[int, Field(ge=1, le=1000)]
Minibatch = Annotated[int, Field(ge=1, le=2**22)]
Positive = Annotated[float, Field(ge=1e-9)]


@dataclass(frozen=True)
class PPOConfig:
    """How to learn from a rollout. `armchair.agents.presets` has values for each task."""

    hidden: tuple[Width, ...] = (64, 64)
    """Widths of the hidden layers, of actor and critic each."""
    std: Positive = 0.6
    """Spread of the actions to begin with, in units of the full action."""
    min_std: float = 0.1
    """Floor of the spread, so that exploration never dies out."""
    noise_beta: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    """Exponent of the actions' noise, whose power falls as 1/f^β over the steps of a rollout: 0 is white,
    above that it lasts over steps, which small ones need. See `armchair.agents.noise`."""
    gamma: Annotated[float, Field(ge=0.0, le=0.99999)] = 0.97
    """Discount per control step."""
    lam: Annotated[float, Field(ge=0.0, le=1.0)] = 0.95
    """λ of the advantage estimate: 0 trusts the critic, 1 the returns."""
    reward_scale: float = 4.0
    """Rewards are multiplied by this times (1 - γ), so that rewards in [0, 1] give values in [0, this]."""
    epochs: Epochs = 5
    """Times each step is used."""
    minibatch: Minibatch = 1024
    """Steps in one gradient."""
    learning_rate: Positive = 1e-3
    """Of Adam, for both networks."""
    adapt: float = 1.3
    """Factor by which the learning rate follows the KL divergence after each update; 1 keeps it fixed."""
    learning_rate_range: tuple[float, float] = (1e-4, 3e-3)
    """Where `adapt` keeps the learning rate."""
    target_kl: float = 0.03
    """KL divergence that one update should bring about."""
    kl_stop: float = 2.5
    """The actor stops where the divergence passes this many targets; the critic goes on."""
    clip: Positive = 0.2
    """How far the ratio of new to old probability counts."""
    entropy: float = 0.0
    """Weight of the entropy bonus."""
    calm: float = 0.05
    """Weight of the penalty on large mean actions: where nothing is at stake they come back to 0, from where
    exploration goes both ways, and none goes far beyond ±1, where noise would change nothing."""
    max_grad: Positive = 1.0
    """Largest norm of a gradient, for actor and critic each."""


class UpdateStats(NamedTuple):
    """What one update did."""

    value_loss: float  # of the last minibatch
    kl: float  # KL(old, new) in nats, as last seen by the actor
    clipped: float  # share of clipped ratios in the actor's last minibatch
    std: float  # mean spread of the actions
    learning_rate: float  # used in this update
    actor_steps: int
    critic_steps: int
    explained: float  # share of the returns' variance that the critic had explained before


def find_non_finite(agent: Agent, stats: UpdateStats) -> str | None:
    """What is not finite after an update: "loss", "policy" or None."""
    if not (math.isfinite(stats.value_loss) and math.isfinite(stats.kl)):
        return "loss"
    net = agent.net
    learned = (net.actor.theta, net.critic.theta, net.log_std, net.normaliser.mean, net.normaliser.var)
    return None if math.isfinite(sum(float(values.sum()) for values in learned)) else "policy"


def make_agent(
    obs_dim: int, action_dim: int, config: PPOConfig, rng: torch.Generator, device: torch.device = CPU
) -> Agent:
    """An agent that has learned nothing yet, on a device; the networks are drawn on the CPU."""
    net = ActorCritic(obs_dim, action_dim, config.hidden, config.std, rng)
    return Agent(net.to(device), config.learning_rate)


def clipped_slope(ratio: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """Slope in log π of the clipped loss -mean min(ρA, clamp(ρ, 1 - ε, 1 + ε) A). (B,), (B,) -> (B,).

    (Schulman et al., 2017, eq. 7.) dρ = ρ d log π, so it is -ρA/B, and 0 where the minimum is the clamped
    one: where ρ has already gone farther than ε in the direction of A.
    """
    enough = (ratio - 1.0) * advantage.sign() > clip
    return torch.where(enough, 0.0, ratio * advantage).mul_(-1.0 / len(ratio))


def gaussian_kl(mean_change: Tensor, old_log_std: Tensor, log_std: Tensor) -> Tensor:
    """Mean KL(old, new) of two diagonal Gaussians. Means' difference (B, A), log σ (A,) twice -> ().

    Σ log(σ/σ₀) + (σ₀² + (μ - μ₀)²) / 2σ² - ½, summed over the action, averaged over the batch.
    """
    spread = (2.0 * old_log_std).exp() + mean_change.square().mean(0)
    return (log_std - old_log_std + 0.5 * spread * (-2.0 * log_std).exp() - 0.5).sum()


class Batch(NamedTuple):
    """B steps without order, ready to learn from."""

    obs: Tensor  # (B, D) normalised
    action: Tensor  # (B, A)
    old_mean: Tensor  # (B, A) of the policy before the update
    log_prob: Tensor  # (B,) under the policy that acted
    advantage: Tensor  # (B,) mean 0, spread 1
    target: Tensor  # (B,) for the critic


def prepare(agent: Agent, rollout: Rollout, config: PPOConfig, *, stays: bool = False) -> tuple[Batch, float]:
    """Advantages and critic's targets of a rollout. -> T·N steps, share of variance the critic explains.

    stays: whether an episode that ended by itself is worth its last reward for ever, see `value_after`.
    """
    net = agent.net
    obs = net.normaliser(rollout.obs)
    value = net.critic(obs).squeeze(-1)
    next_value = torch.cat((value[1:], net.value(rollout.final_obs[-1:])))
    done = rollout.done
    if not done.is_cpu:  # a GPU is quicker with all of them than to tell which
        next_value = torch.where(done, net.value(rollout.final_obs), next_value)
    elif bool(done.any()):
        next_value[done] = net.value(rollout.final_obs[done])
    reward = rollout.reward * (config.reward_scale * (1.0 - config.gamma))
    next_value = value_after(next_value, reward, rollout.terminated, config.gamma, stays)
    advantage = gae(reward, value, next_value, done, config.gamma, config.lam)
    target = advantage + value
    explained = 1.0 - (advantage.var() / target.var().clamp_min(1e-12)).item()
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    fields = (obs, rollout.action, net.actor(obs), rollout.log_prob, advantage, target)
    return Batch(*(field.flatten(0, 1) for field in fields)), explained


def update(
    agent: Agent,
    rollout: Rollout,
    config: PPOConfig,
    rng: torch.Generator,
    *,
    critic_only: bool = False,
    imitation: ImitationTerm | None = None,
    stays: bool = False,
) -> UpdateStats:
    """Learn from one rollout; changes `agent`.

    critic_only: leave the policy as it is, as after a change of the reward. The statistics of observations
    stay as they were while the rollout was made, and take it in afterwards; only the very first rollout
    is taken in before, when the policy hardly depends on what it sees. imitation: demonstrations that the
    policy is pulled towards. stays: see `prepare`.
    """
    net = agent.net
    first = not bool(net.normaliser.count)
    if first:
        net.normaliser.absorb(rollout.obs)
    batch, explained = prepare(agent, rollout, config, stays=stays)
    stats = _learn(agent, batch, config, rng, critic_only, imitation)._replace(explained=explained)
    if not first and not critic_only:
        net.normaliser.absorb(rollout.obs)
    agent.updates += 1
    return stats


def _learn(
    agent: Agent,
    batch: Batch,
    config: PPOConfig,
    rng: torch.Generator,
    critic_only: bool,
    imitation: ImitationTerm | None,
) -> UpdateStats:
    """All epochs of one update; then the learning rate follows the divergence."""
    net, old_log_std, learning_rate = agent.net, agent.net.log_std.clone(), agent.learning_rate
    acting, actor_steps, critic_steps = not critic_only, 0, 0
    none = torch.zeros(())
    seen, value_loss = ActorGradient(torch.zeros_like(old_log_std), 0.0, none), none
    for _ in range(config.epochs):
        for part in minibatches(batch, config.minibatch, rng):
            value_loss = critic_gradient(net, part)
            gradients = {"critic": clip_norm(config.max_grad, net.critic.gradient)}
            if acting:
                seen = actor_gradient(net, part, old_log_std, config)
                acting = seen.kl <= config.kl_stop * config.target_kl
            if acting:
                if imitation is not None:
                    imitation.add_gradient(net, config.minibatch // 2)
                clip_norm(config.max_grad, net.actor.gradient, seen.log_std)
                gradients |= {"actor": net.actor.gradient, "log_std": seen.log_std}
            agent.descend(gradients)
            net.log_std.clamp_(min=math.log(config.min_std))
            actor_steps, critic_steps = actor_steps + acting, critic_steps + 1
    if not critic_only:
        agent.learning_rate = adapted_learning_rate(learning_rate, seen.kl, config)
    return UpdateStats(
        value_loss=value_loss.item(),
        kl=seen.kl,
        clipped=seen.clipped.item(),
        std=net.log_std.exp().mean().item(),
        learning_rate=learning_rate,
        actor_steps=actor_steps,
        critic_steps=critic_steps,
        explained=0.0,
    )


def critic_gradient(net: ActorCritic, part: Batch) -> Tensor:
    """Write the gradient of ½ mean (V - target)² into the critic. -> the loss ()."""
    trace = net.critic.trace(part.obs)
    error = trace[-1] - part.target.unsqueeze(1)
    net.critic.backward(trace, error / len(error))
    return 0.5 * error.square().mean()


class ActorGradient(NamedTuple):
    """What the actor should learn from a minibatch, beside the gradient inside its network."""

    log_std: Tensor  # (A,) d loss / d log σ
    kl: float  # KL(old, new) so far
    clipped: Tensor  # () share of ratios farther from 1 than they count


def actor_gradient(net: ActorCritic, part: Batch, old_log_std: Tensor, config: PPOConfig) -> ActorGradient:
    """Write the gradient of the clipped loss, the penalty and the entropy bonus into the actor.

    log π = -½ Σz² - Σ log σ, z = (a - μ)/σ: d log π / dμ = z/σ, d log π / d log σ = z² - 1; the entropy of
    a Gaussian is Σ log σ and a constant. The penalty is the mean of Σ μ².
    """
    trace = net.actor.trace(part.obs)
    mean, inverse = trace[-1], (-net.log_std).exp()
    z = (part.action - mean) * inverse
    ratio = (log_density(z, net.log_std) - part.log_prob).exp()
    weight = clipped_slope(ratio, part.advantage, config.clip)
    weighted = weight.unsqueeze(1) * z
    net.actor.backward(trace, torch.addcmul(mean * (2.0 * config.calm / len(mean)), weighted, inverse))
    return ActorGradient(
        log_std=(weighted * z).sum(0) - weight.sum() - config.entropy,
        kl=told(gaussian_kl(mean - part.old_mean, old_log_std, net.log_std)),
        clipped=((ratio - 1.0).abs() > config.clip).float().mean(),
    )


def told(value: Tensor) -> float:
    """A number that the program goes by, for which a GPU is waited for: one a gradient of the actor."""
    return value.item()


def clip_norm(longest: float, *gradients: Tensor) -> Tensor:
    """Scale the gradients, in place, so that their norm together is at most `longest`. -> the first."""
    if not gradients[0].is_cpu:  # the same without asking for the norm
        norms = torch.stack([gradient.norm() for gradient in gradients])
        shrink = (longest / norms.norm()).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(shrink)
        return gradients[0]
    norm = math.hypot(*(float(gradient.norm()) for gradient in gradients))
    if norm > longest:
        for gradient in gradients:
            gradient.mul_(longest / norm)
    return gradients[0]


def minibatches(batch: Batch, size: int, rng: torch.Generator) -> list[Batch]:
    """The steps in random order, cut into as many parts of nearly equal size as come closest to `size`."""
    total = len(batch.target)
    order = torch.randperm(total, generator=rng, device=batch.target.device)
    shuffled = (field.index_select(0, order) for field in batch)
    cut = [field.tensor_split(max(1, round(total / size))) for field in shuffled]
    return [Batch(*parts) for parts in zip(*cut, strict=True)]


def adapted_learning_rate(learning_rate: float, kl: float, config: PPOConfig) -> float:
    """The learning rate for the next update: higher after a small divergence, lower after a large one."""
    if kl > 1.5 * config.target_kl:
        learning_rate /= config.adapt
    elif kl < config.target_kl / 1.5:
        learning_rate *= config.adapt
    low, high = config.learning_rate_range
    return min(max(learning_rate, low), high) if config.adapt != 1.0 else learning_rate
