"""Clips in a store of objects: whole or noticed, and never named before they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import torch

from armchair.cli import main
from armchair.errors import InvalidInput, StoreError
from armchair.ids import new_id
from armchair.store.copies.transfer import copy_store
from armchair.store.integrity import check_store
from armchair.store.rows import objects
from armchair.store.store import Store
from armchair.types import Clip, Question


def make_clip(film: bytes | None = None) -> Clip:
    poses = torch.rand(4, 5, 7) if film is None else None
    return Clip(new_id(), torch.rand(4, 3), torch.ones(4, 2), torch.zeros(4), poses, film, 7, 8, 9)


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/clips" if request.param == "file" else f"memory://{new_id()}"


@pytest.fixture
def store(tmp_path: Path, place: str) -> Iterator[Store]:
    with Store.open(tmp_path / "armchair.db") as store:
        store.keep_clips_at(place)
        yield store


def test_clips_come_back_as_they_were_and_the_database_has_only_their_headers(
    store: Store, tmp_path: Path
) -> None:
    posed, filmed, empty = make_clip(), make_clip(b"an MP4"), make_clip(b"")
    store.ask([Question(new_id(), posed.id, filmed.id, "uniform", 0)], [posed, filmed, empty])
    for found, given in zip(
        store.clips([posed.id, filmed.id, empty.id]), (posed, filmed, empty), strict=True
    ):
        for one, other in zip(found, given, strict=True):
            assert torch.equal(one, other) if isinstance(other, torch.Tensor) else one == other
    assert posed.poses is not None
    assert store.replay(posed.id).poses == posed.poses.numpy().tobytes()
    assert store.replay(filmed.id).film == b"an MP4" and store.replay(empty.id).film == b""
    info = store.clip_info([posed.id, filmed.id])
    assert (info[posed.id].bodies, info[posed.id].film, info[filmed.id].film) == (5, False, True)
    with store._database.read() as conn:
        longest = conn.execute(sa.text("SELECT max(length(arrays)) FROM clips WHERE elsewhere")).scalar_one()
        assert longest < 400 and conn.execute(sa.text("SELECT sum(elsewhere) FROM clips")).scalar_one() == 3
    assert all(finding.ok for finding in check_store(tmp_path / "armchair.db"))
    copy_store(tmp_path / "armchair.db", tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db") as copy:
        assert torch.equal(copy.clips([posed.id])[0].visible, posed.visible)


def test_clips_from_before_stay_where_they_are(tmp_path: Path, place: str) -> None:
    before, after = make_clip(), make_clip()
    with Store.open(tmp_path / "armchair.db") as store:
        store.add_clips([before])
        store.keep_clips_at(place)
        store.add_clips([after, before])
        assert [clip.id for clip in store.clips([before.id, after.id])] == [before.id, after.id]


def objects_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("harm", ["other", "shorter", "gone"])
def test_what_is_not_what_was_kept_is_noticed(tmp_path: Path, harm: str) -> None:
    clip = make_clip()
    with Store.open(tmp_path / "armchair.db") as store:
        store.keep_clips_at(f"file://{tmp_path}/clips")
        known = objects_in(tmp_path / "clips")
        store.add_clips([clip])
        (file,) = (path for path in objects_in(tmp_path / "clips") if path not in known)
        data = file.read_bytes()
        {
            "other": lambda: file.write_bytes(data[:-1] + bytes([data[-1] ^ 1])),
            "shorter": lambda: file.write_bytes(data[:-9]),
            "gone": file.unlink,
        }[harm]()
        for read in (lambda: store.clips([clip.id]), lambda: store.replay(clip.id)):
            with pytest.raises(StoreError, match="are not at" if harm == "gone" else "damaged"):
                read()
        (wrong,) = (finding for finding in check_store(tmp_path / "armchair.db") if not finding.ok)
        assert wrong.name == "clips"
        assert store.clip_info([clip.id])[clip.id].bodies == 5, "what the database has is still told"


def test_a_clip_that_cannot_be_kept_is_named_by_no_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = make_clip(), make_clip()
    question = Question(new_id(), left.id, right.id, "uniform", 0)

    def full(*_: Any) -> None:
        raise StoreError("clips cannot be written: no room")

    monkeypatch.setattr(objects.Objects, "put", full)
    with pytest.raises(StoreError, match="no room"):
        store.ask([question], [left, right])
    assert store.counts().questions == 0
    with pytest.raises(StoreError, match="no clip"):
        store.clips([left.id])
    monkeypatch.undo()
    store.ask([question], [left, right])
    assert store.counts().questions == 1


def test_an_object_is_there_before_anything_names_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    put = objects.Objects.put

    def watched(self: objects.Objects, name: str, data: bytes) -> None:
        put(self, name, data)
        order.append("object")

    monkeypatch.setattr(objects.Objects, "put", watched)
    engine = store._database._engine
    sa.event.listen(engine, "commit", lambda conn: order.append("commit"))
    store.add_clips([make_clip()])
    assert "object" in order and order.index("object") < len(order) - 1 and order[-1] == "commit"
    assert [one for one in order if one == "object"]


@pytest.mark.parametrize(
    "url", ["", "clips", "ftp://x/y", "s3://", "s3://key@secret/x", "file://", "http://x/y"]
)
def test_what_is_no_place_for_clips(store: Store, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput, match="such as s3://bucket/clips"):
        store.keep_clips_at(url)
    assert main(["teach", "reach", "--teacher", "oracle", "--clips", url, "--runs", "nowhere"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1 and not Path("nowhere").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Store.open(tmp_path / "armchair.db") as store, pytest.raises(StoreError, match="cannot be written"):
        store.keep_clips_at(f"file://{tmp_path}/file/clips")
