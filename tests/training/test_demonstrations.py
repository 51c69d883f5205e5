"""What demonstrations bring into a run of teaching."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.cli import main
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.envs.demonstrations import Demo, Source, save_demos
from armchair.envs.spec import resolve_task
from armchair.envs.start_states import AlongDemonstrations
from armchair.errors import ConfigError, InvalidInput
from armchair.feedback.styles import style_score
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.training.demonstrations import FADED, FOLDER, demonstrations_of
from armchair.training.setup import make_trainer, teach

SMOKE = with_flags(
    load_config("smoke"),
    {
        "demonstrations.source": "scripted:2",
        "demonstrations.starts": 0.5,
        "queries.labels": 4,
        "queries.first": 1,
        "schedule.session": 2,
        "schedule.session_every": 1,
        "demonstrations.cloning.updates": 50,
    },
)


def oracle() -> Teacher:
    return make_teacher("oracle", {}, generator(0, "teacher"))


def demos_of(config: TeachConfig, run: RunDir | None = None) -> list[Demo]:
    return demonstrations_of(resolve_task(config.task), config, run)


def run_of(folder: Path, config: TeachConfig = SMOKE) -> RunDir:
    return RunDir.create(folder, "run", as_yaml(config))


def test_a_run_begins_with_what_it_was_shown(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    first = next(iter(teach(SMOKE, run, oracle())))
    assert first.fits and first.fits[-1].answers > first.answers == 2, "free comparisons are no answers"
    with Store.open(run.path / "armchair.db", create=False) as store:
        assert store.counts().answers == 2, "nobody was asked about demonstrations"
        wandering = [record for record in store.records() if record.question.guess is None]
        assert not wandering, "there is a policy worth showing from the beginning"
    assert len(list((run.path / FOLDER).glob("*.npz"))) == 2


def test_imitation_comes_before_the_first_update(tmp_path: Path) -> None:
    config = with_flags(SMOKE, {"demonstrations.source": "scripted:8", "demonstrations.cloning.updates": 800})
    run = run_of(tmp_path, config)
    demos = demos_of(config, run)
    with Store.open(run.store_file) as store:
        trainer = make_trainer(config, store, oracle(), demos)
        before = trainer.evaluate().success.value
        stats = trainer.demonstrations.prepare(trainer.policy.agent)
        assert stats is not None and stats.after < 0.01 < stats.before
        assert before < 0.2 and trainer.evaluate().success.value > 0.8, (
            "reach is imitated from eight episodes"
        )
    trainer.envs.close()


def test_episodes_begin_along_demonstrations_less_and_less_whatever_succeeds(tmp_path: Path) -> None:
    config = with_flags(SMOKE, {"schedule.updates": 5, "queries.labels": 12})
    shares: list[float] = []
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(config, store, oracle(), demos_of(config))
        train, report = trainer.envs.train, trainer.envs.report
        assert isinstance(train, ArmEnv) and isinstance(report, ArmEnv)
        assert isinstance(train.starts, AlongDemonstrations) and report.starts is None, (
            "never where it counts"
        )
        for _ in trainer.run():
            train.starts.skill = torch.tensor(0.9)  # as if somebody had looked at success
            shares.append(train.starts.share)
    assert shares == pytest.approx([0.5 * max(0.0, 1.0 - k / 5 / FADED) for k in range(5)])
    assert not train.starts.paced
    trainer.envs.close()


def learnt(folder: Path, *, nonsense: bool) -> dict[str, Tensor]:
    """The learner after a run whose teacher looks at style alone; nonsense: what the task says is none."""
    folder.mkdir()
    teacher = make_teacher(
        "oracle", {}, generator(0, "teacher"), scorer=style_score("from_above", TASKS["reach"].points)
    )
    with Store.open(folder / "armchair.db") as store:
        trainer = make_trainer(SMOKE, store, teacher, demos_of(SMOKE))
        for env in trainer.envs:
            assert isinstance(env, ArmEnv)
            if nonsense:
                env.task = dataclasses.replace(
                    env.task,
                    reward=lambda state, goal, action: 1e6 * torch.sin(1e3 * state.tool_pos.sum(1)),
                    success=lambda state, goal: state.tool_pos[:, 0] > 0.5,
                )
        trainer.demonstrations.prepare(trainer.policy.agent)
        for _ in trainer.run():
            pass
    trainer.envs.close()
    return trainer.policy.agent.tensors()


@pytest.mark.slow
def test_with_demonstrations_and_starts_the_true_reward_has_no_way_to_the_learner_either(
    tmp_path: Path,
) -> None:
    one, two = (learnt(tmp_path / str(nonsense), nonsense=nonsense) for nonsense in (False, True))
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


@pytest.mark.slow
def test_a_run_is_resumed_from_its_folder_alone_bit_for_bit(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    shown = run_of(tmp_path)
    demos_of(SMOKE, shown)
    shutil.copytree(shown.path / FOLDER, recorded)
    config = with_flags(SMOKE, {"demonstrations.source": str(recorded)})
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
        ({"task": "reach", "free.progress": 0}, "progress must be from 1 to 100000"),
        ({"task": "reach", "free.sure": 0.2}, "sure in [0.5, 1]"),
        ({"task": "reach", "clone.minibatch": 0}, "minibatch from 1 to 4194304"),
        ({"task": "reach", "clone.std": 0}, "std must be greater than 0"),
        ({"task": "gymnasium:Pendulum-v1", "demos": "scripted:5"}, "is none of armchair's own tasks"),
    ],
)
def test_what_cannot_be_shown_is_refused(flags: dict[str, str | int | float], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_flags(TeachConfig(), flags)
    assert expected in str(caught.value)


def test_demonstrations_must_show_what_the_run_looks_at(tmp_path: Path) -> None:
    shown = with_flags(SMOKE, {"demonstrations.source": "scripted:2"})
    folder = tmp_path / "shown"
    save_demos(folder, demos_of(shown), Source("reach", "mujoco", "tool"), "script")
    given = with_flags(SMOKE, {"demonstrations.source": str(folder)})
    assert len(demos_of(given)) == 2
    with pytest.raises(
        InvalidInput, match="6 numbers of what was seen, this run looks at 7: leave motion out"
    ):
        demos_of(with_flags(given, {"env.motion": True}))
    (moving,) = demos_of(with_flags(shown, {"demonstrations.source": "scripted:1", "env.motion": True}))
    assert moving.visible.shape[1] == 7


def test_a_folder_that_is_none_is_refused() -> None:
    with pytest.raises(
        InvalidInput,
        match="demos must be scripted:N, lerobot:DIR, minari:DIR or a folder of demonstrations, got nowhere",
    ):
        demos_of(with_flags(SMOKE, {"demonstrations.source": "nowhere"}))


@pytest.mark.slow
def test_episodes_of_a_data_set_are_demonstrations(tmp_path: Path) -> None:
    """By the script: the policy imitates them and a run keeps them, though none can begin along them."""
    pytest.importorskip("pyarrow")
    words = ["play", "reach", "--policy", "scripted", "--episodes", "3", "--dataset", str(tmp_path / "shown")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armchair.envs.spec.BuiltinTask.why_no_pictures", lambda *_: "no screen")
        assert main(words) == 0
    config = with_flags(SMOKE, {"demonstrations.source": f"lerobot:{tmp_path / 'shown'}"})
    run = run_of(tmp_path, config)
    demos = demos_of(config, run)
    assert [demo.engine.shape for demo in demos] == [(50, 0)] * 3
    env = resolve_task("reach").make(1)
    try:
        env.reset(0)
        rows = [env.step(action) for action in demos[0].action.split(1)]
        assert torch.allclose(rows[-1].visible[0], demos[0].visible[-1], atol=1e-4), "the same episode again"
    finally:
        env.close()
    again = demos_of(dataclasses.replace(config, demonstrations=config.demonstrations), run)
    assert all(torch.equal(one.obs, other.obs) for one, other in zip(demos, again, strict=True))
    first = next(iter(teach(config, run, oracle())))
    assert first.fits and first.fits[-1].answers > first.answers


def test_an_environment_of_others_takes_recorded_demonstrations_only(tmp_path: Path) -> None:
    config = dataclasses.replace(load_config("smoke"), task="gymnasium:Pendulum-v1")
    with pytest.raises((ConfigError, InvalidInput), match="must be lerobot:DIR, minari:DIR or empty"):
        with_flags(config, {"demonstrations.source": str(tmp_path)})
    shown = with_flags(config, {"demonstrations.source": f"minari:{tmp_path}"})
    assert shown.demonstrations.source == f"minari:{tmp_path}"
