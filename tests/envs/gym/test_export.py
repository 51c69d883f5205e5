"""Our tasks as Gymnasium environments: the checkers of two libraries, seeds, ends of episodes."""

from __future__ import annotations

import importlib.util
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from armchair.engines import ENGINES
from armchair.envs.control import MODES
from armchair.envs.gym.export import ArmGymEnv, ArmVectorEnv
from armchair.envs.gym.registration import IDS, register_envs
from armchair.errors import InvalidChoice, InvalidInput

SEED_ID = "armchair/RobotArmReach-v0"
CASES = [
    (name, engine, control)
    for name in IDS
    for engine in ENGINES
    for control in ((None,) if name == SEED_ID else MODES)
]

register_envs()


def make(name: str, engine: str, control: str | None) -> gymnasium.Env:
    if engine == "bullet" and importlib.util.find_spec("pybullet") is None:
        pytest.skip("pybullet is not installed")
    if engine == "warp" and importlib.util.find_spec("mujoco_warp") is None:
        pytest.skip("mujoco_warp is not installed")
    if control is None:
        return gymnasium.make(name, engine=engine)
    return gymnasium.make(name, engine=engine, control=control)


@pytest.mark.parametrize(("name", "engine", "control"), CASES)
def test_checkers_find_nothing(name: str, engine: str, control: str | None) -> None:
    env = make(name, engine, control)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            check_env(env.unwrapped, skip_render_check=True, skip_close_check=True)
            sb3_check_env(env.unwrapped, skip_render_check=True)
    finally:
        env.close()


@pytest.mark.parametrize("name", IDS)
def test_spaces_are_finite_and_episodes_have_the_length_in_the_registry(name: str) -> None:
    env = gymnasium.make(name, engine="mujoco")
    for space in (env.observation_space, env.action_space):
        assert isinstance(space, gymnasium.spaces.Box)
        assert space.dtype == np.float32
        assert space.is_bounded()
    assert env.spec is not None
    assert env.spec.max_episode_steps == env.unwrapped.arm.horizon  # type: ignore[attr-defined]
    env.close()


def rollout(env: gymnasium.Env, seed: int, steps: int) -> list[NDArray[np.float32]]:
    """Observations of `steps` steps of seeded actions, going on after ends of episodes."""
    rng = np.random.default_rng(seed)
    obs, _ = env.reset(seed=seed)
    seen = [obs]
    for _ in range(steps):
        action = rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)
        obs, _, terminated, truncated, _ = env.step(action)
        seen.append(obs)
        if terminated or truncated:
            obs, _ = env.reset()
            seen.append(obs)
    return seen


def test_a_seed_makes_the_rollout_repeatable_across_episodes() -> None:
    one, two = ArmGymEnv("reach"), ArmGymEnv("reach")
    rollout(two, 5, 20)  # what happened before does not matter
    first, again, other = rollout(one, 3, 120), rollout(two, 3, 120), rollout(one, 4, 120)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_without_a_seed_two_environments_differ() -> None:
    one, two = ArmGymEnv("reach").reset()[0], ArmGymEnv("reach").reset()[0]
    assert not np.array_equal(one, two)


def test_every_episode_is_a_new_one_also_when_left_early() -> None:
    env = ArmGymEnv("reach")
    goals = [env.reset(seed=0)[0][6:9]]
    for steps in (50, 3, 50, 0):  # two episodes played to the end, one left, one not begun
        for _ in range(steps):
            env.step(np.zeros(4, np.float32))
        goals.append(env.reset()[0][6:9])
    assert len({tuple(goal.tolist()) for goal in goals}) == 5


def test_after_the_end_one_must_reset() -> None:
    env = ArmGymEnv("reach")
    with pytest.raises(InvalidInput, match=r"call reset\(\)"):
        env.step(np.zeros(4, np.float32))
    env.reset(seed=0)
    last = [env.step(np.zeros(4, np.float32)) for _ in range(50)][-1]
    assert last[3]
    with pytest.raises(InvalidInput, match=r"call reset\(\)"):
        env.step(np.zeros(4, np.float32))
    # what step() returned is the old episode's end, what reset() returns the new one's beginning
    assert not np.allclose(last[0][6:9], env.reset()[0][6:9])


def test_success_is_told_at_every_step_and_ends_nothing() -> None:
    env = ArmGymEnv("reach")
    env.reset(seed=1)
    told: list[bool] = []
    for _ in range(50):
        _, _, terminated, truncated, info = env.step(env.arm.script()[0].numpy())
        told.append(info["is_success"])
        assert not terminated
        assert truncated == (len(told) == 50)
    assert told[0] is False
    assert told[-1] is True


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((1, 4)), 0.5])
def test_an_action_of_the_wrong_shape_is_refused(bad: object) -> None:
    env = ArmGymEnv("reach")
    env.reset(seed=0)
    with pytest.raises(InvalidInput, match=r"action must have shape \(4,\), got"):
        env.step(bad)  # type: ignore[arg-type]


