"""The cycle of teaching, with tiny budgets: what reaches the learner, what is asked, how it goes on."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv
from armchair.errors import RunError
from armchair.feedback.styles import style_score
from armchair.feedback.teachers import Teacher, answer_pending, make_teacher, true_return
from armchair.ids import new_id
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.training import trainer as loop
from armchair.training.progress import Progress
from armchair.training.setup import make_trainer, teach
from armchair.training.trainer import Trainer
from armchair.types import ArmState

SMOKE = with_flags(
    load_config("smoke"),
    {
        "schedule.updates": 4,
        "queries.labels": 9,
        "queries.first": 4,
        "schedule.session": 2,
        "schedule.session_every": 1,
    },
)


def oracle(style: bool = False) -> Teacher:
    scorer = style_score("from_above", TASKS["reach"].points) if style else true_return
    return make_teacher("oracle", {}, generator(0, "teacher"), scorer=scorer)


def trainer_of(path: Path, config: TeachConfig, teacher: Teacher | None) -> Trainer:
    return make_trainer(config, Store.open(path / "armchair.db"), teacher)


def parameters(trainer: Trainer) -> dict[str, Tensor]:
    return trainer.policy.agent.tensors()


def test_a_run_asks_fits_learns_and_keeps_to_its_budget(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, SMOKE, oracle())
    before = parameters(trainer)
    seen = list(trainer.run())
    assert [progress.updates for progress in seen] == [1, 2, 3, 4]
    assert [progress.answers for progress in seen] == [4, 6, 8, 9]
    assert all(len(progress.fits) == 1 and progress.update is not None for progress in seen)
    assert seen[-1].evaluation is not None
    assert trainer.store.counts().open == 0
    after = parameters(trainer)
    assert any("actor" in name and not torch.equal(after[name], before[name]) for name in before)
    assert (
        seen[-1].env_steps
        == 4 * SMOKE.practice.num_envs * SMOKE.practice.rollout + 5 * SMOKE.queries.film_envs * 50
    )


def test_the_true_reward_has_no_way_to_the_learner(tmp_path: Path) -> None:
    """A teacher who judges by what is seen; with another true reward, the same policy, bit for bit."""

    def nonsense(state: ArmState, goal: Tensor, action: Tensor) -> Tensor:
        return 1e6 * torch.sin(1e3 * state.tool_pos.sum(1))

    found: list[dict[str, Tensor]] = []
    for name in ("true", "nonsense"):
        (tmp_path / name).mkdir()
        trainer = trainer_of(tmp_path / name, SMOKE, oracle(style=True))
        if name == "nonsense":
            for env in trainer.envs:
                assert isinstance(env, ArmEnv)
                env.task = dataclasses.replace(env.task, reward=nonsense)
        list(trainer.run())
        found.append(parameters(trainer))
    assert all(torch.equal(found[0][key], found[1][key]) for key in found[0])


def test_the_answers_do_reach_the_learner(tmp_path: Path) -> None:
    """The same run with another teacher ends elsewhere: the test above could not pass by learning nothing."""
    found: list[dict[str, Tensor]] = []
    for style in (False, True):
        (tmp_path / str(style)).mkdir()
        trainer = trainer_of(tmp_path / str(style), SMOKE, oracle(style=style))
        list(trainer.run())
        found.append(parameters(trainer))
    assert any(not torch.equal(found[0][key], found[1][key]) for key in found[0])


def test_without_answers_it_waits_and_then_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person answers while the trainer sleeps; nothing is learnt before the first answers."""
    trainer = trainer_of(tmp_path, with_flags(SMOKE, {"schedule.patience": 1}), None)
    naps: list[int] = []

    def nap(seconds: float) -> None:
        naps.append(trainer.updates)
        if len(naps) % 3 == 0:
            answer_pending(trainer.store, oracle(), "ann")

    monkeypatch.setattr(loop.time, "sleep", nap)
    seen = list(trainer.run())
    assert naps[:3] == [0, 0, 0]
    assert len([progress for progress in seen if progress.update is not None]) == SMOKE.schedule.updates
    assert trainer.store.annotators().get("ann") is not None
    assert "teacher" not in trainer.store.annotators()


