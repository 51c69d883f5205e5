"""Numbers that go wrong: the run goes back to its last good state, leaves a dump, or stops."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from armchair.agents.agent import Agent
from armchair.agents.ppo import PPOConfig, UpdateStats
from armchair.cli import main
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.envs.arm_env import ArmEnv, make_env
from armchair.errors import RunError
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.playback import replay_html as replay_file
from armchair.playback.dumps import read_dump, replay
from armchair.reports.summary import summarise
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rollout.collect import Episodes, NotFinite
from armchair.runs.folder import RunDir
from armchair.training import policy_learner, setup
from armchair.training.fixed_reward import TrainConfig, new_agent, train_on_reward
from armchair.training.guard import Good, Guard
from armchair.training.policy_learner import PolicyLearner
from armchair.training.progress import Progress
from armchair.training.setup import teach
from armchair.training.trainer import Trainer
from armchair.types import Rollout, Step

CONFIG = with_flags(
    load_config("smoke"),
    {
        "schedule.updates": 5,
        "practice.num_envs": 4,
        "practice.rollout": 8,
        "queries.film_envs": 4,
        "evaluation.episodes": 4,
        "evaluation.every": 5,
    },
)
Break = Callable[[pytest.MonkeyPatch, Callable[[], bool]], None]


def break_observation(patch: pytest.MonkeyPatch, now: Callable[[], bool]) -> None:
    """The environment's own numbers go wrong in one copy."""
    step = ArmEnv.step

    def wrong(env: ArmEnv, action: Tensor) -> Step:
        brought = step(env, action)
        if (
            env.num_envs == CONFIG.practice.num_envs
            and not env.record_poses
            and env.clock[1] % 3 == 1
            and now()
        ):
            brought.obs[2, 0] = torch.nan
        return brought

    patch.setattr(ArmEnv, "step", wrong)


def break_visible(patch: pytest.MonkeyPatch, now: Callable[[], bool]) -> None:
    act = PolicyLearner.act

    def wrong(policy: PolicyLearner) -> tuple[Rollout, Episodes]:
        rollout, ended = act(policy)
        if now():
            rollout.visible[3, 1] = torch.inf
        return rollout, ended

    patch.setattr(PolicyLearner, "act", wrong)


def break_reward(patch: pytest.MonkeyPatch, now: Callable[[], bool]) -> None:
    mean = RewardEnsemble.mean

    def wrong(model: RewardEnsemble, visible: Tensor) -> Tensor:
        return mean(model, visible) * (torch.nan if now() else 1.0)

    patch.setattr(RewardEnsemble, "mean", wrong)


def break_loss(patch: pytest.MonkeyPatch, now: Callable[[], bool]) -> None:
    update = policy_learner.update

    def wrong(
        agent: Agent, rollout: Rollout, config: PPOConfig, rng: torch.Generator, **how: Any
    ) -> UpdateStats:
        stats = update(agent, rollout, config, rng, **how)
        return stats._replace(value_loss=float("inf")) if not how["critic_only"] and now() else stats

    patch.setattr(policy_learner, "update", wrong)


def break_policy(patch: pytest.MonkeyPatch, now: Callable[[], bool]) -> None:
    update = policy_learner.update

    def wrong(
        agent: Agent, rollout: Rollout, config: PPOConfig, rng: torch.Generator, **how: Any
    ) -> UpdateStats:
        stats = update(agent, rollout, config, rng, **how)
        if not how["critic_only"] and now():
            agent.net.actor.theta[5] = torch.nan
        return stats

    patch.setattr(policy_learner, "update", wrong)


BREAKS: dict[str, tuple[Break, str]] = {
    "observation": (break_observation, "observation"),
    "visible": (break_visible, "observation"),
    "reward": (break_reward, "reward"),
    "loss": (break_loss, "loss"),
    "policy": (break_policy, "policy"),
}


