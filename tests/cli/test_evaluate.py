from __future__ import annotations

import json
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
FEW = ("--episodes", "6", "--num-envs", "6")


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_taught_run_gets_a_report_of_its_reward_model_too(taught: RunDir, capsys: Capture) -> None:
    assert main(["evaluate", str(taught.path), *FEW, "--json"]) == 0
    told = summary(capsys)
    assert (told["task"], told["episodes"]) == ("reach", 6)
    for name in ("success", "ever", "accuracy", "ece", "heldout_accuracy"):
        assert 0.0 <= float(str(told[name])) <= 1.0
    assert -1.0 <= float(str(told["rank_correlation"])) <= 1.0
    assert float(str(told["nll"])) > 0.0
    assert float(str(told["spread"])) > 0.0
    held = [line["accuracy"] for line in taught.metrics() if "accuracy" in line]
    assert told["heldout_accuracy"] == held[-1]
    assert (taught.path / "reliability.png").read_bytes().startswith(b"\x89PNG")
    assert "relearn_success" not in told


def test_relearning_sets_two_new_policies_beside_the_runs_own(taught: RunDir, capsys: Capture) -> None:
    before = (taught.checkpoints / "policy.safetensors").read_bytes()
    assert main(["evaluate", str(taught.path), *FEW, "--relearn", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["relearn_env_steps"] == 3 * 8 * 16  # updates, copies, steps of the preset
    assert 0.0 <= told["relearn_success"] <= 1.0
    assert 0.0 <= told["true_reward_success"] <= 1.0
    assert told["relearn_return"] != told["true_reward_return"]
    assert "on the reward model" in captured.err
    assert (taught.checkpoints / "policy.safetensors").read_bytes() == before


def test_a_trained_run_has_no_reward_model_to_report_on(tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", "reach", "--steps", "64", "--num-envs", "4", "--runs", str(tmp_path)]) == 0
    run = str(tmp_path / "reach-001")
    assert main(["evaluate", run, *FEW, "--json"]) == 0
    assert "accuracy" not in summary(capsys)
    assert main(["evaluate", run, *FEW, "--relearn"]) == 2
    captured = capsys.readouterr()
    assert "has no reward model to relearn from" in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--episodes", "0"], "episodes must be at least 1"),
        (["--episodes", "few"], "--episodes takes a whole number, got 'few'"),
        (["--num-envs", "0"], "num_envs must be at least 1"),
        (["--threads", "-1"], "threads must be at least 0"),
        (["--engine", "mujoko"], "unknown engine 'mujoko': did you mean 'mujoco'?"),
    ],
)
def test_bad_input(words: list[str], expected: str, taught: RunDir, capsys: Capture) -> None:
    assert main(["evaluate", str(taught.path), *words]) == 2
    told = capsys.readouterr().err
    assert expected in told and told.count("\n") == 1


def test_a_run_that_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    assert main(["evaluate", str(tmp_path / "reach-007")]) == 2
    assert "no run in" in capsys.readouterr().err
