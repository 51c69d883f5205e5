"""Actions that are held, and episodes of another length."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from armchair.config.read import load_config
from armchair.envs.base import Env
from armchair.envs.spec import EnvConfig, TaskSpec, resolve_task
from armchair.errors import ConfigError, InvalidInput

MODULE = """
import gymnasium
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

class Counting(gymnasium.Env):
    metadata = {"render_fps": 30}
    observation_space, action_space = Box(-1e3, 1e3, (2,)), Box(-1, 1, (1,))
    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return self.observation_space.low * 0, {}
    def step(self, action):
        self.steps += 1
        obs = self.observation_space.low * 0 + [self.steps, float(action[0])]
        ends = self.steps == 8
        return obs.astype("float32"), float(self.steps), ends, False, {"is_success": self.steps == 2}

def free():
    return Counting()

class Bare(Counting):
    metadata = None

def bare():
    return Bare()

def limited():
    return TimeLimit(Counting(), 7)
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], TaskSpec]]:
    (tmp_path / "counting_arms.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda name: resolve_task(f"counting_arms:{name}")
    sys.modules.pop("counting_arms", None)


def walk(env: Env, steps: int) -> list[tuple[float, float, bool, bool, bool]]:
    """What steps bring: the number of theirs, the reward, termination, truncation, success."""
    env.reset(seed=0)
    seen = (env.step(torch.full((1, 1), 0.5)) for _ in range(steps))
    return [
        (float(s.final_obs[0, 0]), float(s.reward), bool(s.terminated), bool(s.truncated), bool(s.success))
        for s in seen
    ]


def test_an_action_is_held_and_rewards_are_summed(spec: Callable[[str], TaskSpec]) -> None:
    env = spec("free").make(1, EnvConfig(horizon=4, repeat=3))
    assert (env.horizon, env.dt) == (4, pytest.approx(0.1))
    three = [
        (3.0, 6.0, False, False, False),
        (6.0, 15.0, False, False, False),
        (8.0, 15.0, True, False, False),
    ]
    assert walk(env, 4) == [*three, three[0]]  # the third ends with the environment's eighth step


def test_success_is_that_of_the_last_of_the_steps(spec: Callable[[str], TaskSpec]) -> None:
    told = [step[4] for step in walk(spec("free").make(1, EnvConfig(horizon=3, repeat=2)), 3)]
    assert told == [True, False, False]


def test_its_own_limit_is_counted_in_decisions(spec: Callable[[str], TaskSpec]) -> None:
    env = spec("limited").make(1, EnvConfig(repeat=3))
    assert env.horizon == 3
    assert walk(env, 3)[-1] == (7.0, 7.0, False, True, False)
    assert spec("limited").make(1, EnvConfig(horizon=5)).horizon == 5
    assert walk(spec("limited").make(1, EnvConfig(horizon=2, repeat=2)), 2)[-1][:4] == (4.0, 7.0, False, True)


def test_metadata_may_be_missing(spec: Callable[[str], TaskSpec]) -> None:
    env = spec("bare").make(1, EnvConfig(repeat=2, horizon=4))
    assert env.dt == pytest.approx(1 / 30)  # what a step lasts where nobody says
    env.close()


def test_a_horizon_beyond_the_end_is_refused(spec: Callable[[str], TaskSpec]) -> None:
    with pytest.raises(InvalidInput, match=r"env\.horizon must be at most 3, .* after 7 steps, got 4"):
        spec("limited").make(1, EnvConfig(horizon=4, repeat=3))
    with pytest.raises(InvalidInput, match="no limit of steps"):
        spec("free").make(1, EnvConfig(repeat=3))


def test_an_environment_from_the_registry_at_another_pace() -> None:
    env = resolve_task("gymnasium:Pendulum-v1").make(2, EnvConfig(horizon=100, repeat=4))
    env.reset(seed=0)
    assert env.horizon == 100  # 400 steps of theirs, more than their limit of 200
    rewards = env.step(torch.zeros(2, 1)).reward
    alone = resolve_task("gymnasium:Pendulum-v1").make(2)
    alone.reset(seed=0)
    each = torch.stack([alone.step(torch.zeros(2, 1)).reward for _ in range(4)])
    torch.testing.assert_close(rewards, each.sum(0))


def test_a_reward_that_is_not_told_stays_so() -> None:
    from armchair.envs.foreign.values import reward_of

    assert math.isnan(reward_of(None))


def test_files_say_the_pace_of_environments_of_others_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("task: gymnasium:Pendulum-v1\nenv: {repeat: 2, horizon: 30}\n")
    env = load_config(str(file)).env
    assert (env.repeat, env.horizon) == (2, 30)
    file.write_text("task: reach\nenv: {repeat: 2}\n")
    with pytest.raises(ConfigError, match=r"env\.repeat must be 1: reach is armchair's own"):
        load_config(str(file))
    file.write_text("task: reach\nenv: {horizon: 20}\n")
    with pytest.raises(ConfigError, match=r"env\.horizon must be 0: reach is armchair's own"):
        load_config(str(file))
