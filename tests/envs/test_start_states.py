"""Episodes that begin along a scripted solution."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from armchair.envs.arm_env import ArmEnv, begin_along, make_env, scripted_demos
from armchair.envs.start_states import BINS, EPISODES, Starts, scripted_episodes, stage_of, starts_along
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rollout.clips import RecentEpisodes, place_pairs

ENGINES = ["mujoco", *(["bullet"] if importlib.util.find_spec("pybullet") else [])]


@pytest.fixture(scope="module")
def starts() -> Starts:
    return starts_along(scripted_demos("pick_place", "mujoco", 8, 5), points=3)


def test_every_stage_of_the_solution_is_there_and_comes_equally_often(starts: Starts) -> None:
    present = starts.stage.unique()
    assert {0, BINS - 1} <= set(present.tolist()) and len(present) >= 4
    assert bool((starts.stage.diff() >= 0).all()), "sorted, as `draw` takes for granted"
    drawn = starts.stage[starts.draw(4000, generator(0, "test"))]
    shares = torch.bincount(drawn, minlength=BINS)[present] / 4000
    assert float((shares - 1 / len(present)).abs().max()) < 0.03


def test_stages_are_equal_shares_of_the_way_worked_by_hand() -> None:
    # one point moves 1 m in each of four steps and rests; then a gripper opens by 1, which counts as 0.1 m
    x = [0.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]
    visible = torch.tensor([[at, 0.0, 0.0, float(k >= 6)] for k, at in enumerate(x)])
    # the way gone before each action, of 4.1 m: 0, 0, 1, 2, 3, 4, 4 -> eighths
    assert stage_of(visible, points=1).tolist() == [0, 0, 1, 3, 5, 7, 7]
    assert stage_of(torch.zeros(3, 4), points=1).tolist() == [0, 0, 0], "nothing moves"


def test_states_take_no_more_memory_than_they_may() -> None:
    assert scripted_episodes(row_bytes=1_650, horizon=75) == EPISODES, "MuJoCo's rows"
    assert scripted_episodes(row_bytes=65_000, horizon=75) == 55, "PyBullet's: 268 MB over 4.9 MB each"
    assert scripted_episodes(row_bytes=10**9, horizon=75) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_episodes_begin_where_the_demonstration_had_come_to(engine: str) -> None:
    demos = scripted_demos("pick_place", engine, 4, 1)
    env = make_env("pick_place", num_envs=16, engine=engine, seed=1)
    begin_along(env, 1.0, demos)
    assert env.starts is not None and len(env.starts.engine) == 4 * env.horizon
    env.reset(seed=2)
    reward = env.task.reward(env.state, env.goal, torch.zeros(16, 4))
    assert float(reward.max()) > 0.5, "some begin with the block in the gripper or at its goal"
    goals = torch.stack([demo.goal for demo in demos])
    assert float((env.goal[:, None] - goals).norm(dim=2).min(1).values.max()) < 1e-6
    step = env.step(torch.zeros(16, env.action_dim))
    assert bool(torch.isfinite(step.obs).all())
    env.close()


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
    env.start_share, env.paced = 0.0, False
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(env.skill) == 0.0, "somebody else sets the pace: success is not looked at"
    env.paced = True
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
    env = make_env("reach")
    with pytest.raises(InvalidInput, match=r"must be in \[0, 1\], got 1.5"):
        begin_along(env, 1.5, [])
    env.close()


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
