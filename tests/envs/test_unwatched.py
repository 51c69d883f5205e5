"""Copies on an engine that is not waited for: warp, told on its CPU backend that it is a GPU."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from armchair.agents.ppo import PPOConfig
from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.demonstrations import record_script
from armchair.envs.start_states import AlongDemonstrations, states_along
from armchair.maths import generator
from armchair.rollout.collect import Running, collect
from armchair.training.fixed_reward import TrainConfig, Training
from armchair.types import Step

pytest.importorskip("mujoco_warp")
pytestmark = pytest.mark.slow  # kernels are compiled once a machine, and loaded in every process

N = 6
ASKED = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    from armchair.engines.warp import WarpEngine

    make = WarpEngine.__init__

    def as_on_a_gpu(self: Any, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        self.unwatched = True

    monkeypatch.setattr(WarpEngine, "__init__", as_on_a_gpu)


class Waits(TorchDispatchMode):
    """Counts what the program would wait for on a GPU: numbers that it reads, and rows that it looks for."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        masks = (part for part in args[1] if part is not None) if func is torch.ops.aten.index.Tensor else ()
        self.count += func in ASKED or any(mask.dtype == torch.bool for mask in masks)
        return func(*args, **(kwargs or {}))


def actions(env: ArmEnv, step: int) -> Tensor:
    return 2.0 * torch.rand(N, env.action_dim, generator=generator(step, "test")) - 1.0


def play(env: ArmEnv, steps: int, start: int = 0) -> list[Step]:
    return [env.step(actions(env, k)) for k in range(start, start + steps)]


def test_a_step_waits_for_nothing_but_once_an_episode() -> None:
    env = make_env("reach", num_envs=N, engine="warp", seed=0)
    env.reset(seed=0, stagger=True)
    env.step(actions(env, 0))  # draws the beginnings, and makes the graph
    with Waits() as waits:
        ended = sum(int(step.done.sum() > 0) for step in play(env, env.horizon - 1, 1))
        own = waits.count - (env.horizon - 1)  # this test's own look at `done`
    assert ended > 5, "episodes must end for this to mean anything"
    assert own == 0
    with Waits() as waits:
        env.step(actions(env, 99))
    assert waits.count > 0, "the beginnings are drawn anew, and the lost episodes counted"


def test_where_an_episode_ends_the_next_one_begins_as_drawn() -> None:
    env = make_env("stack", num_envs=N, engine="warp", seed=3)
    env.reset(seed=3)
    steps = play(env, env.horizon)
    assert not any(step.done.any() for step in steps[:-1]) and steps[-1].truncated.all()
    assert not torch.equal(steps[-1].obs, steps[-1].final_obs)
    state, ready = env.state, env._ready
    assert ready is not None and ready._next is not None
    layout = ready._next.layout
    torch.testing.assert_close(state.joint_pos, layout.joint_pos)
    torch.testing.assert_close(state.block_pos, layout.block_pos)
    assert torch.equal(env.goal, layout.goal) and env.clock.eq(0).all()
    assert state.joint_vel.eq(0).all()
    assert len(layout.goal.unique(dim=0)) == N, "each copy has a beginning of its own"
    before = layout.goal
    play(env, env.horizon)
    assert ready._next is not None and not torch.equal(ready._next.goal, before), "they are drawn anew"


def test_only_the_copies_that_ended_begin_anew() -> None:
    env = make_env("reach", num_envs=N, engine="warp", seed=0)
    env.reset(seed=0)
    play(env, 5)
    env._clock[2] = env.horizon - 1
    goal, joints = env.goal.clone(), env.state.joint_pos.clone()
    step = env.step(torch.zeros(N, env.action_dim))
    assert step.done.tolist() == [k == 2 for k in range(N)]
    others = [k for k in range(N) if k != 2]
    assert torch.equal(env.goal[others], goal[others]) and not torch.equal(env.goal[2], goal[2])
    assert (env.state.joint_pos - joints)[others].abs().max() < 0.2
    assert torch.equal(step.obs[others], step.final_obs[others])
    assert env.clock.tolist() == [0 if k == 2 else 6 for k in range(N)]


