from __future__ import annotations

import dataclasses
import itertools

import pytest
import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import (
    PPOConfig,
    actor_gradient,
    adapted_learning_rate,
    clip_norm,
    clipped_slope,
    critic_gradient,
    gaussian_kl,
    make_agent,
    minibatches,
    prepare,
    update,
)
from armchair.maths import generator
from armchair.types import Rollout

OBS, ACTIONS = 3, 2
CONFIG = PPOConfig(hidden=(16, 16), minibatch=32, epochs=3)


def rollout_of(agent: Agent, steps: int = 16, copies: int = 8, seed: int = 0) -> Rollout:
    """Random observations, the agent's actions, a reward for a small first one; episodes of 5 steps."""
    rng = generator(seed, "rollout")
    obs = torch.randn(steps + 1, copies, OBS, generator=rng)
    drawn = [agent.net.sample(row, rng) for row in obs[:-1]]
    action, log_prob = (torch.stack(part) for part in zip(*drawn, strict=True))
    ends = (torch.arange(1, steps + 1) % 5 == 0).unsqueeze(1).expand(steps, copies)
    final = torch.where(ends.unsqueeze(-1), torch.randn(obs[1:].shape, generator=rng), obs[1:])
    no = torch.zeros(steps, copies, dtype=torch.bool)
    return Rollout(obs[:-1], action, log_prob, -action[..., 0].abs(), no, ends, final, obs[1:])


def parameters(net: ActorCritic) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in net.tensors().items() if "normaliser" not in name}


def changed(before: dict[str, Tensor], net: ActorCritic) -> set[str]:
    """Which of actor, critic and log_std differ from before."""
    names = {name for name, value in before.items() if not torch.equal(value, net.tensors()[name])}
    return {name.split(".")[0] for name in names}


def test_the_pull_of_the_clipped_loss_by_hand() -> None:
    ratio = torch.tensor([1.5, 0.5, 1.5, 0.5])
    advantage = torch.tensor([1.0, 1.0, -2.0, -2.0])
    # A > 0: min(1.5, 1.2) is the clamped one, no slope; min(.5, .8) is not: -ρA/4 = -.125
    # A < 0: min(-3, -2.4) is the free one: -ρA/4 = .75; min(-1, -1.6) is the clamped one, no slope
    assert clipped_slope(ratio, advantage, 0.2).tolist() == [0.0, -0.125, 0.75, 0.0]