def go(run: RunDir, resume: bool = False) -> list[Progress]:
    teacher = make_teacher("oracle", {}, generator(CONFIG.seed, "teacher"))
    return list(teach(CONFIG, run, teacher, resume=resume))


def trainers(patch: pytest.MonkeyPatch) -> list[Trainer]:
    """Those that are made from now on."""
    made: list[Trainer] = []
    make = setup.make_trainer

    def making(*given: Any) -> Trainer:
        made.append(make(*given))
        return made[-1]

    patch.setattr(setup, "make_trainer", making)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """On a disk that need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    return RunDir.create(tmp_path, "run", as_yaml(CONFIG))


@pytest.mark.parametrize("what", BREAKS)
def test_one_fault_costs_a_turn(
    what: str, run: RunDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    harm, told = BREAKS[what]
    calls: list[int] = []

    def third() -> bool:
        calls.append(len(calls))
        return len(calls) == 3

    harm(monkeypatch, third)
    seen = go(run)
    assert [turn.updates for turn in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].faults == 1
    assert [line["faults"] for line in run.metrics()][-1] == 1
    assert summarise(run, CONFIG, 1.0)["faults"] == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"armchair: the {told} is not finite: back to update ")
    dump = read_dump(run.path / "dumps" / "001.safetensors")
    assert dump.about["not_finite"] == told and dump.replayable
    assert all(value.isfinite().all() for value in run.load("state")[0].values() if value.is_floating_point())
    assert any(not value.isfinite().all() for name, value in dump.tensors.items()) or what == "loss"


@pytest.mark.parametrize("what", BREAKS)
def test_three_in_a_row_end_the_run_and_the_last_good_state_is_kept(
    what: str, run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def from_now_on() -> bool:
        calls.append(len(calls))
        return len(calls) >= 3

    harm, told = BREAKS[what]
    with monkeypatch.context() as patch:
        harm(patch, from_now_on)
        with pytest.raises(RunError, match=f"the {told} was not finite 3 times in a row") as error:
            go(run)
    assert "\n" not in str(error.value) and "003.safetensors" in str(error.value)
    tensors, about = run.load("state")
    assert about["faults"] == 3
    assert all(value.isfinite().all() for value in tensors.values() if value.is_floating_point())
    seen = go(run, resume=True)  # with what was wrong put right
    assert seen[-1].updates == CONFIG.schedule.updates and seen[-1].faults == 3


def test_going_back_gives_the_state_after_the_last_good_update(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Policy, optimiser and statistics, bit for bit."""
    kept: list[dict[str, Tensor]] = []
    made = trainers(monkeypatch)
    keep, go_back = Guard.keep, Guard.go_back

    def keeping(guard: Guard, good: Good) -> None:
        keep(guard, good)
        kept.append(made[0].policy.agent.tensors())

    def going_back(guard: Guard, fault: NotFinite, failed: Good, *given: Any) -> None:
        assert not all(value.isfinite().all() for value in failed.agent.values())
        go_back(guard, fault, failed, *given)
        found = made[0].policy.agent.tensors()
        assert all(torch.equal(value, kept[-1][name]) for name, value in found.items())
        assert found["adam.actor.steps"] > 0
        kept.append({})

    monkeypatch.setattr(Guard, "keep", keeping)
    monkeypatch.setattr(Guard, "go_back", going_back)
    break_policy(monkeypatch, lambda: len(kept) == 3)
    go(run)
    assert {} in kept


