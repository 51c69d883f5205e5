"""`--track` of teach, train and resume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import armchair
from armchair.cli import main
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
TRAIN = ["train", "reach", "--steps", "256", "--num-envs", "4"]


def scalars(run: Path) -> set[str]:
    return set(EventAccumulator(str(run / "tensorboard")).Reload().Tags()["scalars"])


def test_training_tells_the_trackers_and_goes_on_with_them(tmp_path: Path, capsys: Capture) -> None:
    assert main([*TRAIN, "--runs", str(tmp_path), "--track", "tensorboard", "--json"]) == 0
    run = RunDir.open(tmp_path / "reach-001")
    assert {"policy/reward", "evaluation/success"} <= scalars(run.path)
    assert len(capsys.readouterr().out.splitlines()) == 1
    ids = (run.path / "tracking.json").read_text()
    assert main(["resume", str(run.path)]) == 0  # done already; it is told to the same run
    assert (run.path / "tracking.json").read_text() == ids
    assert len(list((run.path / "tensorboard").rglob("hparams.yml"))) == 1


@pytest.mark.gl
@pytest.mark.slow
def test_teaching_hands_over_curve_and_film(tmp_path: Path) -> None:
    words = ["teach", "--config", "smoke", "--teacher", "oracle", "--runs", str(tmp_path)]
    assert main([*words, "--track", "tensorboard"]) == 0
    found = EventAccumulator(str(tmp_path / "reach-001" / "tensorboard")).Reload()
    assert {"feedback/answers", "reward_model/accuracy"} <= set(found.Tags()["scalars"])
    images = {name.partition("/")[0] for name in found.Tags()["images"]}
    assert images == {"curve", "film"}


@pytest.mark.parametrize("command", ["train", "teach", "resume"])
def test_a_tracker_that_cannot_be_had_is_one_line(
    taught: RunDir, tmp_path: Path, command: str, capsys: Capture
) -> None:
    words = {
        "train": [*TRAIN, "--runs", str(tmp_path / "runs")],
        "teach": ["teach", "reach", "--teacher", "oracle", "--runs", str(tmp_path / "runs")],
        "resume": ["resume", str(taught.path)],
    }[command]
    for tracker, right in (("abc", "unknown tracker 'abc'"), ("wandb,abc", "valid: tensorboard, wandb")):
        assert main([*words, "--track", tracker]) == 2
        told = capsys.readouterr().err.strip()
        assert right in told and "\n" not in told
    assert not (tmp_path / "runs").exists() and not (taught.path / "tracking.json").exists()


def test_nothing_of_it_is_loaded_without_the_flag(tmp_path: Path) -> None:
    program = (
        "import json, sys\nfrom armchair.cli import main\n"
        f"assert main({[*TRAIN, '--runs', str(tmp_path)]!r}) == 0\n"
        "names = ('accelerate', 'huggingface_hub', 'onnx', 'onnxruntime', 'onnxscript', 'trackio')\n"
        "print(json.dumps([name for name in names if name in sys.modules]))"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(armchair.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert not (tmp_path / "reach-001" / "tracking.json").exists()
    assert "reward" in scalars(tmp_path / "reach-001")  # as ever
