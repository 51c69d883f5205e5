"""The older .pt file: read as tensors alone, refused where it is anything else."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.errors import InvalidInput
from armchair.exchange import sketch_tensors
from armchair.exchange.sketch_tensors import import_sketch_tensors
from armchair.runs.folder import RunDir
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]


def trajectory(value: float, length: int = 5) -> dict[str, torch.Tensor]:
    return {"obs": torch.full((length, 2), value), "act": torch.full((length, 1), -value)}


def write(path: Path, labels: tuple[object, ...] = (0, 1, 0.5), length: int = 5) -> Path:
    entries = [
        (trajectory(2.0 * k), trajectory(2.0 * k + 1, length), label) for k, label in enumerate(labels)
    ]
    torch.save(entries, path)
    return path


def test_pairs_and_labels_are_read(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "reward_training_data.pt")
    assert import_sketch_tensors(store, path) == (6, 3, 3)
    assert import_sketch_tensors(store, path) == (6, 3, 0), "reading it again changes nothing"
    batch = store.preferences()
    assert batch.target.tolist() == [0.0, 1.0, 0.5]
    assert batch.left[:, 0, 0].tolist() == [0, 2, 4] and batch.right[:, 4, 1].tolist() == [1, 3, 5]
    assert store.annotators() == {"imported": "imported"}
    clip = store.clips([store.records()[0].question.right])[0]
    assert clip.action[:, 0].tolist() == [-1.0] * 5 and not store.rewards_known([clip.id])


def test_the_command_makes_a_run_of_it(tmp_path: Path, capsys: Capture) -> None:
    path = write(tmp_path / "data.pt", length=7)
    assert main(["import", str(path), "--runs", str(tmp_path / "runs")]) == 2
    assert "say which, such as length=7" in capsys.readouterr().err and not (tmp_path / "runs").exists()
    assert main(["import", str(path), "--runs", str(tmp_path / "runs"), "--length", "5"]) == 0
    run = RunDir.open(tmp_path / "runs" / "imported-001")
    with Store.open(run.store_file, create=False) as store:
        assert store.counts().asked == 3


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


def packed(path: Path, *, compressed: bool, size: int) -> None:
    """What torch.save writes, but packed: it could unpack to far more than it seems to hold."""
    write(path)
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as new:
        for name, data in members.items():
            new.writestr(name, data)
        new.writestr("archive/data/9", bytes(size))


def test_what_is_more_than_tensors_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch_tensors, "MAX_FILE", 100_000)
    path = tmp_path / "data.pt"
    cases = {
        "alone": lambda: torch.save([Harmful()], path),
        "tensors alone": lambda: path.write_bytes(pickle.dumps([Harmful()])),
        "cannot be read": lambda: path.write_text("no archive"),
        "at most 100000": lambda: path.write_bytes(bytes(100_001)),
        "unpack to more": lambda: packed(path, compressed=True, size=90_000),
        "weights of a network": lambda: torch.save({"layer.weight": torch.zeros(2)}, path),
        "entry 0 of data.pt must be": lambda: torch.save([trajectory(1.0)], path),
        "tensors obs and act": lambda: torch.save([({"obs": 1}, trajectory(1.0), 0)], path),
        "0 means left": lambda: write(path, labels=(0.7,)),
        r"got \(5, 2\) and \(4, 1\)": lambda: torch.save(
            [({"obs": torch.zeros(5, 2), "act": torch.zeros(4, 1)}, trajectory(1.0), 0)], path
        ),
        "not finite": lambda: torch.save([(trajectory(float("nan")), trajectory(1.0), 0)], path),
        "with itself": lambda: torch.save([(trajectory(1.0), trajectory(1.0), 0)], path),
    }
    for expected, make in cases.items():
        make()
        with pytest.raises(InvalidInput, match=expected):
            import_sketch_tensors(store, path)
        assert store.counts().questions == 0
