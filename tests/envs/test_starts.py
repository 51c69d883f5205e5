"""Episodes that begin along a scripted solution."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.starts import BINS, Starts, scripted_starts
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rollout.clips import RecentEpisodes, place_pairs

ENGINES = ["mujoco", *(["bullet"] if importlib.util.find_spec("pybullet") else [])]


@pytest.fixture(scope="module")
def starts() -> Starts:
    env = make_env("pick_place", num_envs=8, seed=5)
    made = scripted_starts(env, 8, 5)
    env.close()
    return made


def test_every_stage_of_the_solution_is_there_and_comes_equally_often(starts: Starts) -> None:
    present = starts.stage.unique()
    assert {0, BINS - 1} <= set(present.tolist()) and len(present) >= 4
    assert bool((starts.stage.diff() >= 0).all()), "sorted, as `draw` takes for granted"
    drawn = starts.stage[starts.draw(4000, generator(0, "test"))]
    shares = torch.bincount(drawn, minlength=BINS)[present] / 4000
    assert float((shares - 1 / len(present)).abs().max()) < 0.03


@pytest.mark.parametrize("engine", ENGINES)
def test_episodes_begin_where_the_script_had_come_to(engine: str) -> None:
    env = make_env("pick_place", num_envs=16, engine=engine, seed=1, starts=1.0)
    assert env.starts is not None
    env.reset(seed=2)
    reward = env.task.reward(env.state, env.goal, torch.zeros(16, 4))
    assert float(reward.max()) > 0.5, "some begin with the block in the gripper or at its goal"
    on_the_way = (env.goal[:, None] - env.starts.goal).norm(dim=2).min(1).values
    assert float(on_the_way.max()) < 1e-6, "goals are those of the scripted episodes"
    step = env.step(torch.zeros(16, env.action_dim))
    assert bool(torch.isfinite(step.obs).all())
    env.close()


def test_without_a_share_everything_is_as_before() -> None:
    plain, none = make_env("push", num_envs=4, seed=3), make_env("push", num_envs=4, seed=3, starts=0.0)
    assert torch.equal(plain.reset(seed=1), none.reset(seed=1)) and none.starts is None
    plain.close()
    none.close()


def test_the_share_shrinks_as_ordinary_episodes_succeed(starts: Starts) -> None:
    env = make_env("pick_place", num_envs=8, seed=3)
    env.starts, env.start_share = starts, 0.5

    def begun_along() -> float:
        along = 0.0
        for _ in range(40):
            env.reset()
            along += float(env.snapshot().along.float().mean())
        return along / 40

    assert begun_along() == pytest.approx(0.5, abs=0.1)
    env.skill = torch.tensor(1.0)
    assert begun_along() == 0.0
    env.close()


def run_script(env: ArmEnv, steps: int) -> None:
    for _ in range(steps):
        env.step(env.script())


def test_only_ordinary_episodes_count_as_skill(starts: Starts) -> None:
    env = make_env("pick_place", num_envs=8, seed=3)
    env.starts, env.start_share = starts, 1.0
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(env.skill) == 0.0, "all of them began along a solution"
    env.start_share = 0.0
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(env.skill) > 0.05, "eight ordinary episodes, which the script solves"
    env.close()


def test_a_snapshot_holds_what_the_share_depends_on(starts: Starts) -> None:
    env = make_env("pick_place", num_envs=4, seed=3)
    env.starts, env.start_share = starts, 0.5
    env.reset(seed=4)
    run_script(env, 70)
    before = env.snapshot()
    run_script(env, 20)
    first = env.observe()
    env.restore(before)
    run_script(env, 20)
    assert torch.equal(env.observe(), first) and torch.equal(env.skill, env.snapshot().skill)
    env.close()


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"must be in \[0, 1\], got 1.5"):
        make_env("reach", starts=1.5)


def test_pairs_of_clips_begin_along_a_solution_two_by_two(starts: Starts) -> None:
    env = make_env("pick_place", num_envs=8, seed=3)
    env.starts, env.start_share = starts, 0.5
    episodes = RecentEpisodes(8, env.horizon)
    seen = 0
    for seed in range(6):
        place_pairs(env, episodes, generator(seed, "pairs"))
        along = env.snapshot().along
        assert torch.equal(along[0::2], along[1::2]) and not int(env.clock.sum())
        assert torch.equal(env.state.joint_pos[0::2], env.state.joint_pos[1::2])
        assert torch.equal(env.goal[0::2], env.goal[1::2])
        seen += int(along.sum())
    assert 8 <= seen <= 40, "about half of 48"
    env.close()
