"""Other people's environments behind our interface, against loops written by hand."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

from armchair.envs.base import Frames, tells_success
from armchair.envs.foreign.env import DrawnForeignEnv, ForeignEnv, Running
from armchair.envs.foreign.importing import import_env, why_no_pictures
from armchair.errors import InvalidInput

LENGTH = 6
LOW, HIGH = np.array([[-1.0, 0.0], [2.0, -8.0]]), np.array([[1.0, 10.0], [3.0, -4.0]])


class Counter(gymnasium.Env[NDArray[np.float64], NDArray[np.float64]]):
    """Observes (episode, step, first action); fails at step 4 of odd episodes; draws what it observes."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    observation_space = Box(-np.inf, np.inf, (3,), np.float64)

    def __init__(self, key: str = "is_success", render_mode: str | None = None) -> None:
        self.action_space = Box(LOW, HIGH, dtype=np.float64)
        self.render_mode = render_mode
        self.key, self.episode, self.count, self.last = key, 0, 0, 0.0
        self.received: list[NDArray[np.float64]] = []

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[NDArray[np.float64], dict]:
        self.episode, self.count = self.episode + 1, 0
        return self.observe(), {}

    def step(self, action: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, bool, bool, dict]:
        self.received.append(action)
        self.count, self.last = self.count + 1, float(action[0, 0])
        failed = self.episode % 2 == 1 and self.count == 4
        info = {self.key: np.bool_(self.count in (2, 4))} if self.key else {}
        return self.observe(), self.count / 10, failed, False, info

    def observe(self) -> NDArray[np.float64]:
        return np.array([self.episode, self.count, self.last])

    def render(self) -> NDArray[np.uint8]:
        return np.full((4, 6, 3), 10 * self.episode + self.count, np.uint8)


def counters(num_envs: int = 2, key: str = "is_success", render: bool = False) -> ForeignEnv:
    mode = "rgb_array" if render else None
    return import_env(lambda: Counter(key, mode), num_envs=num_envs, horizon=LENGTH, render=render)


def test_ends_failures_and_successes_against_a_table_worked_by_hand() -> None:
    env = counters()
    assert env.reset().tolist() == [[1, 0, 0], [1, 0, 0]]
    # (episode, count) seen next, (episode, count) reached, terminated, truncated, success
    table = [
        ((1, 1), (1, 1), False, False, False),
        ((1, 2), (1, 2), False, False, True),
        ((1, 3), (1, 3), False, False, False),
        ((2, 0), (1, 4), True, False, True),
        *(((2, k), (2, k), False, False, k in (2, 4)) for k in range(1, 6)),
        ((3, 0), (2, 6), False, True, False),
        ((3, 1), (3, 1), False, False, False),
    ]
    for seen, reached, terminated, truncated, success in table:
        step = env.step(torch.zeros(2, 4))
        assert step.obs[:, :2].tolist() == [list(seen)] * 2
        assert step.final_obs[:, :2].tolist() == [list(reached)] * 2
        assert torch.equal(step.visible, step.final_obs)
        assert step.terminated.tolist() == [terminated] * 2
        assert step.truncated.tolist() == [truncated] * 2
        assert step.success.tolist() == [success] * 2
        torch.testing.assert_close(step.reward, torch.full((2,), reached[1] / 10))


def test_a_failure_at_the_very_end_is_a_failure_and_not_the_clock() -> None:
    env = import_env(Counter, horizon=4)
    env.reset()
    steps = [env.step(torch.zeros(1, 4)) for _ in range(4)]
    assert steps[-1].terminated.item()
    assert not steps[-1].truncated.item()


