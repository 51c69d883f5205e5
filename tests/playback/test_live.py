"""The arm that plays live: wishes, pushes, and the newest policy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.agents.choosing import choose, weights_of
from armchair.agents.ppo import PPOConfig
from armchair.agents.saved import PolicyInfo, save_policy
from armchair.envs.arm_env import ArmEnv, make_env
from armchair.errors import InvalidInput
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.playback.live import LONG, Function, Newest, Showing, Stage
from armchair.runs.folder import RunDir
from armchair.training.fixed_reward import new_agent


def scripted(task: str = "reach") -> Stage:
    env = make_env(task, engine="mujoco")
    return Stage(env, Function(lambda env, obs: env.script()), seed=3)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = scripted()
    yield made
    made.env.close()


def distance(stage: Stage) -> float:
    return float((stage.env.goal - stage.env.state.tool_pos).norm())


def test_it_goes_to_the_goal_and_to_the_next_one(stage: Stage) -> None:
    for _ in range(40):
        shown = stage.step()
    assert shown.status["success"] is True
    before = stage.env.goal.clone()
    stage.new_goal()
    assert not torch.equal(stage.env.goal, before)
    assert torch.equal(stage.now().poses[-1, :3], stage.env.goal[0])
    assert distance(stage) > 0.03
    for _ in range(40):
        shown = stage.step()
    assert shown.status["success"] is True
    assert (shown.status["episode"], shown.status["step"]) == (1, 80)


def test_a_push_throws_the_arm_off_and_it_comes_back(stage: Stage) -> None:
    for _ in range(40):
        stage.step()
    assert distance(stage) < 0.025
    stage.push()
    farthest = 0.0
    for _ in range(8):
        stage.step()
        farthest = max(farthest, distance(stage))
    assert farthest > 0.08
    for _ in range(40):
        stage.step()
    assert distance(stage) < 0.025


@pytest.mark.parametrize("engine", ["mujoco", "bullet"])
@pytest.mark.parametrize("task", ["push", "stack"])
def test_wishes_in_any_order_leave_a_sane_arm(task: str, engine: str) -> None:
    pytest.importorskip("pybullet" if engine == "bullet" else "mujoco")
    env = make_env(task, engine=engine)
    stage = Stage(env, Function(lambda env, obs: env.script()))
    for k in range(60):
        if k % 7 == 0:
            (stage.push, stage.new_goal, stage.reset)[k // 7 % 3]()
        assert bool(stage.step().poses.isfinite().all())
    assert int(str(stage.now().status["episode"])) >= 3
    env.close()


def test_episodes_last_longer_than_in_training_and_then_begin_anew(stage: Stage) -> None:
    for _ in range(LONG * stage.env.task.horizon):
        shown = stage.step()
    assert (shown.status["episode"], shown.status["step"]) == (2, 0)


def agent_of(env: ArmEnv, run: RunDir, seed: int, steps: int) -> None:
    config = PPOConfig()
    agent = new_agent(env, config, seed)
    agent.net.actor.theta += torch.randn(agent.net.actor.theta.shape, generator=generator(seed, "x"))
    about = PolicyInfo("reach", "mujoco", "tool", env.obs_dim, env.action_dim, config.hidden, steps)
    save_policy(run, agent, about)


def test_a_newer_checkpoint_takes_over(tmp_path: Path) -> None:
    env = make_env("reach")
    obs = env.reset(seed=0)
    run = RunDir.create(tmp_path, "run", {})
    agent_of(env, run, 1, 100)
    now = [0.0]
    actor = Newest(run, clock=lambda: now[0])
    first = actor.act(env, obs)
    assert actor.policy_step == 100 and actor.reward(env.visible()) is None
    agent_of(env, run, 2, 200)
    assert torch.equal(actor.act(env, obs), first)  # it does not look at every step
    now[0] = 1.5
    assert not torch.equal(actor.act(env, obs), first)
    assert actor.policy_step == 200
    (run.checkpoints / "policy.safetensors").write_bytes(b"half a file")
    now[0] = 3.0
    actor.act(env, obs)
    assert actor.policy_step == 200  # a damaged one is left alone
    env.close()


Give = Callable[..., None]


@pytest.fixture
def wished(tmp_path: Path, give_wishes: Give) -> Iterator[tuple[ArmEnv, RunDir]]:
    """A run whose policy has two wishes, both at 0.6."""
    env = make_env("reach")
    run = RunDir.create(tmp_path, "run", {"task": "reach"})
    agent_of(env, run, 1, 100)
    give_wishes(run, ("carry_high", "smooth"))
    yield env, run
    env.close()


def test_a_slider_moves_the_policy_and_nothing_in_the_run(wished: tuple[ArmEnv, RunDir]) -> None:
    env, run = wished
    obs = env.reset(seed=0)
    actor = Newest(run)
    first = actor.act(env, obs)
    assert actor.told() == {
        "weights": {"carry_high": 0.6, "smooth": 0.6},
        "chosen": {"carry_high": 0.6, "smooth": 0.6},
    }
    actor.weigh({"smooth": 0.1})
    moved = actor.act(env, obs)
    assert not torch.equal(moved, first)
    assert actor.told()["weights"] == {"carry_high": 0.6, "smooth": 0.1}
    assert weights_of(run) == {"carry_high": 0.6, "smooth": 0.6}
    assert torch.equal(Newest(run, {"smooth": 0.1}).act(env, obs), moved)
    for wrong in ({"smoth": 0.1}, {"smooth": 1.1}):
        with pytest.raises(InvalidInput):
            actor.weigh(wrong)
    assert torch.equal(actor.act(env, obs), moved)


def test_what_is_chosen_elsewhere_is_followed_but_by_a_slider_that_was_moved(
    wished: tuple[ArmEnv, RunDir],
) -> None:
    _, run = wished
    still, moved = Newest(run), Newest(run)
    moved.weigh({"smooth": 0.1})
    choose(run, {"smooth": 0.9, "carry_high": 0.2})
    for actor in (still, moved):
        actor.look()
        assert actor.told()["chosen"] == {"carry_high": 0.2, "smooth": 0.9}
    assert still.told()["weights"] == {"carry_high": 0.2, "smooth": 0.9}
    assert moved.told()["weights"] == {"carry_high": 0.2, "smooth": 0.1}


def test_a_stage_tells_the_weights_by_which_it_acts(wished: tuple[ArmEnv, RunDir], stage: Stage) -> None:
    env, run = wished
    assert Stage(env, Newest(run)).now().status["weights"] == {"carry_high": 0.6, "smooth": 0.6}
    assert "weights" not in stage.now().status


def test_it_plays_at_its_pace_only_while_someone_watches(stage: Stage) -> None:
    frames: list[bytes] = []
    told: list[dict[str, Json]] = []
    came = threading.Event()

    def tell(frame: bytes, status: dict[str, Json] | None) -> None:
        frames.append(frame)
        if status is not None:
            told.append(status)
        came.set()

    showing = Showing(stage, tell)
    showing.start()
    try:
        time.sleep(0.3)
        assert frames == []
        showing.watched = 1
        assert came.wait(5.0)
        time.sleep(1.0)
        count = len(frames)
        assert 5 <= count <= 24  # 20 a second
        assert np.frombuffer(frames[0], "<f4").reshape(-1, 7).shape == (12, 7)
        assert told[0]["rate"] == 1.0
        done = threading.Event()

        def pause() -> None:
            showing.paused = True
            done.set()

        showing.soon(pause)
        assert done.wait(5.0)
        time.sleep(0.3)
        count = len(frames)
        time.sleep(0.3)
        assert len(frames) == count
        assert told[-1]["paused"] is True  # the last thing it said
    finally:
        showing.close()
