"""A run that was stopped goes on to what it would have come to: one hash over all that there is."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.agents.behaviour_cloning import CloningConfig
from armchair.agents.networks import ActorCritic
from armchair.cli import main
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import Teacher, answer_pending, make_teacher
from armchair.feedback.viewer import Sight
from armchair.maths import generator
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.tasks import TASKS
from armchair.training import rival
from armchair.training import trainer as loop
from armchair.training.setup import make_trainer, teach
from armchair.training.state import state_of
from armchair.types import Answer

ABOUT = ("updates", "env_steps", "fitted_update", "asked", "success")
SMALL = {
    "queries.labels": 10,
    "queries.first": 4,
    "schedule.session": 2,
    "schedule.session_every": 2,
    "schedule.updates": 6,
    "evaluation.every": 2,
    "schedule.rest": 0.1,
}
FEW = {"practice.num_envs": 4, "practice.rollout": 8, "queries.film_envs": 4, "evaluation.episodes": 4}


Who = Callable[[TeachConfig], Teacher]


def small(task: str) -> TeachConfig:
    return with_flags(load_config("smoke"), {"task": task, **SMALL, **FEW})


def oracle(config: TeachConfig) -> Teacher:
    return make_teacher("oracle", {}, generator(config.seed, "teacher"))


def hashes(run: RunDir) -> dict[str, str]:
    """SHA-256 of each part of what a run has come to; of the store all but times and the ids of answers."""
    whole = newest(run)
    assert whole is not None
    tensors, about = whole.load("state")
    parts: dict[str, list[bytes]] = {"about": [repr([about[name] for name in ABOUT]).encode()]}
    for name, value in sorted(tensors.items()):
        kind = name.split(".")[0]
        parts.setdefault(kind, []).append(name.encode() + value.contiguous().numpy().tobytes())
    with Store.open(run.store_file, create=False) as store:
        records = store.records()
        names = [name for r in records for name in (r.question.left, r.question.right)]
        parts["questions"] = [repr(tuple(r.question)).encode() for r in records]
        parts["answers"] = [repr((r.answer.annotator, r.answer.choice)).encode() for r in records]
        parts["clips"] = [c.id.encode() + c.visible.numpy().tobytes() for c in store.clips(names)]
    for name in ("policy", "reward"):
        parts[f"{name} file"] = [(run.checkpoints / f"{name}.safetensors").read_bytes()]
    return {name: hashlib.sha256(b"|".join(part)).hexdigest() for name, part in parts.items()}


def viewer(config: TeachConfig) -> Teacher:
    task = TASKS[config.task]
    return make_teacher("viewer", {}, generator(config.seed, "teacher"), sight=Sight(task.points, task.cues))


def uninterrupted(root: Path, config: TeachConfig, who: Who = oracle) -> dict[str, str]:
    run = RunDir.create(root, "whole", as_yaml(config))
    list(teach(config, run, who(config)))
    return hashes(run)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test cuts the power, so none waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]


@pytest.fixture(scope="module")
def whole_reach(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `small("reach")` comes to."""
    return uninterrupted(tmp_path_factory.mktemp("whole"), small("reach"))


def cut_short(root: Path, config: TeachConfig, updates: int, lost: int, who: Who = oracle) -> RunDir:
    """A run as a crash leaves it: `lost` updates went on after its last checkpoint."""
    run = RunDir.create(root, "cut", as_yaml(config))
    going = teach(config, run, who(config))
    for _ in range(updates):
        next(going)
    shutil.copytree(run.checkpoints, root / "kept")
    for _ in range(lost):
        next(going)
    going.close()
    shutil.rmtree(run.checkpoints)
    (root / "kept").rename(run.checkpoints)
    return run


RUN = ["reach", pytest.param("push", marks=pytest.mark.slow)]
RUN += [pytest.param(task, marks=pytest.mark.slow) for task in ("pick_place", "stack")]


