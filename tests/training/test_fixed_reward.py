from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.ppo import PPOConfig
from armchair.agents.presets import preset
from armchair.envs.arm_env import make_env
from armchair.evaluate import evaluate
from armchair.maths import generator
from armchair.training.fixed_reward import TrainConfig, new_agent, train_on_reward
from armchair.types import Step, VisibleLayout


class Line:
    """A point on a line goes up to 0.1 a step; it should stand at 0.5. Starts anywhere in ±1."""

    num_envs, obs_dim, action_dim, horizon, dt, diverged = 16, 1, 1, 20, 0.1, 0
    layout = VisibleLayout((), ("place",))
    device = torch.device("cpu")

    def __init__(self) -> None:
        self.reset(0)

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        if seed is not None:
            self.rng = generator(seed, "line")
        self.clock, self.place = 0, self.draw()
        return self.place

    def draw(self) -> Tensor:
        return 2.0 * torch.rand(16, 1, generator=self.rng) - 1.0

    def step(self, action: Tensor) -> Step:
        self.clock += 1
        reached = self.place + 0.1 * action.clamp(-1.0, 1.0)
        distance = (reached - 0.5).abs().squeeze(1)
        over = self.clock == self.horizon
        self.clock, self.place = (0, self.draw()) if over else (self.clock, reached)
        no = torch.zeros(16, dtype=torch.bool)
        return Step(self.place, 1.0 - distance, no, no | over, reached, distance < 0.05, reached)

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More threads than one only wait for each other on networks this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


CONFIG = TrainConfig(
    steps=20 * 320, rollout=20, ppo=PPOConfig(hidden=(16, 16), minibatch=160, gamma=0.9, lam=0.9)
)


def trained(config: TrainConfig) -> Agent:
    agent = new_agent(Line(), config.ppo, config.seed)
    for _ in train_on_reward(Line(), config, agent=agent):
        pass
    return agent


def same(one: Agent, two: Agent) -> bool:
    pairs = zip(one.tensors().values(), two.tensors().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_it_learns_to_stand_where_it_should() -> None:
    before = evaluate(Line(), new_agent(Line(), CONFIG.ppo, 0).net.best, 64, seed=1)
    after = evaluate(Line(), trained(CONFIG).net.best, 64, seed=1)
    assert before.success.value < 0.2
    assert after.success.value == 1.0


def test_the_seed_decides_every_bit() -> None:
    short = dataclasses.replace(CONFIG, steps=3 * 320)
    first = trained(short)
    torch.manual_seed(12345)  # the global generator has no part in it
    assert same(first, trained(short))
    assert not same(first, trained(dataclasses.replace(short, seed=1)))


@pytest.mark.parametrize(("beta", "lasting"), [(0.0, False), (1.0, True)])
def test_noise_lasts_over_steps_where_that_is_wanted(beta: float, lasting: bool) -> None:
    taken = list[Tensor]()

    class Noting(Line):
        def step(self, action: Tensor) -> Step:
            taken.append(action)
            return super().step(action)

    once = dataclasses.replace(CONFIG, steps=320, ppo=dataclasses.replace(CONFIG.ppo, noise_beta=beta))
    list(train_on_reward(Noting(), once))
    noise = torch.stack(taken)  # of a policy that knows nothing, whose mean is about 0
    alike = float((noise[1:] * noise[:-1]).mean() / noise.square().mean())
    assert (alike > 0.4) == lasting and (abs(alike) < 0.2) != lasting


def test_it_learns_from_the_reward_it_is_given_and_no_other() -> None:
    def elsewhere(visible: Tensor) -> Tensor:
        return 1.0 - (visible.squeeze(-1) + 0.5).abs()

    agent = new_agent(Line(), CONFIG.ppo, 0)
    rewards = [progress.reward for progress in train_on_reward(Line(), CONFIG, agent=agent, reward=elsewhere)]
    assert rewards[-1] > 0.7
    assert agent.net.best(torch.tensor([[0.0]])).item() < -0.5  # away from the task's own goal
    assert evaluate(Line(), agent.net.best, 64, seed=1).success.value < 0.05


def test_progress_counts_steps_and_episodes() -> None:
    config = dataclasses.replace(CONFIG, steps=500, rollout=10)
    progress = list(train_on_reward(Line(), config))
    assert [p.env_steps for p in progress] == [160, 320, 480, 640]  # whole rollouts only
    assert {p.total_steps for p in progress} == {640}
    assert [p.episodes for p in progress] == [0, 16, 0, 16]
    assert progress[0].success != progress[0].success  # none ended: not a number
    assert 0.0 <= progress[1].success <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("control", ["tool", "joint"])
def test_reach_is_learnt_with_its_preset(control: str) -> None:
    chosen = preset("reach")
    env = make_env("reach", num_envs=chosen.num_envs, control=control)
    agent = new_agent(env, chosen.ppo, 5)
    config = TrainConfig(chosen.steps, chosen.rollout, chosen.ppo, seed=5)
    progress = list(train_on_reward(env, config, agent=agent))
    assert evaluate(env, agent.net.best, 100, seed=77).success.value >= 0.95
    simulating = sum(p.collect_seconds for p in progress)
    assert simulating > 0.4 * (simulating + sum(p.update_seconds for p in progress))
