"""What `import_env` makes of environments that MuJoCo simulates: they can do nearly all that ours can."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from armchair.envs.base import Frames, Goals, Poses, Pushable, Snapshots
from armchair.envs.foreign.importing import import_env
from armchair.envs.foreign.mujoco.model import find_model
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.playback.live import Function, Stage, check_live
from armchair.types import Step

Make = Callable[[], gymnasium.Env]
LONG = 1000
LENGTH = 30  # of an episode on the bench


def actions(env: object, count: int, seed: int = 1) -> Tensor:
    shape = (count, env.num_envs, env.action_dim)
    return 2.0 * torch.rand(shape, generator=generator(seed, "test")) - 1.0


def same(one: Step, other: Step) -> bool:
    pairs = zip(one, other, strict=True)
    return all((a is None and b is None) or torch.equal(a, b) for a, b in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["bench", "Reacher-v5"])
def test_a_run_goes_on_to_the_bit_in_another_environment_of_the_same_make(
    make_bench: Make, source: str
) -> None:
    given = make_bench if source == "bench" else source
    one, other = (import_env(given, num_envs=2, seed=seed, render="poses") for seed in (1, 2))
    assert isinstance(one, Snapshots) and isinstance(other, Snapshots)
    one.reset()
    for action in actions(one, 13, seed=9):
        one.step(action)
    kept = one.snapshot()
    obs = other.restore(kept)
    assert torch.equal(obs, one.obs)
    assert all(same(one.step(action), other.step(action)) for action in actions(one, LONG))
    again = one.snapshot()
    assert all(torch.equal(again[name], value) for name, value in other.snapshot().items())


def test_poses_are_of_the_state_reached_and_those_of_now_of_the_next_episode(make_bench: Make) -> None:
    env = import_env(make_bench, num_envs=2, seed=0, render="poses")
    assert isinstance(env, Poses) and not isinstance(env, Frames)
    with pytest.raises(InvalidInput, match="reset the environment first"):
        env.scene_asset()  # looking for abilities has made none, of bodies that are nowhere yet
    env.reset()
    rows = len(env.body_names) + 1
    assert env.poses().shape == (2, rows, 7)
    block = env.body_names.index("block")
    for count, action in enumerate(actions(env, LENGTH), start=1):
        step = env.step(action)
        assert step.poses is not None and step.poses.shape == (2, rows, 7)
        if count < LENGTH:
            assert torch.equal(step.poses, env.poses()), "the state reached is that of now"
            xpos = find_model(env.envs()[0])[1].body("block").xpos
            np.testing.assert_allclose(step.poses[0, block, :3], xpos, rtol=1e-6)
    assert bool(step.done.all()) and not torch.equal(step.poses, env.poses())
    goals = [copy.unwrapped.goal for copy in env.envs()]
    np.testing.assert_allclose(env.poses()[:, -1, :3], np.stack(goals), rtol=1e-6)


def test_episodes_begin_alike_within_a_group_and_go_their_own_way(make_bench: Make) -> None:
    env = import_env(make_bench, num_envs=4, seed=0, render="poses")
    assert isinstance(env, Goals)
    obs = env.reset_alike(torch.tensor([0, 0, 1, 1]), generator(5, "film"))
    assert torch.equal(obs[0], obs[1]) and torch.equal(obs[2], obs[3]) and not torch.equal(obs[0], obs[2])
    assert torch.equal(env.poses()[0], env.poses()[1])
    step = env.step(torch.zeros(4, env.action_dim))
    assert not torch.equal(step.obs[0], step.obs[1]), "their noise is their own"
    again = import_env(make_bench, num_envs=4, seed=7, render="poses")
    assert torch.equal(again.reset_alike(torch.tensor([0, 0, 1, 1]), generator(5, "film")), obs)


def test_nothing_is_claimed_that_was_not_tried(make_bench: Make) -> None:
    class Hiding(gymnasium.Wrapper):
        def __init__(self, env: gymnasium.Env) -> None:
            super().__init__(env)
            count = [0.0]
            self.more = lambda: count.append(count[-1] + 1.0) or count[-1]

        def step(self, action: np.ndarray) -> tuple:
            obs, _, *rest = self.env.step(action)
            return obs, self.more(), *rest

    hiding = import_env(lambda: Hiding(make_bench()), render="poses", horizon=LENGTH)
    assert isinstance(hiding, Poses) and not isinstance(hiding, Snapshots | Goals)
    pictures = import_env(make_bench, render=True)
    assert (
        isinstance(pictures, Frames) and isinstance(pictures, Snapshots) and not isinstance(pictures, Poses)
    )
    plain = import_env("Pendulum-v1", render="poses")
    assert isinstance(plain, Frames) and not isinstance(plain, Poses | Snapshots | Pushable)
    for env in (hiding, pictures, plain):
        env.close()


def test_it_can_be_watched_live_pushed_and_begun_anew(make_bench: Make) -> None:
    made = import_env(make_bench, seed=0, render="poses")
    env = check_live("bench", made)
    stage = Stage(env, Function(lambda env, _: torch.zeros(1, env.action_dim)))
    for _ in range(5):
        stage.step()
    hand = env.body_names.index("lower")
    before = stage.now().poses[hand, :3]
    stage.push()
    for _ in range(5):
        stage.step()
    assert float((stage.now().poses[hand, :3] - before).norm()) > 0.05
    data = find_model(made.envs()[0])[1]
    assert not data.xfrc_applied.any(), "it is let go"
    goal = stage.now().poses[-1, :3]
    stage.new_goal()
    assert not torch.equal(stage.now().poses[-1, :3], goal)