def test_actions_are_stretched_to_the_bounds_in_their_shape() -> None:
    env = counters(num_envs=3)
    env.reset()
    env.step(torch.tensor([[-1.0] * 4, [1.0] * 4, [0.0, 0.5, -0.5, 0.0]]))
    got = [copy.unwrapped.received[-1] for copy in env._copies.envs]  # type: ignore[attr-defined]
    assert np.array_equal(got[0], LOW)
    assert np.array_equal(got[1], HIGH)
    np.testing.assert_allclose(got[2], [[0.0, 7.5], [2.25, -6.0]])


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
def test_actions_have_the_dtype_of_the_box(dtype: type[np.generic]) -> None:
    class Typed(Counter):
        def __init__(self) -> None:
            super().__init__()
            self.action_space = Box(0, 10, (1, 2), dtype)

    env = import_env(Typed, horizon=LENGTH)
    env.reset()
    env.step(torch.tensor([[0.19, -0.95]]))
    received = env._copies.envs[0].unwrapped.received[-1]  # type: ignore[attr-defined]
    assert received.dtype == dtype
    expected = [[6, 0]] if dtype is np.int32 else [[5.95, 0.25]]
    np.testing.assert_allclose(received, expected, rtol=1e-6)


@pytest.mark.parametrize(("key", "told"), [("is_success", True), ("success", True), ("", False)])
def test_success_is_found_under_either_name(key: str, told: bool) -> None:
    env = counters(key=key)
    env.reset()
    steps = [env.step(torch.zeros(2, 4)) for _ in range(4)]
    assert [bool(step.success.all()) for step in steps] == [False, told, False, told]


def test_frames_show_the_state_reached_also_at_the_end() -> None:
    env = counters(render=True)
    assert isinstance(env, DrawnForeignEnv)
    env.reset()
    shown = [[int(frame[0, 0, 0]) for frame in env.frames()]]
    for _ in range(11):
        env.step(torch.zeros(2, 4))
        shown.append([int(frame[0, 0, 0]) for frame in env.frames()])
    assert shown == [[k, k] for k in (10, 11, 12, 13, 14, 21, 22, 23, 24, 25, 26, 31)]
    assert env.frames()[0].shape == (4, 6, 3)
    env.reset()
    assert [int(frame[0, 0, 0]) for frame in env.frames()] == [40, 40]


def test_frames_must_be_asked_for() -> None:
    assert not isinstance(counters(), Frames)
    with pytest.raises(InvalidInput, match="render_mode must be 'rgb_array'"):
        import_env(lambda: Counter(), horizon=LENGTH, render=True)


def test_a_function_that_takes_a_render_mode_is_given_it() -> None:
    env = import_env(Counter, horizon=LENGTH, render=True)
    env.reset()
    assert isinstance(env, Frames) and env.frames()[0].shape == (4, 6, 3)
    assert not isinstance(import_env(Counter, horizon=LENGTH), Frames)


def test_the_lack_of_pictures_is_explained() -> None:
    def blank() -> gymnasium.Env:
        env = TimeLimit(Counter(render_mode="rgb_array"), LENGTH)
        env.unwrapped.render = lambda: 1 / 0  # type: ignore[method-assign]
        return env

    assert "render() raised ZeroDivisionError: division by zero (test_env.py" in str(why_no_pictures(blank))
    assert why_no_pictures(lambda: TimeLimit(Counter(render_mode="rgb_array"), LENGTH)) is None


def test_whether_success_is_told_at_all() -> None:
    for key, told in (("success", True), ("", False)):
        env = counters(key=key)
        env.reset()
        assert not tells_success(env)
        env.step(torch.zeros(2, 4))
        assert tells_success(env) is told