@pytest.mark.parametrize("task", RUN)
def test_half_a_run_twice_is_a_whole_one(task: str, tmp_path: Path, whole_reach: dict[str, str]) -> None:
    """Stopped after a checkpoint, a question session begun, an update lost; then moved and gone on with."""
    config = small(task)
    expected = whole_reach if task == "reach" else uninterrupted(tmp_path, config)
    run = cut_short(tmp_path, config, updates=2, lost=1)
    (tmp_path / "elsewhere").mkdir()
    moved = RunDir(run.path.rename(tmp_path / "elsewhere" / "else"))
    list(teach(config, moved, oracle(config), resume=True))
    found = hashes(moved)
    assert {"agent", "model", "rng", "env", "running", "episodes", "teacher", "recent"} <= found.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_a_rival_that_is_still_to_come_begins_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the arm did while it wandered is kept: the rival imitates it."""
    monkeypatch.setattr(rival, "MARGIN", -1e9)
    monkeypatch.setattr(rival, "CLONING", CloningConfig(updates=5, std=0.5))
    config = with_flags(small("reach"), {"schedule.rival": 0.7, "schedule.rival_if": "better_known"})
    expected = uninterrupted(tmp_path, config)
    run = cut_short(tmp_path, config, updates=2, lost=1)
    imitated: list[int] = []
    given = rival.imitate
    monkeypatch.setattr(rival, "imitate", lambda *args: imitated.append(1) or given(*args))
    list(teach(config, run, oracle(config), resume=True))
    assert imitated == [1] and "wandered" in expected
    assert hashes(run) == expected


@pytest.mark.parametrize("who", [oracle, viewer])
def test_a_moment_that_is_kept_stays_as_it_was(who: Who, tmp_path: Path) -> None:
    config = with_flags(small("reach"), {"schedule.rival": 0.5})
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(config, store, who(config))
        going = trainer.run()
        next(going)
        kept = state_of(trainer)
        before = {name: value.clone() for name, value in kept.tensors.items()}
        list(going)
        now = state_of(trainer).tensors
        trainer.envs.close()
    assert [name for name, value in before.items() if not kept.tensors[name].equal(value)] == []
    changed = {name.split(".")[0] for name, value in before.items() if not now[name].equal(value)}
    assert {"agent", "running", "episodes", "rng", "env"} <= changed


@pytest.mark.slow
def test_with_somebody_who_errs_it_is_the_same_after_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked before decides what is asked next; questions of after the checkpoint must not.

    After it the policy has a rival, too, which wins.
    """
    monkeypatch.setattr(rival, "MARGIN", -1e9)
    monkeypatch.setattr(rival, "CLONING", CloningConfig(updates=5, std=0.5))
    config = with_flags(small("reach"), {"schedule.rival": 0.5})
    expected = uninterrupted(tmp_path, config, viewer)
    run = cut_short(tmp_path, config, 2, 3, viewer)
    list(teach(config, run, viewer(config), resume=True))
    found = hashes(run)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_what_comes_out_otherwise_after_a_resume_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine or version may act a little differently: such clips are not those of before."""
    config = small("reach")
    run = cut_short(tmp_path, config, updates=2, lost=3)
    with Store.open(run.store_file, create=False) as store:
        before = {record.question.id for record in store.records()}
    sample = ActorCritic.sample

    def a_little_less(net: ActorCritic, obs: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        action, log_prob = sample(net, obs, rng)
        return action * (1.0 - 1e-5), log_prob

    monkeypatch.setattr(ActorCritic, "sample", a_little_less)
    list(teach(config, run, oracle(config), resume=True))
    with Store.open(run.store_file, create=False) as store:
        after = {record.question.id for record in store.records()}
    assert len(after) == len(before)
    assert before & after and before - after  # those of before the checkpoint, and those asked after it


def test_a_run_that_never_came_to_an_update_is_gone_on_with(
    tmp_path: Path, whole_reach: dict[str, str]
) -> None:
    """The very first checkpoint, in which nothing has been seen yet, is as exact as any other."""
    config = small("reach")
    expected = whole_reach
    run = RunDir.create(tmp_path, "cut", as_yaml(config))
    going = teach(config, run, oracle(config))
    next(going)
    going.close()
    shutil.rmtree(run.checkpoints / "000002")
    list(teach(config, run, oracle(config), resume=True))
    found = hashes(run)
    assert [name for name in expected if found[name] != expected[name]] == []
    assert [line["updates"] for line in run.metrics()] == list(range(1, config.schedule.updates + 1))


@pytest.mark.slow
def test_a_crash_costs_half_a_minute_even_where_evaluations_are_far_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that only the clock asked for is as exact as one that goes with an evaluation."""
    config = with_flags(small("reach"), {"evaluation.every": 5})
    expected = uninterrupted(tmp_path, config)
    monkeypatch.setattr("armchair.training.setup.SAVE_SECONDS", 0.0)
    run = cut_short(tmp_path, config, updates=4, lost=0)
    whole = newest(run)
    assert whole is not None and whole.load("state")[1]["updates"] == 4
    list(teach(config, run, oracle(config), resume=True))
    found = hashes(run)
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.parametrize("answers", [1, 3, 7])
def test_a_stop_within_a_batch_of_answers_costs_nothing(
    answers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_reach: dict[str, str]
) -> None:
    """Ctrl-C comes anywhere; a batch of which half is answered must not be taken for a whole one."""
    config = small("reach")
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    submit, given = Store.submit, list[str]()

    def stopped(store: Store, answer: Answer) -> bool:
        if len(given) == answers:
            raise KeyboardInterrupt
        given.append(answer.id)
        return submit(store, answer)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "submit", stopped)
        with pytest.raises(KeyboardInterrupt):
            list(teach(config, run, oracle(config)))
    list(teach(config, run, oracle(config), resume=True))
    found = hashes(run)
    assert [name for name in whole_reach if found[name] != whole_reach[name]] == []


