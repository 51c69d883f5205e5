"""Episodes of `ArmEnv`: how they begin and end, what is kept apart, what can be played again."""

from __future__ import annotations

import pytest
import torch

from armchair.envs.arm_env import make_env
from armchair.errors import InvalidChoice, InvalidInput


def test_an_episode_has_one_fixed_length_and_success_does_not_end_it() -> None:
    env = make_env("reach", num_envs=8, seed=1)
    env.reset(seed=1)
    steps = [env.step(env.script()) for _ in range(env.horizon)]
    done = torch.stack([s.done for s in steps])
    success = torch.stack([s.success for s in steps])
    assert success[: env.horizon // 2].any(0).all()  # all were there long before the end
    assert not done[:-1].any()
    assert done[-1].all()
    assert steps[-1].truncated.all()
    assert not steps[-1].terminated.any()


def test_final_obs_belongs_to_the_episode_that_ended() -> None:
    env = make_env("reach", num_envs=4, seed=1)
    env.reset(seed=1)
    goal = env.goal
    for _ in range(env.horizon - 1):
        step = env.step(env.script())
        assert torch.equal(step.obs, step.final_obs)
    step = env.step(env.script())
    torch.testing.assert_close(step.final_obs[:, 6:9], goal)  # the old goal
    torch.testing.assert_close(step.obs[:, 6:9], env.goal)  # the new one
    assert not torch.equal(goal, env.goal)
    assert (step.final_obs[:, :3] - goal).norm(dim=1).max() < 0.025
    torch.testing.assert_close(step.visible[:, 3:6], goal)


def test_a_lost_block_terminates_and_only_its_own_episode() -> None:
    env = make_env("push", num_envs=3, seed=0)
    env.reset(seed=0)
    layout = env.task.layout(torch.Generator().manual_seed(0), 1)
    layout.block_pos[0, 0, 1] = 0.7  # beyond the table's edge
    env.engine.reset(torch.tensor([1]), layout)
    env.state = env.engine.state()
    step = env.step(torch.zeros(3, 4))
    assert step.terminated.tolist() == [False, True, False]
    assert not step.truncated.any()
    assert step.final_obs[1, 7] == pytest.approx(0.7, abs=0.01)  # where the block was lost
    assert step.obs[1, 7].abs() < 0.2
    assert env.clock.tolist() == [1, 0, 1]


def test_staggered_episodes_do_not_end_together() -> None:
    env = make_env("reach", num_envs=50, seed=0)
    env.reset(seed=0, stagger=True)
    ends = torch.stack([env.step(torch.zeros(50, 4)).done.sum() for _ in range(env.horizon)])
    assert ends.sum() == 50
    assert ends.max() < 10


def test_same_seed_same_rollout_and_another_seed_another() -> None:
    def rollout(seed: int) -> torch.Tensor:
        env = make_env("stack", num_envs=3, seed=seed)
        env.reset(seed=seed)
        return torch.stack([env.step(env.script()).obs for _ in range(80)])  # beyond one episode

    assert torch.equal(rollout(3), rollout(3))
    assert not torch.equal(rollout(3), rollout(4))


@pytest.mark.parametrize("control", ["tool", "joint"])
def test_a_snapshot_replays_across_the_end_of_an_episode(control: str) -> None:
    env = make_env("pick_place", num_envs=3, control=control, seed=0)
    env.reset(seed=0, stagger=True)
    rng = torch.Generator().manual_seed(0)
    actions = 2 * torch.rand(90, 3, env.action_dim, generator=rng) - 1
    for action in actions[:20]:
        env.step(action)
    saved = env.snapshot()
    first = [env.step(action) for action in actions[20:]]
    env.restore(saved)
    again = [env.step(action) for action in actions[20:]]
    for one, two in zip(first, again, strict=True):
        for a, b in zip(one[:-1], two[:-1], strict=True):
            assert torch.equal(a, b)


def test_actions_are_clipped() -> None:
    envs = [make_env("reach", num_envs=1, seed=0) for _ in range(2)]
    steps = [env.step(torch.full((1, 4), size)) for env, size in zip(envs, (1.0, 50.0), strict=True)]
    assert torch.equal(steps[0].obs, steps[1].obs)


def test_bad_actions_are_refused_before_anything_moves() -> None:
    env = make_env("reach", num_envs=3, seed=0)
    before = env.observe()
    with pytest.raises(InvalidInput, match=r"action must have shape \(3, 4\), got \(3, 7\)"):
        env.step(torch.zeros(3, 7))
    nan = torch.zeros(3, 4)
    nan[2, 1] = float("nan")
    with pytest.raises(InvalidInput, match="action must be finite, row 2"):
        env.step(nan)
    assert torch.equal(before, env.observe())
    assert env.clock.eq(0).all()


def test_unknown_names_tell_the_valid_ones() -> None:
    with pytest.raises(InvalidChoice, match="pick_place"):
        make_env("pickplace")
    with pytest.raises(InvalidChoice, match="mujoco, bullet"):
        make_env("reach", engine="mujocoo")
    with pytest.raises(InvalidChoice, match="tool, joint"):
        make_env("reach", control="joints")
    with pytest.raises(InvalidInput, match="at least 1"):
        make_env("reach", num_envs=0)


def test_poses_end_with_the_goal_and_start_with_the_base() -> None:
    env = make_env("push", num_envs=2, record_poses=True)
    step = env.step(torch.zeros(2, 4))
    assert step.poses is not None
    torch.testing.assert_close(step.poses[:, -1, :3], env.goal)
    assert step.poses[:, 0, :3].eq(0).all()
    torch.testing.assert_close(step.poses[:, -2, :3], env.state.block_pos[:, 0])


def test_scripts_drive_the_tool_only() -> None:
    with pytest.raises(InvalidInput, match="control 'tool'"):
        make_env("reach", control="joint").script()
