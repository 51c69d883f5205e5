"""`armchair label dataset:DIR`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.cli import main
from armchair.exchange.lerobot.schema import Episode, Named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.feedback.teachers import answer_pending, make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store

parquet = pytest.importorskip("pyarrow.parquet")
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Four episodes that go from 0 to 1, each at its own pace."""
    with DatasetWriter(tmp_path / "cups", Named(10, "arm", ("x",), ("u",), success=False)) as data:
        for number in range(4):
            x = torch.linspace(0.0, 0.4 + 0.2 * number, 15).unsqueeze(1)
            frames = [np.full((32, 32, 3), int(200 * value), np.uint8) for value in x]
            data.add(Episode(x, torch.ones(15, 1), "Move the cup.", x[:, 0]), frames)
        data.finish()
    return tmp_path / "cups"


@pytest.mark.slow
def test_people_answer_and_progress_is_left(recorded: Path, tmp_path: Path) -> None:
    words = ["label", f"dataset:{recorded}", "--runs", str(tmp_path / "runs"), "--labels", "10", "--write"]
    command = [sys.executable, "-m", "armchair.cli", *words, "--no-open", "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = RunDir(tmp_path / "runs" / "dataset-cups-001")
    try:
        deadline = time.monotonic() + 120
        while not run.store_file.exists() or not (tmp_path / "runs").exists():
            assert time.monotonic() < deadline and process.poll() is None, process.communicate()
            time.sleep(0.2)
        time.sleep(1.0)
        teacher = make_teacher("oracle", {}, generator(0, "teacher"))
        with Store.open(run.store_file) as store:
            while store.counts().asked < 10:
                assert time.monotonic() < deadline and process.poll() is None, process.communicate()
                answer_pending(store, teacher, "ann")
                time.sleep(0.2)
        while not (recorded / "sarm_progress.parquet").exists():
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    told = json.loads(out.splitlines()[-1])
    assert (told["answers"], told["run"]) == (10, str(run.path))
    assert "answers, predicts" in err or "answers" in err
    found = parquet.read_table(recorded / "sarm_progress.parquet").column("progress_sparse").to_pylist()
    assert len(found) == 60 and found[0] < found[14]
    again = main(["label", f"dataset:{recorded}", "--runs", str(tmp_path / "runs"), "--write"])
    assert again == 2  # the files are there


def test_it_says_what_would_be_right(recorded: Path, tmp_path: Path, capsys: Capture) -> None:
    runs = ["--runs", str(tmp_path / "runs")]
    for words, told in (
        ([f"dataset:{tmp_path / 'none'}", *runs], "there is no folder"),
        ([f"dataset:{tmp_path}", *runs], "is no LeRobotDataset: it has no meta/info.json"),
        ([f"dataset:{recorded}", *runs, "--camera", "top"], "observation.images.front"),
        ([f"dataset:{recorded}", *runs, "--clip-length", "99"], "clips must have from 2 to 15 frames"),
        ([f"dataset:{recorded}", *runs, "--labels", "0"], "--labels must be from 1 to"),
        ([f"dataset:{recorded}", *runs, "--streamlit"], "leave --streamlit out"),
        ([str(tmp_path / "nowhere"), "--write"], "--write goes with dataset:DIR"),
    ):
        assert main(["label", *words]) == 2
        assert told in capsys.readouterr().err, words
    assert not (tmp_path / "runs").exists()


def test_files_of_the_data_set_are_not_overwritten(recorded: Path, tmp_path: Path, capsys: Capture) -> None:
    (recorded / "sarm_progress.parquet").write_text("somebody's")
    assert main(["label", f"dataset:{recorded}", "--runs", str(tmp_path / "runs"), "--write"]) == 2
    assert "has sarm_progress.parquet already: add --overwrite to replace" in capsys.readouterr().err
    assert (recorded / "sarm_progress.parquet").read_text() == "somebody's"