def test_a_restored_environment_goes_on_alike_to_the_bit() -> None:
    env = make_env("reach", num_envs=N, engine="warp", seed=0)
    env.reset(seed=0, stagger=True)
    play(env, 30)
    kept = env.snapshot()
    assert {value.device.type for value in kept.values()} == {"cpu"}
    first = [step.obs for step in play(env, 60, 30)]
    other = make_env("reach", num_envs=N, engine="warp", seed=9)
    other.restore(kept)
    again = [step.obs for step in play(other, 60, 30)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_copy_that_diverges_is_terminated_and_counted_when_all_are_drawn_anew() -> None:
    env = make_env("stack", num_envs=N, engine="warp", seed=0)
    env.reset(seed=0)
    play(env, 2)
    env.engine._arrays.v[1, -6] = 1e6  # type: ignore[attr-defined]
    step = env.step(torch.zeros(N, env.action_dim))
    assert step.terminated.tolist() == [k == 1 for k in range(N)] and step.obs.isfinite().all()
    bad = torch.zeros(N, env.action_dim)
    bad[4] = float("nan")  # nobody looks at it now: it is a divergence, and the rollout tells of it
    step = env.step(bad)
    assert step.terminated.tolist() == [k == 4 for k in range(N)] and step.obs.isfinite().all()
    assert not step.final_obs[4].isfinite().all()
    assert env.diverged == 0
    play(env, env.horizon)
    assert env.diverged == 2


def test_a_share_of_the_episodes_begins_along_demonstrations_of_mujoco() -> None:
    recorder = make_env("pick_place", num_envs=4, seed=1)
    demos = record_script(recorder, 4, 1)
    env = make_env("pick_place", num_envs=N, engine="warp", seed=0)
    along = AlongDemonstrations(states_along(demos, len(env.layout.points)), 1.0, N)
    env.starts = along
    env.reset(seed=0)
    play(env, env.horizon)  # the last step begins the next episodes, all along a demonstration
    known = torch.cat([demo.engine for demo in demos]).float()[:, None, 1:17]  # joints, fingers and the block

    def nearest() -> Tensor:
        rows = env.engine.snapshot().float()[:, 1:17]
        return (rows - known).abs().amax(2).min(0).values

    assert nearest().max() < 1e-6
    along.share = 0.0
    play(env, env.horizon)
    assert nearest().min() > 1e-3


def test_ordinary_success_paces_the_starts() -> None:
    env = make_env("reach", num_envs=N, engine="warp", seed=0)
    demos = record_script(make_env("reach", num_envs=2, seed=1), 2, 1)
    along = AlongDemonstrations(states_along(demos, len(env.layout.points)), 0.0, N)
    env.starts = along
    env.reset(seed=0)
    for _ in range(2 * env.horizon + 1):
        env.step(env.script())
    assert 0.0 < float(along.skill) < 0.2, "two episodes of six copies, all of which succeeded"


def test_training_goes_on_alike_to_the_bit() -> None:
    config = TrainConfig(3 * 8 * N, 8, PPOConfig(hidden=(8,), minibatch=24), seed=5)

    def trained(rollouts: int, kept: dict[str, Tensor] | None = None) -> Training:
        training = Training(make_env("reach", num_envs=N, engine="warp", seed=5), config)
        if kept is not None:
            training.load_tensors(kept)
        for _ in zip(range(rollouts), training.run()):  # noqa: B905
            pass
        return training

    whole, half = trained(3), trained(1)
    rest = trained(2, half.tensors())
    assert whole.rollouts == rest.rollouts == 3
    one, other = whole.tensors(), rest.tensors()
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_a_rollout_of_it_tells_its_episodes() -> None:
    env = make_env("reach", num_envs=N, engine="warp", seed=0)
    running = Running(env.reset(seed=0))
    density = torch.zeros(N)
    rollout, ended = collect(env, lambda obs: (env.script(), density), env.horizon, running, reward="task")
    assert ended.copy.tolist() == list(range(N)) and ended.length.eq(env.horizon).all()
    assert ended.success.all()
    torch.testing.assert_close(ended.total, rollout.reward.sum(0))
