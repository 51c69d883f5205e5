from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from armchair.errors import RunError
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir, runs_in


def test_every_run_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    first = RunDir.create(tmp_path / "runs", "reach", {"seed": 1, "rate": 1e-5, "widths": [64, 64]})
    second = RunDir.create(tmp_path / "runs", "reach", {"seed": 2})
    assert [run.name for run in runs_in(tmp_path / "runs")] == ["reach-001", "reach-002"]
    assert RunDir.open(first.path).config() == {"seed": 1, "rate": 1e-5, "widths": [64, 64]}
    assert RunDir.open(second.path).config() == {"seed": 2}


def test_a_missing_run_is_answered_with_the_nearest(tmp_path: Path) -> None:
    RunDir.create(tmp_path, "reach", {})
    with pytest.raises(RunError, match=r"did you mean .*reach-001"):
        RunDir.open(tmp_path / "reach-01")
    (tmp_path / "reach-001" / "config.yaml").write_text("- a list", encoding="utf-8")
    with pytest.raises(RunError, match="must hold keys"):
        RunDir.open(tmp_path / "reach-001").config()


def test_a_line_cut_short_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    assert run.metrics() == []
    run.log({"step": 1, "success": None})
    with run.metrics_file.open("ab") as file:
        file.write(b'{"step": 2, "succ')
    assert run.metrics() == [{"step": 1, "success": None}]
    run.log({"step": 3})
    assert run.metrics() == [{"step": 1, "success": None}, {"step": 3}]


def test_a_run_that_goes_back_forgets_the_lines_after(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    run.cut_metrics(3)
    lines = [{"env_steps": 2, "reward": 0.25}, {"env_steps": 4}, {"note": "ä"}, {"env_steps": 3}]
    for line in lines:
        run.log(line)
    run.cut_metrics(3)
    assert run.metrics() == [lines[0], lines[2], lines[3]]
    run.cut_metrics(3)
    run.log({"env_steps": 5})
    assert len(run.metrics()) == 4


def test_checkpoints_hold_every_type_of_number(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    tensors = {
        "weight": torch.randn(3, 2).T,  # not contiguous
        "count": torch.tensor(2**40),
        "var": torch.tensor([1.0], dtype=torch.float64),
        "ever": torch.tensor([True, False]),
    }
    run.save("policy", tensors, {"task": "reach", "hidden": [8, 8]})
    found, about = run.load("policy")
    assert about == {"task": "reach", "hidden": [8, 8]}
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
    assert (run.checkpoints / "policy.json").is_file()
    # where in the file a tensor was must not decide where it lies in memory: sums are rounded differently
    assert all(value.untyped_storage().nbytes() == value.nbytes for value in found.values())
    elsewhere = run.at(tmp_path / "other")
    elsewhere.checkpoints.mkdir()
    assert elsewhere.save("policy", tensors, {}).parent == tmp_path / "other"
    assert run.load("policy")[1] != elsewhere.load("policy")[1] == {}


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    file = run.save("policy", {"a": torch.zeros(1000)}, {})
    with pytest.raises(RunError, match="it has policy"):
        run.load("polcy")
    whole = file.read_bytes()
    for damaged in (whole[:2000], whole[:4], b"", b"\xff" * 64):
        file.write_bytes(damaged)
        with pytest.raises(RunError, match="damaged"):
            run.load("policy")


def test_a_failed_write_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    write_atomic(file, b"old")

    def fail(handle: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(RunError, match="disk full"):
            write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    write_atomic(file, b"new")
    assert file.read_bytes() == b"new"