def test_a_broken_checkpoint_costs_only_what_came_after_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole_reach: dict[str, str]
) -> None:
    config = small("reach")
    expected = whole_reach
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    going = teach(config, run, oracle(config))
    for _ in range(5):
        next(going)
    going.close()
    last = max(path for path in run.checkpoints.iterdir() if path.is_dir())
    (last / "policy.safetensors").write_bytes(b"noise")
    list(teach(config, run, oracle(config), resume=True))
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "is damaged: policy.safetensors has 5 bytes" in told
    found = hashes(run)
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.slow
def test_an_environment_of_others_begins_its_episodes_anew(tmp_path: Path) -> None:
    """It cannot be put back to where it was; all that is ours is as it was at the checkpoint."""
    config = with_flags(small("gymnasium:Pendulum-v1"), {"env.frames": False, "queries.same_start": False})
    run = cut_short(tmp_path, config, updates=2, lost=1)
    before = hashes(run)
    going = teach(config, run, oracle(config), resume=True)
    next(going)
    going.close()
    whole = newest(run)
    assert whole is not None
    assert whole.load("state")[1]["updates"] == 3
    assert before["agent"] != hashes(run)["agent"]
    list(teach(config, run, oracle(config), resume=True))
    assert [line["updates"] for line in run.metrics()] == [1, 2, 3, 4, 5, 6]
    assert torch.isfinite(run.load("policy")[0]["net.actor.0.weight"]).all()


@pytest.mark.slow
def test_after_a_crash_people_lose_nothing_and_what_is_filmed_anew_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clips that were filmed after the checkpoint stay under their ids, beside others filmed since."""
    config = with_flags(
        small("reach"),
        {"queries.labels": 20, "schedule.updates": 8, "schedule.patience": 2, "schedule.queue": 6},
    )
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    given: list[int] = []

    def nap(seconds: float) -> None:
        with Store.open(run.store_file) as store:
            given.append(answer_pending(store, oracle(config), "ann", limit=1))

    monkeypatch.setattr(loop.time, "sleep", nap)
    going = teach(config, run, None)
    updating = (turn for turn in going if turn.update is not None)
    next(updating)
    shutil.copytree(run.checkpoints, tmp_path / "kept")
    for _ in range(3):
        next(updating)
    going.close()
    with Store.open(run.store_file) as store:
        before = {record.answer.id for record in store.records()}
    shutil.rmtree(run.checkpoints)
    (tmp_path / "kept").rename(run.checkpoints)
    seen = [turn.updates for turn in teach(config, run, None, resume=True) if turn.update is not None]
    assert seen == list(range(1, len(seen) + 1)) and len(seen) >= config.schedule.updates
    with Store.open(run.store_file) as store:
        after = store.records()
        names = [name for r in after for name in (r.question.left, r.question.right)]
        assert len(store.clips(names)) == len(names)
    assert before < {record.answer.id for record in after}
    assert len(after) == sum(given) == config.queries.labels


def test_the_folder_is_all_that_the_command_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_reach: dict[str, str]
) -> None:
    for name in ("draw_film", "draw_replay"):
        monkeypatch.setattr(f"armchair.cli.teaching.{name}", lambda *_: Path("none"))  # pyright: ignore[reportUnknownLambdaType]
    config = small("reach")
    expected = whole_reach
    run = RunDir.create(tmp_path, "run", {**as_yaml(config), "teacher": {"name": "oracle"}})
    going = teach(config, run, oracle(config))
    for _ in range(4):
        next(going)
    going.close()
    moved = run.path.rename(tmp_path / "moved")
    assert main(["resume", str(moved)]) == 0
    found = hashes(RunDir(moved))
    assert [name for name in expected if found[name] != expected[name]] == []