def test_an_action_that_is_not_finite_is_refused() -> None:
    env, vec = ArmGymEnv("reach"), ArmVectorEnv(3, "reach")
    env.reset(seed=0)
    vec.reset(seed=0)
    with pytest.raises(InvalidInput, match="action must be finite, row 0"):
        env.step(np.array([0, np.nan, 0, 0], np.float32))
    bad = np.zeros((3, 4), np.float32)
    bad[2, 1] = np.inf
    with pytest.raises(InvalidInput, match="action must be finite, row 2"):
        vec.step(bad)
    with pytest.raises(InvalidInput, match=r"action must have shape \(3, 4\), got \(4,\)"):
        vec.step(np.zeros(4, np.float32))


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidChoice, match="did you mean 'mujoco'"):
        gymnasium.make("armchair/KukaReach-v0", engine="mujoko")
    with pytest.raises(InvalidChoice, match="valid: tool, joint"):
        gymnasium.make("armchair/KukaReach-v0", control="torque")
    with pytest.raises(InvalidChoice, match="did you mean 'rgb_array'"):
        ArmGymEnv("reach", render_mode="rgb-array")


# ---- many at once


def test_a_vector_of_one_goes_through_the_episodes_of_the_single_one() -> None:
    single, vector = ArmGymEnv("push"), ArmVectorEnv(1, "push")
    rng = np.random.default_rng(0)
    a, _ = single.reset(seed=7)
    b, _ = vector.reset(seed=7)
    for _ in range(130):
        assert np.array_equal(a, b[0])
        action = rng.uniform(-1, 1, (1, 4)).astype(np.float32)
        a, reward, terminated, truncated, info = single.step(action[0])
        b, rewards, terminations, truncations, infos = vector.step(action)
        assert (reward, terminated, truncated) == (rewards[0], terminations[0], truncations[0])
        assert info["is_success"] == infos["is_success"][0]
        if terminated or truncated:
            assert np.array_equal(a, infos["final_obs"][0])
            a, _ = single.reset()


def test_ends_are_told_as_gymnasiums_own_vector_environment_tells_them() -> None:
    ours = ArmVectorEnv(2, "reach")
    theirs = SyncVectorEnv([lambda: ArmGymEnv("reach")] * 2, autoreset_mode=AutoresetMode.SAME_STEP)
    for vector in (ours, theirs):
        vector.reset(seed=0)
    assert ours.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    for i in range(50):
        mine = ours.step(np.zeros((2, 4), np.float32))
        other = theirs.step(np.zeros((2, 4), np.float32))
        for a, b in zip(mine[:4], other[:4], strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
        assert ("final_obs" in mine[4]) == (i == 49)
    told, expected = mine[4], other[4]
    assert set(told) == set(expected) | {"is_success", "_is_success"}
    assert set(told["final_info"]) == set(expected["final_info"])
    for key in ("_final_obs", "_final_info"):
        assert np.array_equal(told[key], expected[key])
    assert told["final_obs"].dtype == expected["final_obs"].dtype == object
    assert told["final_obs"][0].shape == expected["final_obs"][0].shape
    assert not np.array_equal(told["final_obs"][0], mine[0][0])


def test_only_rows_that_ended_have_a_final_observation() -> None:
    vector = ArmVectorEnv(3, "reach")
    vector.reset(seed=0)
    vector.arm.reset(seed=0, stagger=True)
    clock = vector.arm.clock.clone()
    first = int(50 - clock.max())
    assert len(clock.unique()) == 3
    for _ in range(first):
        _, _, _, truncated, info = vector.step(np.zeros((3, 4), np.float32))
    row = int(clock.argmax())
    assert truncated.tolist() == [i == row for i in range(3)]
    assert [obs is not None for obs in info["final_obs"]] == truncated.tolist()


def test_make_vec_uses_it_and_takes_arguments() -> None:
    name = "armchair/BlockStacking-v0"
    env = gymnasium.make_vec(name, num_envs=4, vectorization_mode="vector_entry_point", control="joint")
    assert isinstance(env.unwrapped, ArmVectorEnv)
    assert env.action_space.shape == (4, 8)
    obs, _ = env.reset(seed=0)
    assert obs in env.observation_space
    env.close()
    short = gymnasium.make_vec("armchair/KukaReach-v0", num_envs=2, max_episode_steps=5)
    short.reset(seed=0)
    ends = [short.step(np.zeros((2, 4), np.float32))[3].all() for _ in range(5)]
    assert ends == [False] * 4 + [True]
    short.close()


def test_a_vector_refuses_what_it_cannot_do() -> None:
    vector = ArmVectorEnv(2, "reach")
    with pytest.raises(InvalidInput, match=r"call reset\(\)"):
        vector.step(np.zeros((2, 4), np.float32))
    with pytest.raises(InvalidInput, match="one whole number"):
        vector.reset(seed=[1, 2])  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="reset_mask"):
        vector.reset(options={"reset_mask": np.array([True, False])})


def test_arrays_given_out_do_not_change_later() -> None:
    vector = ArmVectorEnv(2, "reach")
    obs, _ = vector.reset(seed=0)
    kept = obs.copy()
    for _ in range(3):
        vector.step(np.ones((2, 4), np.float32))
    assert np.array_equal(obs, kept)
