from __future__ import annotations

import json
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.rundir import RunDir

Capture = pytest.CaptureFixture[str]
SHORT = ("--steps", "400", "--num-envs", "8")


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_run_is_kept_and_can_be_evaluated(tmp_path: Path, capsys: Capture) -> None:
    argv = ["train", "reach", *SHORT, "--seed", "3", "--control", "joint", "--runs", str(tmp_path), "--json"]
    assert main(argv) == 0
    told = summary(capsys)
    assert told["command"] == "train"
    assert (told["task"], told["engine"], told["control"], told["seed"]) == ("reach", "mujoco", "joint", 3)
    assert (told["episodes"], told["env_steps"]) == (100, 512)  # 4 rollouts of 16 steps in 8 copies
    assert 0.0 <= float(str(told["success"])) <= 1.0

    run = RunDir.open(Path(str(told["run"])))
    assert run.path == tmp_path / "reach-001"
    assert run.config()["num_envs"] == 8
    assert [line["env_steps"] for line in run.metrics()] == [128, 256, 384, 512, 512]

    assert main(["evaluate", str(run.path), "--episodes", "10", "--json"]) == 0
    told = summary(capsys)
    assert (told["command"], told["task"], told["control"], told["episodes"]) == (
        "evaluate",
        "reach",
        "joint",
        10,
    )


def test_progress_is_for_people_only_without_json(tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", "reach", *SHORT, "--runs", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "512 of 512 steps" in captured.out
    assert f"saved in {tmp_path / 'reach-001'}" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["train", "raech"], "did you mean 'reach'?"),
        (["train", "reach", "--steps", "0"], "--steps must be at least 1"),
        (["train", "reach", "--num-envs", "0"], "num_envs must be at least 1"),
        (["evaluate", "nowhere-001"], "no run in nowhere-001"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_leaves_no_run(
    argv: list[str], expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
