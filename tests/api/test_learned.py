"""Environments that pay a learned reward: for Gymnasium, for Stable-Baselines3, with goals, of others."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO, SAC, HerReplayBuffer
from stable_baselines3.common.evaluation import evaluate_policy

import armchair
from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput

REACH, PUSH = "armchair/KukaReach-v0", "armchair/KukaPush-v0"
FETCH = "gymnasium_robotics:FetchReachDense-v4"


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> armchair.Run:
    config = with_flags(load_config("smoke"), {"task": "push"})
    return armchair.teach(teacher="oracle", config=config, runs=tmp_path_factory.mktemp("runs")).finish()


def of_others(task: str, runs: Path, **more: object) -> armchair.Run:
    wanted = {"labels": 4, "first": 4, "updates": 1, "num_envs": 2, "rollout": 16, "film_envs": 2, **more}
    config = {**wanted, "evaluation.episodes": 2, "frames": False}
    return armchair.teach(task, teacher=lambda clip: clip.action.mean(), config=config, runs=runs).finish()


def test_it_pays_what_the_reward_makes_of_what_is_seen(done: armchair.Run) -> None:
    env, plain = armchair.LearnedReward(gymnasium.make(REACH), done), gymnasium.make(REACH)
    obs, info = env.reset(seed=5)
    first, _ = plain.reset(seed=5)
    assert np.array_equal(obs, first) and info["visible"].shape == (6,)
    rewards = []
    for k in range(50):
        action = env.action_space.sample()
        obs, reward, terminated, truncated, info = env.step(action)
        own, paid, *_ = plain.step(action)
        assert np.array_equal(obs, own) and info["task_reward"] == paid
        assert np.allclose(info["visible"][:3], obs[:3], atol=1e-6)  # the tool, at the end too
        assert reward == pytest.approx(float(done.reward(info["visible"])))
        assert (terminated, truncated) == (False, k == 49)
        rewards.append(reward)
    assert np.std(rewards) > 0.0


def test_gymnasium_and_sb3_find_nothing_wrong(done: armchair.Run) -> None:
    for obs in ("same", "goal"):
        check_env(
            armchair.LearnedReward(gymnasium.make(REACH), done, obs=obs).unwrapped, skip_render_check=True
        )
    many = gymnasium.vector.SyncVectorEnv(  # as CleanRL begins
        [
            lambda: gymnasium.wrappers.RecordEpisodeStatistics(
                armchair.LearnedReward(gymnasium.make(REACH), done.path)
            )
        ]
        * 2
    )
    many.reset(seed=0)
    for _ in range(51):
        _, reward, *_ = many.step(many.action_space.sample())
        assert reward.shape == (2,)
    model = PPO("MlpPolicy", armchair.LearnedReward(gymnasium.make(REACH), done), n_steps=64, batch_size=64)
    model.learn(64)
    mean, _ = evaluate_policy(done.policy, gymnasium.make(REACH), n_eval_episodes=2, warn=False)
    assert mean > 0.0  # `Policy.predict` is what it asks


def test_many_copies_are_paid_as_one_is(done: armchair.Run) -> None:
    many = armchair.LearnedVectorReward(gymnasium.make_vec(REACH, num_envs=3), done)
    _, info = many.reset(seed=0)
    assert info["visible"].shape == (3, 6)
    for k in range(51):
        _, reward, _, truncated, info = many.step(many.action_space.sample())
        assert np.allclose(reward, done.reward(info["visible"]))
        assert truncated.all() == (k == 49)
    assert info["task_reward"].shape == (3,)


def test_a_step_that_only_begins_an_episode_pays_nothing(done: armchair.Run) -> None:
    many = gymnasium.make_vec(REACH, num_envs=2, autoreset_mode=AutoresetMode.NEXT_STEP, max_episode_steps=3)
    paying = armchair.LearnedVectorReward(many, done)
    paying.reset(seed=0)
    for k in range(8):
        obs, reward, _, _, info = paying.step(paying.action_space.sample())
        assert np.allclose(info["visible"][:, :3], obs[:, :3], atol=1e-6)
        assert (reward == 0.0).all() == (k % 4 == 3)


def test_goals_are_set_apart(done: armchair.Run, pushed: armchair.Run) -> None:
    env = armchair.LearnedReward(gymnasium.make(REACH), done, obs="goal")
    obs, _ = env.reset(seed=1)
    whole, _ = gymnasium.make(REACH).reset(seed=1)
    assert obs["observation"].shape == (9,)  # without the goal and the way to it
    assert np.allclose(obs["achieved_goal"], whole[:3]) and np.allclose(obs["desired_goal"], whole[6:9])
    step = env.step(env.action_space.sample())
    again = env.compute_reward(step[0]["achieved_goal"], step[0]["desired_goal"], {})
    assert float(again) == pytest.approx(step[1], abs=1e-6)
    push = armchair.LearnedReward(gymnasium.make(PUSH), pushed, obs="goal")
    push.reset(seed=0)
    obs, reward, _, _, info = push.step(push.action_space.sample())
    two = [np.stack([obs[key]] * 2) for key in ("achieved_goal", "desired_goal")]
    assert np.allclose(push.compute_reward(*two, [info, info]), reward, atol=1e-6)
    with pytest.raises(InvalidInput, match="copy_info_dict"):
        push.compute_reward(*two, [{}, {}])
    with pytest.raises(InvalidInput, match="with obs='goal' only"):
        armchair.LearnedReward(gymnasium.make(REACH), done).compute_reward(*two, {})


@pytest.mark.parametrize("task", ["reach", "push"])
def test_hindsight_replays_learned_rewards(task: str, done: armchair.Run, pushed: armchair.Run) -> None:
    name, run = (REACH, done) if task == "reach" else (PUSH, pushed)
    many = armchair.LearnedVectorReward(gymnasium.make_vec(name, num_envs=2), run, obs="goal")
    model = SAC(
        "MultiInputPolicy",
        armchair.SB3VecEnv(many),
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs={"copy_info_dict": True},
        learning_starts=150,
        batch_size=32,
        gradient_steps=1,
    )
    model.learn(160)
    buffer = model.replay_buffer
    assert isinstance(buffer, HerReplayBuffer)
    batch = buffer.sample(64)
    ends = batch.next_observations["achieved_goal"].numpy(), batch.next_observations["desired_goal"].numpy()
    if task == "reach":
        assert np.allclose(batch.rewards.numpy()[:, 0], many.compute_reward(*ends, {}), atol=1e-5)
    assert np.isfinite(batch.rewards.numpy()).all()


def test_an_end_keeps_its_last_observation_for_sb3(done: armchair.Run) -> None:
    many = armchair.LearnedVectorReward(gymnasium.make_vec(REACH, num_envs=2), done, obs="goal")
    env = armchair.SB3VecEnv(many)
    env.seed(3)
    env.reset()
    for _ in range(50):
        obs, _, ended, infos = env.step(np.zeros((2, 4), np.float32))
    assert ended.all() and infos[0]["TimeLimit.truncated"]
    last = infos[1]["terminal_observation"]
    assert np.allclose(last["achieved_goal"], infos[1]["visible"][:3])
    assert not np.allclose(obs["desired_goal"][1], last["desired_goal"])  # of the next episode
    assert (
        np.allclose(obs["desired_goal"], done_goal(many))
        and env.env_is_wrapped(armchair.LearnedVectorReward)[0]
    )


def done_goal(many: armchair.LearnedVectorReward) -> np.ndarray:
    return many.unwrapped.arm.goal.numpy()


def test_speeds_are_seen_where_the_run_saw_them(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(teacher="oracle", config=with_flags(short, {"motion": True}), runs=runs).finish()
    env = armchair.LearnedReward(gymnasium.make(REACH), run)
    assert env.reset(seed=0)[1]["visible"].shape == (7,)
    _, _, _, _, info = env.step(np.ones(4, np.float32))
    assert info["visible"].shape == (7,) and info["visible"][6] > 0.0


def test_environments_of_others_pay_too(runs: Path) -> None:
    run = of_others("gymnasium:Pendulum-v1", runs)
    env = armchair.LearnedReward(gymnasium.make("Pendulum-v1"), run)
    obs, _ = env.reset(seed=0)
    obs, reward, _, _, info = env.step(env.action_space.sample())
    assert np.allclose(info["visible"], obs) and reward == pytest.approx(float(run.reward(obs)))
    assert info["task_reward"] < 0.0
    with pytest.raises(InvalidInput, match="wrap each copy"):
        armchair.LearnedVectorReward(gymnasium.make_vec("Pendulum-v1", num_envs=2), run)
    many = gymnasium.make_vec(
        "Pendulum-v1", num_envs=2, wrappers=[lambda one: armchair.LearnedReward(one, run)]
    )
    many.reset(seed=0)
    assert many.step(many.action_space.sample())[4]["visible"].shape == (2, 3)
    with pytest.raises(InvalidInput, match="goal:achieved"):
        armchair.LearnedReward(gymnasium.make("Pendulum-v1"), run, obs="goal")
    with pytest.raises(InvalidInput, match="sees 3 numbers, this environment shows 2"):
        armchair.LearnedReward(gymnasium.make("MountainCarContinuous-v0"), run)


def test_a_goal_environment_of_others_is_replayed_in_hindsight(runs: Path) -> None:
    pytest.importorskip("gymnasium_robotics")
    run = of_others(FETCH, runs)
    assert run.layout is not None and len(run.layout.points) == 2
    env = armchair.LearnedReward(gymnasium.make(FETCH), run, obs="goal")
    env.reset(seed=0)
    obs, reward, _, _, _ = env.step(env.action_space.sample())
    again = env.compute_reward(obs["achieved_goal"], obs["desired_goal"], {})
    assert float(again) == pytest.approx(reward, abs=1e-5)


@pytest.mark.parametrize("obs", ["same", "goal"])
def test_a_reward_of_another_task_is_refused(obs: str, done: armchair.Run) -> None:
    with pytest.raises(
        InvalidInput, match="the reward is of reach and sees tool, goal; this environment is push"
    ):
        armchair.LearnedReward(gymnasium.make(PUSH), done, obs=obs)
    with pytest.raises(InvalidInput, match="take one of armchair's for that task"):
        armchair.LearnedReward(gymnasium.make("Pendulum-v1"), done, obs=obs)


def test_sb3_wants_episodes_that_begin_at_once(done: armchair.Run) -> None:
    many = gymnasium.make_vec(REACH, num_envs=2, autoreset_mode=AutoresetMode.NEXT_STEP)
    with pytest.raises(InvalidInput, match="SAME_STEP"):
        armchair.SB3VecEnv(many)