def by_hand(seeds: list[int], steps: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pendulums one by one: observations after a step, last ones of ended episodes, rewards. (T, N, ...)."""
    columns = []
    for i, seed in enumerate(seeds):
        env = gymnasium.make("Pendulum-v1", max_episode_steps=20)
        env.reset(seed=seed)
        rows = []
        for t in range(steps):
            obs, reward, terminated, truncated, _ = env.step(np.array([2.0 * action_at(t, i)], np.float32))
            final = obs
            if terminated or truncated:
                obs, _ = env.reset()
            rows.append((obs, final, reward))
        columns.append(rows)
    seen, finals, rewards = (
        np.array([[columns[i][t][k] for i in range(len(seeds))] for t in range(steps)]) for k in range(3)
    )
    return torch.tensor(seen), torch.tensor(finals), torch.tensor(rewards, dtype=torch.float32)


def action_at(t: int, i: int) -> float:
    return float(np.sin(0.7 * t + i))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_pendulum_is_what_a_loop_by_hand_gives(workers: int) -> None:
    from armchair.envs.foreign.env import _seeds

    env = import_env("gymnasium:Pendulum-v1", num_envs=2, horizon=20, running=Running(workers))
    env.reset(seed=3)
    steps = [env.step(torch.tensor([[action_at(t, i)] for i in range(2)])) for t in range(45)]
    env.close()
    seen, finals, rewards = by_hand(_seeds(3, 2), 45)
    assert torch.equal(torch.stack([step.obs for step in steps]), seen)
    assert torch.equal(torch.stack([step.final_obs for step in steps]), finals)
    torch.testing.assert_close(torch.stack([step.reward for step in steps]), rewards)
    ends = [t for t, step in enumerate(steps) if step.truncated.all()]
    assert ends == [19, 39]


def test_seeds_of_copies_and_neighbouring_seeds_do_not_meet() -> None:
    env = import_env("Pendulum-v1", num_envs=4)
    rows = torch.cat([env.reset(seed=seed) for seed in range(3)])
    assert len(rows.unique(dim=0)) == 12


def test_the_first_reset_without_a_seed_uses_the_one_given_at_the_start() -> None:
    a, b, c = (import_env("Pendulum-v1", seed=seed) for seed in (1, 1, 2))
    first = a.reset()
    assert torch.equal(first, b.reset(seed=1))
    assert not torch.equal(first, c.reset())
    assert not torch.equal(first, a.reset())


def test_other_spaces_of_observations_are_flattened() -> None:
    class Mixed(Counter):
        observation_space = Dict({"a": Box(-1, 1, (2, 2), np.float64), "b": Discrete(3)})  # type: ignore[assignment]

        def observe(self) -> object:  # type: ignore[override]
            return {"a": np.array([[0.0, 0.1], [0.2, 0.3]]), "b": 2}

    env = import_env(Mixed, horizon=LENGTH)
    obs = env.reset()
    assert obs.dtype == torch.float32
    torch.testing.assert_close(obs, torch.tensor([[0.0, 0.1, 0.2, 0.3, 0.0, 0.0, 1.0]]))


def test_what_a_person_sees_may_be_less_than_what_the_policy_sees() -> None:
    env = import_env(Counter, horizon=LENGTH, visible=lambda obs: obs[:, :2] * 2)
    assert env.layout.size == 2
    env.reset()
    steps = [env.step(torch.zeros(1, 4)) for _ in range(4)]
    assert steps[-1].visible.tolist() == [[2.0, 8.0]]  # of the end, not of the next beginning


def test_our_own_id_comes_back_unchanged() -> None:
    """Exported to Gymnasium and imported again: the same numbers as before."""
    from armchair.envs.foreign.env import _seeds
    from armchair.envs.gym.export import ArmGymEnv

    env = import_env("armchair:armchair/KukaReach-v0")
    obs = env.reset(seed=2)
    own = ArmGymEnv("reach")
    assert obs[0].tolist() == own.reset(seed=_seeds(2, 1)[0])[0].tolist()
    action = torch.tensor([[0.3, -0.2, 0.9, 0.0]])
    step, expected = env.step(action), own.step(action[0].numpy())
    assert step.obs[0].tolist() == expected[0].tolist()
    assert env.horizon == 50


# ---- environments of other projects


def test_pusher_of_gymnasium_on_our_mujoco() -> None:
    env = import_env("Pusher-v5", num_envs=2)
    assert (env.obs_dim, env.action_dim, env.horizon) == (23, 7, 100)
    env.reset(seed=0)
    steps = [env.step(torch.ones(2, 7)) for _ in range(100)]
    assert steps[-1].truncated.all()
    assert torch.isfinite(torch.stack([step.reward for step in steps])).all()
    assert (steps[50].obs[:, :7] - steps[0].obs[:, :7]).abs().max() > 0.1  # it moves


@pytest.mark.gl
def test_frames_of_pusher() -> None:
    env = import_env("Pusher-v5", horizon=2, render=True)
    assert isinstance(env, DrawnForeignEnv)
    env.reset(seed=0)
    first = env.frames()[0]
    for _ in range(2):
        env.step(torch.ones(1, 7))
    assert first.dtype == np.uint8
    assert first.shape == (480, 480, 3)
    assert not np.array_equal(first, env.frames()[0])
    env.close()