def whole_and_cut(root: Path, config: TeachConfig) -> tuple[RunDir, RunDir, Iterator[Progress]]:
    """A run taught to its end, and one after two updates that is still going."""
    whole, cut = (RunDir.create(root, name, as_yaml(config)) for name in ("whole", "cut"))
    list(teach(config, whole, oracle()))
    going = teach(config, cut, oracle())
    for _ in range(2):
        next(going)
    return whole, cut, going


def assert_same(whole: RunDir, cut: RunDir) -> None:
    """Both ended in the same state, bit for bit, with the same questions and answers behind them."""
    one, two = whole.load("state")[0], cut.load("state")[0]
    assert one.keys() == two.keys()
    assert [name for name in one if not torch.equal(one[name], two[name])] == []
    with Store.open(whole.path / "armchair.db") as a, Store.open(cut.path / "armchair.db") as b:
        assert [r.question for r in a.records()] == [r.question for r in b.records()]
        assert [r.answer.choice for r in a.records()] == [r.answer.choice for r in b.records()]


def test_resuming_gives_what_an_uninterrupted_run_gives(tmp_path: Path) -> None:
    config = with_flags(SMOKE, {"evaluation.every": 2})
    whole, cut, going = whole_and_cut(tmp_path, config)
    going.close()
    list(teach(config, cut, oracle(), resume=True))
    assert_same(whole, cut)


def test_after_a_crash_it_gives_what_an_uninterrupted_run_gives(tmp_path: Path) -> None:
    """The checkpoint is older than the database: what was asked and answered since then is asked anew."""
    config = with_flags(SMOKE, {"evaluation.every": 2})
    whole, cut, going = whole_and_cut(tmp_path, config)
    shutil.copytree(cut.checkpoints, tmp_path / "kept")
    next(going)
    going.close()
    shutil.rmtree(cut.checkpoints)
    shutil.copytree(tmp_path / "kept", cut.checkpoints)
    with Store.open(cut.path / "armchair.db") as store:  # the crash came between claiming and answering
        store.ask([store.records()[0].question._replace(id=new_id(), policy_step=10**6)])
        assert len(store.claim("teacher")) == 1
    list(teach(config, cut, oracle(), resume=True))
    assert_same(whole, cut)
    with Store.open(whole.path / "armchair.db") as a, Store.open(cut.path / "armchair.db") as b:
        told = [[line["updates"] for line in store.board.metrics()] for store in (a, b)]
        assert told[0] == told[1] == [1, 2, 3, 4]


def test_a_run_that_was_stopped_before_its_first_checkpoint_begins_anew(tmp_path: Path) -> None:
    whole = RunDir.create(tmp_path, "whole", as_yaml(SMOKE))
    list(teach(SMOKE, whole, oracle()))
    run = RunDir.create(tmp_path, "empty", as_yaml(SMOKE))
    list(teach(SMOKE, run, oracle(), resume=True))
    one, two = whole.load("state")[0], run.load("state")[0]
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


def test_a_run_whose_checkpoints_are_gone_cannot_be_resumed(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run", as_yaml(SMOKE))
    list(teach(SMOKE, run, oracle()))
    shutil.rmtree(run.checkpoints)
    with pytest.raises(RunError, match="no checkpoint"):
        list(teach(SMOKE, run, oracle(), resume=True))


@pytest.mark.slow
def test_thirty_answers_teach_reach(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    last = list(teach(load_config("reach"), run, oracle()))[-1]
    assert last.evaluation is not None
    assert last.answers == 30
    assert last.evaluation.success.value >= 0.9


@pytest.mark.slow
def test_a_coin_flip_teaches_nothing(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "coin", {})
    teacher = make_teacher("coin", {}, generator(0, "teacher"))
    last = list(teach(load_config("reach"), run, teacher))[-1]
    assert last.evaluation is not None
    assert last.evaluation.success.value <= 0.3
