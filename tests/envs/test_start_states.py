"""Episodes that begin along a scripted solution."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.base import StartState
from armchair.envs.demonstrations import EPISODES, Demo, record_script, scripted_episodes
from armchair.envs.start_states import BINS, AlongDemonstrations, StagedStates, stage_of, states_along
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rollout.clips import RecentEpisodes
from armchair.training.environments import begin_along

ENGINES = ["mujoco", *(["bullet"] if importlib.util.find_spec("pybullet") else [])]


def scripted(engine: str, episodes: int, seed: int) -> list[Demo]:
    env = make_env("pick_place", num_envs=32, engine=engine, seed=seed, record_poses=True)
    shown = record_script(env, episodes, seed)
    env.close()
    return shown


@pytest.fixture(scope="module")
def starts() -> StagedStates:
    return states_along(scripted("mujoco", 8, 5), points=3)


def env_along(starts: StagedStates, share: float, num_envs: int) -> tuple[ArmEnv, AlongDemonstrations]:
    """An environment in which a share of the episodes begins in these states, and what lets them."""
    env = make_env("pick_place", num_envs=num_envs, seed=3)
    along = AlongDemonstrations(starts, share, num_envs)
    env.starts = along
    return env, along


def test_every_stage_of_the_solution_is_there_and_comes_equally_often(starts: StagedStates) -> None:
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


def test_states_take_no_more_memory_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    def episodes(row_bytes: int) -> int:
        env = make_env("pick_place")
        assert env.horizon == 75
        rows = StartState(torch.zeros(1, 1, dtype=torch.uint8).expand(1, row_bytes), torch.zeros(1, 3))
        monkeypatch.setattr(env, "start_state", lambda: rows)
        found = scripted_episodes(env)
        env.close()
        return found

    assert episodes(row_bytes=1_650) == EPISODES, "MuJoCo's rows"
    assert episodes(row_bytes=65_000) == 55, "PyBullet's: 268 MB over 4.9 MB each"
    assert episodes(row_bytes=10**9) == 1
    env = make_env("pick_place")
    row = env.engine.snapshot()[0]
    assert row.numel() * row.element_size() < 10_000 and scripted_episodes(env) == EPISODES
    env.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_episodes_begin_where_the_demonstration_had_come_to(engine: str) -> None:
    demos = scripted(engine, 4, 1)
    env = make_env("pick_place", num_envs=16, engine=engine, seed=1)
    begin_along([env], demos, 1.0)
    assert isinstance(env.starts, AlongDemonstrations)
    assert len(env.starts.states.state.engine) == 4 * env.horizon
    env.reset(seed=2)
    reward = env.task.reward(env.state, env.goal, torch.zeros(16, 4))
    assert float(reward.max()) > 0.5, "some begin with the block in the gripper or at its goal"
    goals = torch.stack([demo.goal for demo in demos])
    assert float((env.goal[:, None] - goals).norm(dim=2).min(1).values.max()) < 1e-6
    step = env.step(torch.zeros(16, env.action_dim))
    assert bool(torch.isfinite(step.obs).all())
    env.close()


def test_the_share_shrinks_as_ordinary_episodes_succeed(starts: StagedStates) -> None:
    env, sampler = env_along(starts, 0.5, 8)

    def begun_along() -> float:
        along = 0.0
        for _ in range(40):
            env.reset()
            along += float(env.snapshot()["along"].float().mean())
        return along / 40

    assert begun_along() == pytest.approx(0.5, abs=0.1)
    sampler.skill = torch.tensor(1.0)
    assert sampler.share_now == 0.0
    assert begun_along() == 0.0
    env.close()


def run_script(env: ArmEnv, steps: int) -> None:
    for _ in range(steps):
        env.step(env.script())


def test_only_ordinary_episodes_count_as_skill(starts: StagedStates) -> None:
    env, sampler = env_along(starts, 1.0, 8)
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(sampler.skill) == 0.0, "all of them began along a solution"
    sampler.set_share(0.0)
    assert not sampler.paced
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(sampler.skill) == 0.0, "somebody else sets the pace: success is not looked at"
    sampler.paced = True
    env.reset(seed=4)
    run_script(env, env.horizon)
    assert float(sampler.skill) > 0.05, "eight ordinary episodes, which the script solves"
    env.close()


def test_a_snapshot_holds_what_the_share_depends_on(starts: StagedStates) -> None:
    env, sampler = env_along(starts, 0.5, 4)
    env.reset(seed=4)
    run_script(env, 70)
    before = env.snapshot()
    run_script(env, 20)
    first = env.observe()
    env.restore(before)
    assert torch.equal(sampler.skill, before["skill"])
    run_script(env, 20)
    assert torch.equal(env.observe(), first) and torch.equal(sampler.skill, env.snapshot()["skill"])
    env.close()


def test_a_share_that_is_none_is_refused(starts: StagedStates) -> None:
    with pytest.raises(InvalidInput, match=r"must be in \[0, 1\], got 1.5"):
        AlongDemonstrations(starts, 1.5, 1)


def test_pairs_of_clips_begin_along_a_solution_two_by_two(starts: StagedStates) -> None:
    env, _ = env_along(starts, 0.5, 8)
    episodes = RecentEpisodes(8, env.horizon)
    groups = torch.arange(8) // 2
    seen = 0
    for seed in range(6):
        env.reset_alike(groups, generator(seed, "pairs"))
        episodes.begin(groups)
        along = env.snapshot()["along"]
        assert torch.equal(along[0::2], along[1::2]) and not int(env.clock.sum())
        assert torch.equal(env.state.joint_pos[0::2], env.state.joint_pos[1::2])
        assert torch.equal(env.goal[0::2], env.goal[1::2])
        seen += int(along.sum())
    assert 8 <= seen <= 40, "about half of 48"
    env.close()
