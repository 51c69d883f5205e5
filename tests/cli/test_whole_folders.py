"""Folders that appear whole or not at all, and come and go as bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from armchair.cli.jobs.whole import made_whole, pack, remove_drafts, unpack
from armchair.errors import RunError


def test_a_folder_has_its_name_once_it_is_full(tmp_path: Path) -> None:
    def put(draft: Path) -> int:
        (draft / "a").write_text("1")
        assert not (tmp_path / "runs" / "one").exists()
        assert draft.name.startswith(".")
        return 7

    assert made_whole(tmp_path / "runs" / "one", put) == 7
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one"]
    assert (tmp_path / "runs" / "one" / "a").read_text() == "1"


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_nothing_is_left_of_one_that_cannot_be_filled(tmp_path: Path, error: BaseException) -> None:
    def put(draft: Path) -> None:
        (draft / "a").write_text("1")
        raise error

    with pytest.raises(type(error)):
        made_whole(tmp_path / "one", put)
    assert not list(tmp_path.iterdir())


def test_one_that_is_there_already_stays(tmp_path: Path) -> None:
    made_whole(tmp_path / "one", lambda draft: (draft / "first").touch())
    made_whole(tmp_path / "one", lambda draft: (draft / "second").touch())
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["first"]
    assert len(list(tmp_path.iterdir())) == 1


def test_where_none_can_be_made_a_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"one cannot be made: Not a directory"):
        made_whole(tmp_path / "file" / "one", lambda draft: None)


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".one.123", "one", ".git.d", ".hidden", "two.123"):
        (tmp_path / name).mkdir()
    remove_drafts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git.d", ".hidden", "one", "two.123"]


def test_a_folder_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    (folder / "empty").mkdir(parents=True)
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "file").write_bytes(b"\x00\xff")
    unpack(pack(folder), tmp_path / "two")
    assert pack(tmp_path / "two") == pack(folder)
    assert set(pack(folder)) == {"empty/", "deep/", "deep/er/", "deep/er/file"}


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out"])
def test_nothing_is_put_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="leads out of the folder"):
        unpack({name: b""}, tmp_path / "one")
    assert not (tmp_path / "out").exists()