def test_gradients_agree_with_automatic_differentiation() -> None:
    config = dataclasses.replace(CONFIG, entropy=0.1, calm=0.3)
    agent = make_agent(OBS, ACTIONS, config, generator(0))
    net, rng = agent.net, generator(1)
    net.actor.theta.add_(0.3 * torch.randn(net.actor.theta.shape, generator=rng))  # as after some learning
    old_log_std = net.log_std + 0.3
    batch, _ = prepare(agent, rollout_of(agent), config)
    part = minibatches(
        batch._replace(log_prob=batch.log_prob + 0.2 * torch.randn(128, generator=rng)), 64, rng
    )[0]
    theta, log_std = net.actor.theta.clone().requires_grad_(), net.log_std.clone().requires_grad_()
    mean = forward(theta, (OBS, 16, 16, ACTIONS), part.obs)
    ratio = (
        torch.distributions.Normal(mean, log_std.exp()).log_prob(part.action).sum(-1) - part.log_prob
    ).exp()
    clamped = ratio.clamp(0.8, 1.2)
    assert 0.1 < (ratio != clamped).float().mean().item() < 0.9  # both branches are there
    loss = -torch.minimum(ratio * part.advantage, clamped * part.advantage).mean() - 0.1 * log_std.sum()
    loss = loss + config.calm * mean.square().sum(-1).mean()
    loss.backward()
    seen = actor_gradient(net, part, old_log_std, config)
    assert theta.grad is not None
    torch.testing.assert_close(net.actor.gradient, theta.grad, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(seen.log_std, log_std.grad, atol=1e-6, rtol=1e-4)
    assert seen.clipped == pytest.approx((ratio != clamped).float().mean().item())

    theta = net.critic.theta.clone().requires_grad_()
    value = forward(theta, (OBS, 16, 16, 1), part.obs).squeeze(1)
    loss = 0.5 * torch.nn.functional.mse_loss(value, part.target)
    loss.backward()
    assert critic_gradient(net, part) == pytest.approx(loss.item(), rel=1e-5)
    torch.testing.assert_close(net.critic.gradient, theta.grad, atol=1e-6, rtol=1e-4)


def forward(theta: Tensor, sizes: tuple[int, ...], x: Tensor) -> Tensor:
    """The network whose weights and biases lie one after the other in theta."""
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
        weight, bias, theta = theta.split([fan_in * fan_out, fan_out, len(theta) - (fan_in + 1) * fan_out])
        x = torch.nn.functional.linear(x, weight.view(fan_out, fan_in), bias)
        x = torch.nn.functional.elu(x) if k < len(sizes) - 2 else x
    return x


def test_long_gradients_are_shortened_together() -> None:
    first, second = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    assert clip_norm(10.0, first, second) is first
    assert (first.tolist(), second.tolist()) == ([3.0, 0.0], [4.0])
    clip_norm(1.0, first, second)  # of norm 5
    assert (first.tolist(), second.tolist()) == (pytest.approx([0.6, 0.0]), pytest.approx([0.8]))


def test_density_and_divergence_agree_with_torch() -> None:
    agent = make_agent(OBS, ACTIONS, CONFIG, generator(0))
    obs = torch.randn(64, OBS, generator=generator(1))
    action, log_prob = agent.net.sample(obs, generator(2))
    policy = torch.distributions.Normal(agent.net.actor(obs), agent.net.log_std.exp())
    torch.testing.assert_close(log_prob, policy.log_prob(action).sum(-1))

    mean, new_mean = torch.randn(2, 64, ACTIONS, generator=generator(3))
    log_std, new_log_std = torch.tensor([0.1, -0.5]), torch.tensor([-0.2, 0.3])
    old, new = (torch.distributions.Normal(m, s.exp()) for m, s in ((mean, log_std), (new_mean, new_log_std)))
    exact = torch.distributions.kl_divergence(old, new).sum(-1).mean()
    torch.testing.assert_close(gaussian_kl(new_mean - mean, log_std, new_log_std), exact)


def test_targets_bootstrap_from_the_episodes_own_last_state() -> None:
    config = dataclasses.replace(CONFIG, lam=0.0, gamma=0.5, reward_scale=4.0)  # rewards count 4 · ½ = 2 fold
    agent = make_agent(OBS, ACTIONS, config, generator(0))
    rollout = rollout_of(agent)
    rollout = rollout._replace(terminated=rollout.truncated & (torch.arange(16) == 9).unsqueeze(1))
    batch, _ = prepare(agent, rollout, config)
    # with λ = 0 the target is 2 r + γ V(final_obs), without V after a termination
    after = torch.where(rollout.terminated, 0.0, agent.net.value(rollout.final_obs))
    torch.testing.assert_close(batch.target.view(16, 8), 2.0 * rollout.reward + 0.5 * after)
    assert batch.advantage.mean().item() == pytest.approx(0.0, abs=1e-6)
    assert batch.advantage.std().item() == pytest.approx(1.0, abs=1e-4)


def test_the_actor_stops_at_the_divergence_and_the_critic_goes_on() -> None:
    config = dataclasses.replace(CONFIG, target_kl=1e-8)
    agent = make_agent(OBS, ACTIONS, config, generator(0))
    stats = update(agent, rollout_of(agent), config, generator(1))
    assert (stats.actor_steps, stats.critic_steps) == (1, 3 * 4)  # 128 steps in minibatches of 32
    assert stats.kl > 1e-8
    assert agent.learning_rate == pytest.approx(config.learning_rate / config.adapt)


def test_a_long_leash_uses_every_minibatch_and_raises_the_rate() -> None:
    config = dataclasses.replace(CONFIG, target_kl=100.0)
    agent = make_agent(OBS, ACTIONS, config, generator(0))
    stats = update(agent, rollout_of(agent), config, generator(1))
    assert stats.actor_steps == stats.critic_steps == 12
    assert agent.learning_rate == pytest.approx(config.learning_rate * config.adapt)


def test_the_learning_rate_keeps_its_range_and_can_be_fixed() -> None:
    assert adapted_learning_rate(3e-3, 0.0, CONFIG) == 3e-3
    assert adapted_learning_rate(1e-4, 1.0, CONFIG) == 1e-4
    assert adapted_learning_rate(1e-3, CONFIG.target_kl, CONFIG) == 1e-3
    assert adapted_learning_rate(5.0, 1.0, dataclasses.replace(CONFIG, adapt=1.0)) == 5.0


def test_critic_only_leaves_the_policy_and_the_statistics() -> None:
    agent = make_agent(OBS, ACTIONS, CONFIG, generator(0))
    update(agent, rollout_of(agent), CONFIG, generator(1))
    before, rate = parameters(agent.net), agent.learning_rate
    mean = agent.net.normaliser.mean.clone()
    update(agent, rollout_of(agent, seed=1), CONFIG, generator(2), critic_only=True)
    assert changed(before, agent.net) == {"critic"}
    assert agent.learning_rate == rate
    assert torch.equal(agent.net.normaliser.mean, mean)
    update(agent, rollout_of(agent, seed=1), CONFIG, generator(2))
    assert changed(before, agent.net) == {"actor", "critic", "log_std"}
    assert not torch.equal(agent.net.normaliser.mean, mean)


def test_the_spread_has_a_floor() -> None:
    agent = make_agent(OBS, ACTIONS, dataclasses.replace(CONFIG, std=0.1), generator(0))
    config = dataclasses.replace(CONFIG, entropy=-10.0)  # a strong wish for no spread at all
    update(agent, rollout_of(agent), config, generator(1))
    assert agent.net.log_std.exp().tolist() == pytest.approx([0.1, 0.1])


def test_a_saved_agent_goes_on_bit_for_bit() -> None:
    first = make_agent(OBS, ACTIONS, CONFIG, generator(0))
    update(first, rollout_of(first), CONFIG, generator(1))
    second = make_agent(OBS, ACTIONS, CONFIG, generator(99))
    second.load_tensors(first.tensors())
    for agent in (first, second):
        update(agent, rollout_of(agent, seed=2), CONFIG, generator(3))
    one, two = first.tensors(), second.tensors()
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert first.updates == second.updates == 2
