"""A reward model is measured against the true reward, and taught from anew, as it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.cli.commands import train
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.base import Env
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.evaluate import evaluate
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.reports.reward_report import heldout, relearn, report_reward, updates_of
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.saved import check_layout, load_reward, read_reward, reward_of
from armchair.runs.folder import RunDir
from armchair.training.fixed_reward import new_agent
from armchair.training.setup import teach

SMOKE = load_config("smoke")


def taught(root: Path, config: TeachConfig) -> RunDir:
    run = RunDir.create(root, config.task, as_yaml(config))
    list(teach(config, run, make_teacher("oracle", {}, generator(config.seed, "teacher"))))
    return run


def copies_of(config: TeachConfig, num_envs: int = 2) -> Env:
    return resolve_task(config.task).make(num_envs, config.env)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """More threads than one only wait for each other on networks this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    return taught(tmp_path_factory.mktemp("runs"), SMOKE)


class Known(RewardEnsemble):
    """A model in which every member knows what reach is about: the nearer the tool, the better."""

    sign = 1.0

    def __call__(self, visible: Tensor) -> Tensor:
        tool, goal = visible[..., :3], visible[..., 3:6]
        distance = (tool - goal).norm(dim=-1)
        return (-self.sign * distance).expand(self.config.members, *distance.shape)

    def _bounded(self, visible: Tensor) -> Tensor:
        return self(visible)


def known(model: RewardEnsemble, sign: float) -> RewardEnsemble:
    made = Known(model.layout, model.config, model.weights, model.normaliser)
    made.sign = sign
    return made


@pytest.mark.slow
def test_a_model_that_knows_ranks_clips_as_the_true_reward_does_and_its_opposite_does_not(
    run: RunDir,
) -> None:
    agent, model = load_policy(run)[0], reward_of(run, "reach")
    good = report_reward(SMOKE, agent, known(model, 1.0), seed=5)
    bad = report_reward(SMOKE, agent, known(model, -1.0), seed=5)
    assert good.fresh.answers > 100
    assert good.rank_correlation > 0.95
    assert good.fresh.accuracy > 0.95
    assert bad.rank_correlation == pytest.approx(-good.rank_correlation)
    assert bad.fresh.accuracy == pytest.approx(1.0 - good.fresh.accuracy, abs=1e-6)
    assert bad.fresh.nll > good.fresh.nll
    assert good.spread == pytest.approx(0.0, abs=1e-6)
    assert int(good.reliability.answers.sum()) == good.fresh.answers  # the true return has no ties here


@pytest.mark.slow
def test_the_policy_is_judged_with_its_noise_and_the_seed_decides(run: RunDir) -> None:
    agent, model = load_policy(run)[0], reward_of(run, "reach")
    first, again = (report_reward(SMOKE, agent, model, seed=5) for _ in range(2))
    assert first.fresh == again.fresh
    assert report_reward(SMOKE, agent, model, seed=6).fresh != first.fresh
    agent.net.actor.theta.zero_()
    agent.net.log_std.fill_(-20.0)
    with pytest.raises(InvalidInput, match="motionless"):
        report_reward(SMOKE, agent, model, seed=5)


def test_the_latest_heldout_figures_count(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run", {})
    assert heldout(run) is None
    run.log({"updates": 1, "accuracy": 0.5, "nll": 0.7, "ece": 0.1})
    run.log({"updates": 2, "accuracy": 0.9, "nll": 0.3, "ece": 0.05})
    run.log({"updates": 3, "reward": 0.2})
    found = heldout(run)
    assert found is not None
    assert (found.accuracy, found.nll, found.ece) == (0.9, 0.3, 0.05)
    assert updates_of(run, SMOKE) == 3


def test_a_reward_model_is_found_in_a_run_and_in_a_file_and_only_for_its_task(
    run: RunDir, tmp_path: Path
) -> None:
    env = copies_of(SMOKE)
    file = run.checkpoints / "reward.safetensors"
    states = torch.randn(4, env.layout.size, generator=generator(0, "states"))
    for path in (run.path, file):
        model = load_reward(path, "reach")
        check_layout(model, path, "reach", env.layout)
        assert torch.equal(model.mean(states), read_reward(file).mean(states))
    with pytest.raises(InvalidInput, match="is a run of reach, not of push"):
        load_reward(run.path, "push")
    other = dataclasses.replace(env.layout, scalars=("opening",))
    with pytest.raises(InvalidInput, match="does not fit reach: it sees tool, goal, reach has"):
        check_layout(load_reward(file, "reach"), file, "reach", other)
    with pytest.raises(InvalidInput, match="is of reach, not of push"):
        load_reward(file, "push")
    with pytest.raises(RunError, match="no run in"):
        load_reward(tmp_path / "nowhere", "reach")
    with pytest.raises(RunError, match="has no reward model"):
        reward_of(RunDir.create(tmp_path, "empty", {"task": "reach"}), "reach")


def trains_with_motion(path: Path) -> bool:
    """Whether `armchair train` lets a policy be judged by speeds with this reward."""
    return train._plan(train.Args("reach", reward=path)).config.env.motion


def test_a_reward_of_speeds_is_known_by_its_file(run: RunDir, tmp_path: Path) -> None:
    config = with_flags(SMOKE, {"env.motion": True})
    moving = taught(tmp_path, config)
    for file in (run.path, run.checkpoints / "reward.safetensors"):
        assert not trains_with_motion(file)
    assert trains_with_motion(moving.path) and trains_with_motion(moving.checkpoints / "reward.safetensors")
    model = load_reward(moving.path, "reach")
    check_layout(model, moving.path, "reach", copies_of(config).layout)
    assert model.layout.scalars == ("tool_speed",)
    with pytest.raises(InvalidInput, match="it sees tool, goal, tool_speed, reach has tool, goal"):
        check_layout(model, moving.path, "reach", copies_of(SMOKE).layout)


def test_the_frozen_reward_is_what_a_new_policy_learns_from(run: RunDir) -> None:
    env = copies_of(SMOKE)
    model, rewards = reward_of(run, "reach"), list[float]()
    agents = [new_agent(env, SMOKE.ppo, 9) for _ in range(3)]
    for agent, reward in zip(agents, (model.mean, known(model, 1.0).mean, "task"), strict=True):
        last = list(relearn(agent, SMOKE, reward, updates=2, seed=9))[-1]
        rewards.append(last.reward)
        assert last.env_steps == 2 * SMOKE.practice.num_envs * SMOKE.practice.rollout
    assert rewards[1] < 0.0 < rewards[2]  # minus a distance; the task's own is in [0, 1]
    assert not any(torch.equal(agents[0].net.actor.theta, agent.net.actor.theta) for agent in agents[1:])


@pytest.mark.slow
def test_a_reward_that_taught_reach_teaches_a_new_policy(tmp_path: Path) -> None:
    config = load_config("reach")
    run = taught(tmp_path, config)
    env = copies_of(config, 100)
    agent, model = new_agent(env, config.ppo, 77), reward_of(run, "reach")
    list(relearn(agent, config, model.mean, updates_of(run, config), seed=77))
    assert evaluate(env, agent.net.best, 100, seed=1_000_000).success.value >= 0.9
    found = report_reward(config, load_policy(run)[0], model, seed=3)
    assert found.fresh.accuracy > 0.75
    assert found.rank_correlation > 0.7
