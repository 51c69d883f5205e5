"""A run of `armchair train` that was stopped goes on to what it would have come to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from armchair.agents.ppo import update
from armchair.cli import main
from armchair.config.read import as_yaml, load_config
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.training import fixed_reward as train
from armchair.training import fixed_reward_run as train_run
from armchair.training.setup import teach

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
UPDATES = 6
REACH = ("reach", "--steps", "768", "--num-envs", "8", "--starts", "0.5")
PUSH = ("push", "--steps", "768", "--num-envs", "4", "--demos", "scripted:2", "--starts", "0.5")
OTHERS = ("gymnasium:Pendulum-v1", "--steps", "768", "--num-envs", "2")


def stop_at(patch: Patch, call: int, error: type[BaseException]) -> None:
    """The given call of the update, counted from 1, fails after it has changed the policy."""
    calls = 0

    def stopped(*args: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        stats = update(*args, **options)  # pyright: ignore[reportArgumentType]
        if calls == call:
            raise error
        return stats

    patch.setattr(train, "update", stopped)


def state_of(run: RunDir) -> dict[str, torch.Tensor]:
    whole = newest(run)
    assert whole is not None
    return dict(whole.load("state")[0])


def lines_of(run: RunDir) -> list[dict[str, object]]:
    """The metrics without what the clock says."""
    return [{k: v for k, v in line.items() if not k.endswith("_seconds")} for line in run.metrics()]


def same(left: RunDir, right: RunDir) -> None:
    before, after = state_of(left), state_of(right)
    assert {name.split(".")[0] for name in before} >= {"agent", "rng", "running", "rollouts"}
    assert before.keys() == after.keys()
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    assert lines_of(left) == lines_of(right)
    policies = [(run.checkpoints / "policy.safetensors").read_bytes() for run in (left, right)]
    assert policies[0] == policies[1]


@pytest.mark.parametrize("argv", [REACH, pytest.param(PUSH, marks=pytest.mark.slow)])
def test_ctrl_c_and_resume_is_a_whole_run(
    argv: tuple[str, ...], tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    """Stopped within an update, which is lost; then moved and gone on with, and gone on with once more."""
    assert main(["train", *argv, "--runs", str(tmp_path / "whole")]) == 0
    (whole,) = (tmp_path / "whole").iterdir()
    with monkeypatch.context() as patch:
        stop_at(patch, 4, KeyboardInterrupt)
        assert main(["train", *argv, "--runs", str(tmp_path / "cut")]) == 130
    (cut,) = (tmp_path / "cut").iterdir()
    told = capsys.readouterr().err
    steps = state_of(RunDir(cut))["rollouts"].item()
    assert steps == 3
    assert (
        f"(384 steps) is saved, `armchair resume {cut}` goes on from there" in told
        and "Traceback" not in told
    )
    moved = cut.rename(tmp_path / "moved")
    assert main(["resume", str(moved), "--json"]) == 0
    same(RunDir(whole), RunDir(moved))
    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert outcome.pop("run") == str(moved)
    assert main(["resume", str(moved), "--json"]) == 0
    same(RunDir(whole), RunDir(moved))
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert again | {"seconds": 0} == outcome | {"seconds": 0, "run": str(moved)}


@pytest.mark.slow
def test_ctrl_c_in_the_evaluation_costs_the_evaluation(
    tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    """What it finds in the end is drawn as well, once."""

    def stopped(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    assert main(["train", *REACH, "--runs", str(tmp_path / "whole")]) == 0
    (whole,) = (tmp_path / "whole").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr("armchair.cli.training.evaluate", stopped)
        assert main(["train", *REACH, "--runs", str(tmp_path / "cut")]) == 130
    (cut,) = (tmp_path / "cut").iterdir()
    assert "all up to update 6 (768 steps) is saved, `armchair resume" in capsys.readouterr().err
    assert main(["resume", str(cut)]) == 0
    same(RunDir(whole), RunDir(cut))
    last = lines_of(RunDir(cut))[-1]
    for folder in (whole, cut):
        drawn = EventAccumulator(str(folder / "tensorboard")).Reload().Scalars("eval_success")
        assert [(point.step, pytest.approx(point.value)) for point in drawn] == [(768, last["eval_success"])]


@pytest.mark.slow
def test_after_a_kill_what_came_since_the_checkpoint_is_done_again(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    """SIGKILL leaves the metrics ahead of the newest checkpoint, and nobody who tidies up."""
    assert main(["train", *REACH, "--runs", str(tmp_path / "whole")]) == 0
    (whole,) = (tmp_path / "whole").iterdir()
    killed = tmp_path / "killed"
    with monkeypatch.context() as patch:
        patch.setattr(train_run, "SAVE_SECONDS", 0.0)
        seen = train_run.MetricsLog.add

        def add(log: train_run.MetricsLog, line: dict[str, object]) -> None:
            seen(log, line)  # pyright: ignore[reportArgumentType]
            if line["env_steps"] == 4 * 128:  # three updates are in the checkpoint, four in the metrics
                (folder,) = (tmp_path / "cut").iterdir()
                shutil.copytree(folder, killed)

        patch.setattr(train_run.MetricsLog, "add", add)
        assert main(["train", *REACH, "--runs", str(tmp_path / "cut")]) == 0
    assert state_of(RunDir(killed))["rollouts"].item() == 3 and len(lines_of(RunDir(killed))) == 4
    assert main(["resume", str(killed)]) == 0
    same(RunDir(whole), RunDir(killed))


def test_a_fault_ends_the_run_with_what_was_learnt_kept(
    tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    with monkeypatch.context() as patch:
        stop_at(patch, 3, MemoryError)
        assert main(["train", *REACH, "--runs", str(tmp_path)]) == 2
    (cut,) = tmp_path.iterdir()
    told = capsys.readouterr().err
    assert "armchair: there is not enough memory for this; all up to update 2 (256 steps) is saved" in told
    assert state_of(RunDir(cut))["rollouts"].item() == 2
    assert main(["resume", str(cut)]) == 0
    assert state_of(RunDir(cut))["rollouts"].item() == UPDATES


@pytest.mark.slow
def test_the_reward_model_is_kept_with_the_run(tmp_path: Path, monkeypatch: Patch) -> None:
    """The run that taught it may be gone when its pupil is gone on with."""
    config = load_config("smoke")
    taught = RunDir.create(tmp_path, "taught", as_yaml(config))
    list(teach(config, taught, make_teacher("oracle", {}, generator(0, "teacher"))))
    argv = ["train", *REACH, "--reward", str(taught.path)]
    assert main([*argv, "--runs", str(tmp_path / "whole")]) == 0
    with monkeypatch.context() as patch:
        stop_at(patch, 4, KeyboardInterrupt)
        assert main([*argv, "--runs", str(tmp_path / "cut")]) == 130
    shutil.rmtree(taught.path)
    (whole,), (cut,) = (tmp_path / "whole").iterdir(), (tmp_path / "cut").iterdir()
    assert main(["resume", str(cut)]) == 0
    same(RunDir(whole), RunDir(cut))
    assert main(["train", *REACH, "--runs", str(tmp_path / "own")]) == 0
    (own,) = (tmp_path / "own").iterdir()
    assert lines_of(RunDir(own)) != lines_of(RunDir(cut))


@pytest.mark.slow
def test_an_environment_of_others_begins_its_episodes_anew(tmp_path: Path, monkeypatch: Patch) -> None:
    with monkeypatch.context() as patch:
        stop_at(patch, 2, KeyboardInterrupt)
        assert main(["train", *OTHERS, "--runs", str(tmp_path)]) == 130
    (cut,) = tmp_path.iterdir()
    before = RunDir(cut).metrics()
    assert main(["resume", str(cut)]) == 0
    after = RunDir(cut).metrics()
    assert after[: len(before)] == before and len(before) == 1
    assert after[-2]["env_steps"] == 768 and "eval_success" in after[-1]


@pytest.mark.parametrize(
    ("found", "text", "told"),
    [
        ("", "", "has no checkpoint to go on from"),
        ("  hidden:\n", "  hidden:\n  - 7\n", "has another shape"),
        ("num_envs: 8", "num_envs: 4", "does not fit this run"),
        ("steps: 768", "", "does not say for how many steps"),
    ],
)
def test_what_cannot_be_gone_on_with_is_told_in_a_line(
    found: str, text: str, told: str, tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    """The checkpoint is gone, or the configuration was changed since."""
    with monkeypatch.context() as patch:
        stop_at(patch, 2, KeyboardInterrupt)
        assert main(["train", *REACH, "--runs", str(tmp_path)]) == 130
    (cut,) = tmp_path.iterdir()
    run = RunDir(cut)
    before = run.config_file.read_text()
    if found:
        run.config_file.write_text(before.replace(found, text))
        assert run.config_file.read_text() != before
    else:
        shutil.rmtree(run.checkpoints)
    lines = len(run.metrics())
    capsys.readouterr()
    assert main(["resume", str(cut)]) == 2
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1
    assert len(run.metrics()) == lines
