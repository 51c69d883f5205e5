"""A checkpoint is whole or not there, whatever happens while it is written and whatever becomes of it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.errors import RunError
from armchair.runs import checkpoint
from armchair.runs.checkpoint import KEPT, MANIFEST, newest, verify, write_checkpoint
from armchair.runs.folder import RunDir

CALLS = ((os, "fsync"), *((Path, name) for name in ("mkdir", "replace", "rename", "hardlink_to")))
"""All that has an effect on the disk in the course of a checkpoint, beside plain writing."""


class Crash(BaseException):
    """The process ends here: nothing catches it."""


def write(run: RunDir, number: int, reward: bool = True) -> Path:
    """A checkpoint in which every file holds the same number."""

    def make(into: RunDir) -> None:
        for name in ("state", "policy", "reward") if reward else ("state", "policy"):
            into.save(name, {"number": torch.full((64,), number)}, {"number": number})

    return write_checkpoint(run, make, {"env_steps": number})


def found(run: RunDir, *, published: bool = False) -> set[int]:
    """The numbers in a checkpoint's files."""
    names = [file.stem for file in run.checkpoints.glob("*.safetensors")]
    assert published or set(names) >= {"state", "policy"}
    return {int(run.load(name)[0]["number"][0]) for name in names}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run on a disk that need not be waited for: no test cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    return RunDir.create(tmp_path, "run", {})


def test_the_newest_few_are_kept_and_the_newest_is_there_for_all(run: RunDir) -> None:
    for number in range(5):
        write(run, number)
    assert sorted(path.name for path in run.checkpoints.iterdir() if path.is_dir()) == [
        "000003",
        "000004",
        "000005",
    ]
    assert KEPT == 3
    assert found(run, published=True) == {4}
    loaded = newest(run)
    assert loaded is not None and found(loaded) == {4}
    assert verify(loaded.checkpoints)["env_steps"] == 4
    assert newest(RunDir.create(run.path, "other", {})) is None


def interrupted(run: RunDir, at: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Write a second checkpoint in which the call number `at` fails. -> whether it came to that."""
    calls = 0

    def failing(call: Callable[..., object]) -> Callable[..., object]:
        def replaced(*args: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == at:
                raise error
            return call(*args, **named)

        return replaced

    with monkeypatch.context() as patch:
        for owner, name in CALLS:
            patch.setattr(owner, name, failing(getattr(owner, name)))
        if isinstance(error, Crash):  # nobody tidies up after it
            patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # pyright: ignore[reportUnknownLambdaType]
        try:
            write(run, 2)
        except (Crash, RunError) as seen:
            if isinstance(seen, RunError):
                assert "No space left on device" in str(seen) and "\n" not in str(seen)
    return calls >= at


@pytest.mark.parametrize(
    "error", [Crash(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))], ids=["crash", "full"]
)
def test_a_crash_or_a_full_disk_at_any_step_leaves_a_whole_one(
    error: BaseException, run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()
    for at in range(1, 200):
        shutil.rmtree(run.checkpoints)
        run.checkpoints.mkdir()
        write(run, 1)
        failed = interrupted(run, at, error, monkeypatch)
        told: list[str] = []
        loaded = newest(run, told.append)
        assert loaded is not None and told == []
        numbers = found(loaded)
        assert len(numbers) == 1 and found(run, published=True) == numbers
        seen |= numbers
        write(run, 3)  # what was left behind is in nobody's way
        assert found(run, published=True) == {3}
        assert not [path for path in run.checkpoints.iterdir() if path.name.startswith(".")]
        if not failed:
            break
    assert 20 < at < 199
    assert seen == {1, 2}


HARMS: dict[str, Callable[[Path], object]] = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-5]),
    "altered": lambda file: file.write_bytes(file.read_bytes()[:-5] + b"5\x00\x00\x00\x00"),
    "empty": lambda file: file.write_bytes(b""),
    "gone": lambda file: file.unlink(),
    "folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("name", ["state.safetensors", "policy.safetensors", "reward.safetensors", MANIFEST])
@pytest.mark.parametrize("harm", HARMS)
def test_a_broken_one_is_told_kept_aside_and_the_one_before_is_taken(
    name: str, harm: str, run: RunDir
) -> None:
    write(run, 1, reward=False)
    folder = write(run, 2)
    HARMS[harm](folder / name)
    told: list[str] = []
    loaded = newest(run, told.append)
    assert loaded is not None and found(loaded) == {1}
    assert len(told) == 1 and "\n" not in told[0]
    assert "broken-000002" in told[0] and "is damaged" in told[0]
    assert (run.checkpoints / "broken-000002").is_dir()
    assert found(run, published=True) == {1}  # the later reward model is not mistaken for one of this moment
    assert write(run, 3).name == "000003"


def test_where_all_are_broken_none_is_loaded(run: RunDir) -> None:
    for number in range(2):
        (write(run, number) / "policy.safetensors").unlink()
    with pytest.raises(RunError, match=r"no checkpoint .* is whole"):
        newest(run, lambda _: None)
    with pytest.raises(RunError, match=r"no checkpoint .* is whole"):
        newest(run, lambda _: None)


def test_where_files_cannot_have_two_names_they_are_copied(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write(run, 1)
    write(run, 2, reward=False)
    assert found(run, published=True) == {2}
    assert checkpoint.PUBLISHED[-1] == "policy.safetensors"
