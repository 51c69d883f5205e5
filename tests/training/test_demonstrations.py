"""What demonstrations bring into a run of teaching."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.agents.behaviour_cloning import CloneConfig
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.envs.demonstrations import Source, save_demos
from armchair.errors import ConfigError, InvalidInput
from armchair.feedback.styles import style_score
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.training.demonstrations import FADED, FOLDER, demos_of
from armchair.training.setup import layout_of, make_envs, teach
from armchair.training.trainer import Trainer

SMOKE = dataclasses.replace(
    load_config("smoke"),
    demos="scripted:2",
    starts=0.5,
    labels=4,
    first=1,
    session=2,
    session_every=1,
    clone=CloneConfig(updates=50),
)


def oracle() -> Teacher:
    return make_teacher("oracle", {}, generator(0, "teacher"))


def run_of(folder: Path, config: TeachConfig = SMOKE) -> RunDir:
    return RunDir.create(folder, "run", as_yaml(config))


def test_a_run_begins_with_what_it_was_shown(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    first = next(iter(teach(SMOKE, run, oracle())))
    assert first.fit is not None and first.fit.answers > first.answers == 2, "free comparisons are no answers"
    with Store.open(run.path / "armchair.db", create=False) as store:
        assert store.counts().answers == 2, "nobody was asked about demonstrations"
        wandering = [record for record in store.records() if record.question.guess is None]
        assert not wandering, "there is a policy worth showing from the beginning"
    assert len(list((run.path / FOLDER).glob("*.npz"))) == 2


def test_imitation_comes_before_the_first_update(tmp_path: Path) -> None:
    config = dataclasses.replace(SMOKE, demos="scripted:8", clone=CloneConfig(updates=800))
    run = run_of(tmp_path, config)
    demos = demos_of(config, run)
    envs = make_envs(config, demos)
    with Store.open(run.store_file) as store:
        trainer = Trainer(config, envs, store, layout_of(envs.train), oracle(), demos)
        before = trainer.evaluate().success.value
        stats = trainer.lessons.prepare(trainer.agent)
        assert stats is not None and stats.after < 0.01 < stats.before
        assert before < 0.2 and trainer.evaluate().success.value > 0.8, (
            "reach is imitated from eight episodes"
        )
    for env in envs:
        env.close()


def test_episodes_begin_along_demonstrations_less_and_less_whatever_succeeds(tmp_path: Path) -> None:
    config = dataclasses.replace(SMOKE, updates=5, labels=12)
    demos = demos_of(config, None)
    envs = make_envs(config, demos)
    assert isinstance(envs.train, ArmEnv) and isinstance(envs.report, ArmEnv)
    assert envs.train.starts is not None and envs.report.starts is None, "never where it counts"
    shares: list[float] = []
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = Trainer(config, envs, store, layout_of(envs.train), oracle(), demos)
        for _ in trainer.run():
            envs.train.skill = torch.tensor(0.9)  # as if somebody had looked at success
            shares.append(envs.train.start_share)
    assert shares == pytest.approx([0.5 * max(0.0, 1.0 - k / 5 / FADED) for k in range(5)])
    assert not envs.train.paced
    for env in envs:
        env.close()


def learnt(folder: Path, *, nonsense: bool) -> dict[str, Tensor]:
    """The learner after a run whose teacher looks at style alone; nonsense: what the task says is none."""
    folder.mkdir()
    demos = demos_of(SMOKE)
    envs = make_envs(SMOKE, demos)
    teacher = make_teacher(
        "oracle", {}, generator(0, "teacher"), scorer=style_score("from_above", TASKS["reach"].points)
    )
    for env in envs:
        assert isinstance(env, ArmEnv)
        if nonsense:
            env.task = dataclasses.replace(
                env.task,
                reward=lambda state, goal, action: 1e6 * torch.sin(1e3 * state.tool_pos.sum(1)),
                success=lambda state, goal: state.tool_pos[:, 0] > 0.5,
            )
    with Store.open(folder / "armchair.db") as store:
        trainer = Trainer(SMOKE, envs, store, layout_of(envs.train), teacher, demos)
        trainer.lessons.prepare(trainer.agent)
        for _ in trainer.run():
            pass
    for env in envs:
        env.close()
    return trainer.agent.tensors()


def test_with_demonstrations_and_starts_the_true_reward_has_no_way_to_the_learner_either(
    tmp_path: Path,
) -> None:
    one, two = (learnt(tmp_path / str(nonsense), nonsense=nonsense) for nonsense in (False, True))
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


def test_a_run_is_resumed_from_its_folder_alone_bit_for_bit(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    shown = run_of(tmp_path)
    demos_of(SMOKE, shown)
    shutil.copytree(shown.path / FOLDER, recorded)
    config = dataclasses.replace(SMOKE, demos=str(recorded))
    whole = RunDir.create(tmp_path, "whole", as_yaml(config))
    list(teach(config, whole, oracle()))
    cut = RunDir.create(tmp_path, "cut", as_yaml(config))
    going = teach(config, cut, oracle())
    next(iter(going))
    going.close()  # type: ignore[attr-defined]
    shutil.rmtree(recorded)  # what it was shown is in its folder
    moved = cut.path.rename(tmp_path / "elsewhere")
    list(teach(config, RunDir.open(moved), oracle(), resume=True))
    one, two = whole.load("state")[0], RunDir.open(moved).load("state")[0]
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            {"task": "reach", "demos": "scripted"},
            "demos must be scripted:N, such as scripted:20, got 'scripted'",
        ),
        (
            {"task": "reach", "demos": "scripted:0"},
            "demos must be scripted:1 to scripted:1000, got 'scripted:0'",
        ),
        ({"task": "reach", "demos": "scripted:5", "control": "joint"}, "the script moves the tool"),
        ({"task": "reach", "free.progress": 0}, "progress must be at least 1"),
        ({"task": "reach", "free.sure": 0.2}, "sure in [0.5, 1]"),
        ({"task": "reach", "clone.minibatch": 0}, "minibatch at least 1"),
        ({"task": "reach", "clone.std": 0}, "std must be greater than 0"),
        ({"task": "gymnasium:Pendulum-v1", "demos": "scripted:5"}, "is none of armchair's own tasks"),
        ({"task": "gymnasium:Pendulum-v1", "motion": True}, "motion must be false"),
    ],
)
def test_what_cannot_be_shown_is_refused(flags: dict[str, str | int | float], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_flags(TeachConfig(), flags)
    assert expected in str(caught.value)


def test_demonstrations_must_show_what_the_run_looks_at(tmp_path: Path) -> None:
    shown = dataclasses.replace(SMOKE, demos="scripted:2")
    folder = tmp_path / "shown"
    save_demos(folder, demos_of(shown), Source("reach", "mujoco", "tool"), "script")
    given = dataclasses.replace(SMOKE, demos=str(folder))
    assert len(demos_of(given)) == 2
    with pytest.raises(
        InvalidInput, match="6 numbers of what was seen, this run looks at 7: leave motion out"
    ):
        demos_of(dataclasses.replace(given, motion=True))
    (moving,) = demos_of(dataclasses.replace(shown, demos="scripted:1", motion=True))
    assert moving.visible.shape[1] == 7


def test_a_folder_that_is_none_is_refused() -> None:
    with pytest.raises(
        InvalidInput, match="demos must be scripted:N or a folder of demonstrations, got nowhere"
    ):
        demos_of(dataclasses.replace(SMOKE, demos="nowhere"))