def test_a_dump_is_played_again_as_it_was(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    made, act = trainers(monkeypatch), PolicyLearner.act

    def watched(policy: PolicyLearner) -> tuple[Rollout, Episodes]:
        rollout, ended = act(policy)
        train = made[0].envs.train
        assert isinstance(train, ArmEnv)
        seen.append(train.poses())
        return rollout, ended

    monkeypatch.setattr(PolicyLearner, "act", watched)
    break_policy(monkeypatch, lambda: len(seen) == 2)
    go(run)
    env, episode = replay(read_dump(run.path / "dumps" / "001.safetensors"))
    assert episode.poses.shape[0] == CONFIG.practice.rollout + 1
    assert torch.equal(env.poses(), seen[1])
    env.close()


def test_the_command_shows_a_dump(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[int] = []
    break_observation(monkeypatch, lambda: (calls.append(0), len(calls) == 7)[1])
    go(run)
    monkeypatch.undo()
    monkeypatch.setattr(replay_file, "template", lambda: replay_file.PLACE)
    file = run.path / "dumps" / "001.safetensors"
    capsys.readouterr()
    assert main(["play", str(file)]) == 0
    told = capsys.readouterr().out
    assert "reach: the observation was not finite at update" in told
    assert "in copy 2" in told and "agent" in told
    shown = json.loads(file.with_suffix(".html").read_text())
    assert "copy 2" in shown["caption"] and len(shown["clips"]) == 1
    assert main(["play", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["not_finite"] == "observation"
    assert main(["play", str(file), "--video", "film.mp4"]) == 2
    assert "use --html" in capsys.readouterr().err
    assert main(["play", str(run.path / "dumps" / "009.safetensors")]) == 2
    assert "there is no dump" in capsys.readouterr().err
    assert main(["play", str(run.checkpoints / "policy.safetensors")]) == 2
    assert "is no dump" in capsys.readouterr().err


def test_a_dump_without_an_arm_is_described(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """As of an environment of others, whose state nobody can save."""
    obs = torch.zeros(3, 2, 4)
    obs[1, 1, 0] = torch.inf
    about = {"what": "dump", "task": "gymnasium:Pendulum-v1", "not_finite": "observation", "updates": 7}
    file = run.at(run.path).save("dump", {"rollout.obs": obs, "rollout.action": torch.zeros(3, 2, 1)}, about)
    assert main(["play", str(file)]) == 0
    told = capsys.readouterr().out
    assert "(3, 2, 4), not finite from step 1 on, in copy 1" in told
    assert "cannot be replayed" in told
    assert not file.with_suffix(".html").exists()


def test_training_on_a_given_reward_goes_back_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault costs its rollout and no update; the third in a row ends it with the agent as it was."""
    env = make_env("reach", num_envs=CONFIG.practice.num_envs)
    agent = new_agent(env, CONFIG.ppo, 0)
    config = TrainConfig(steps=4 * 8 * CONFIG.practice.num_envs, rollout=8, ppo=CONFIG.ppo)
    calls: list[int] = []

    def bad() -> bool:
        calls.append(0)
        return len(calls) in (3, 5, 6, 7)

    def reward(visible: Tensor) -> Tensor:
        return visible.mean(2) * (torch.nan if bad() else 1.0)

    going = train_on_reward(env, config, agent=agent, reward=reward)
    assert [next(going).env_steps for _ in range(3)] == [32, 64, 96]
    before = agent.tensors()
    assert before["updates"] == 3
    with pytest.raises(RunError, match="the reward is not finite, 3 times in a row"):
        next(going)
    assert all(torch.equal(value, before[name]) for name, value in agent.tensors().items())
    assert len(capsys.readouterr().err.splitlines()) == 3
    env.close()


def test_diverged_copies_are_counted(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment begins new episodes for them by itself; the figures say how often."""
    step = ArmEnv.step

    def wrong(env: ArmEnv, action: Tensor) -> Step:
        if env.num_envs == CONFIG.practice.num_envs and not env.record_poses and bool((env.clock == 4).any()):
            env.diverged += 1
        return step(env, action)

    monkeypatch.setattr(ArmEnv, "step", wrong)
    last = go(run)[-1]
    assert last.diverged > 0
    assert summarise(run, CONFIG, 1.0)["diverged"] == last.diverged == run.load("state")[1]["diverged"]
