"""The older folder layout: read, refused where it is wrong, written back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from armchair.errors import ArmchairError, InvalidChoice, InvalidInput, StoreError
from armchair.exchange import sketch_layout
from armchair.exchange.sketch_layout import export_sketch_layout, import_sketch_layout
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Question

AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]
WORDS = ("Left", "Right", "Tie", "Can't Tell")


def write(
    folder: Path,
    *,
    lengths: Sequence[int] = (5,) * 8,
    keys: tuple[str, str] = ("obs", "act"),
    films: bool = True,
) -> list[dict[str, str]]:
    """One entry for each word; the k-th trajectory has observations k, k + 1, … -> the entries."""
    data = folder / "data"
    for name in ("clips", "trajectories"):
        (data / name).mkdir(parents=True)
    entries: list[dict[str, str]] = []
    for number, word in enumerate(WORDS):
        entry = {"preference": word}
        for k, side in ((2 * number, "left"), (2 * number + 1, "right")):
            name = f"{side}_clip_{number:03d}"
            obs = np.arange(lengths[k] * 2, dtype=np.float64).reshape(-1, 2) + k
            arrays = {keys[0]: obs, keys[1]: -obs[:, :1]}
            np.savez(data / "trajectories" / f"{name}.npz", **arrays)
            if films:
                (data / "clips" / f"{name}.mp4").write_bytes(f"film {k}".encode())
            entry[side] = f"data/clips/{name}.mp4"
        entries.append(entry)
    (data / "preferences.json").write_text(json.dumps(entries))
    return entries


@pytest.mark.parametrize("keys", [("obs", "act"), ("observations", "actions")])
@pytest.mark.parametrize("below", ["", "data"])
def test_a_folder_is_read(store: Store, tmp_path: Path, keys: tuple[str, str], below: str) -> None:
    write(tmp_path, keys=keys)
    assert import_sketch_layout(store, tmp_path / below) == (8, 4, 4)
    batch = store.preferences()
    assert batch.target.tolist() == [0.0, 1.0, 0.5]
    assert batch.left[:, 0, 0].tolist() == [0, 2, 4] and batch.right[:, 4, 1].tolist() == [10, 12, 14]
    assert store.counts().asked == 4 and store.counts().by_choice["cant_tell"] == 1
    answer, question = store.records()[0][:2]
    clip = store.clips([question.left])[0]
    assert (answer.annotator, clip.frames, clip.reward.tolist()) == ("imported", b"film 0", [0.0] * 5)
    assert clip.action[:, 0].equal(-clip.visible[:, 0])
    assert not store.rewards_known([clip.id])
    assert store.annotators() == {"imported": "imported"}


def test_reading_a_folder_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    write(tmp_path)
    import_sketch_layout(store, tmp_path)
    position = store.position()
    assert import_sketch_layout(store, tmp_path) == (8, 4, 0)
    assert store.position() == position and store.counts().questions == 4


def test_clips_without_a_film_are_read(store: Store, tmp_path: Path) -> None:
    write(tmp_path, films=False)
    import_sketch_layout(store, tmp_path)
    assert store.clips([store.records()[0].question.left])[0].frames is None


def test_different_lengths_need_a_length(store: Store, tmp_path: Path) -> None:
    write(tmp_path, lengths=(5, 3, 5, 5, 5, 7, 5, 5))
    with pytest.raises(InvalidInput, match="from 3 to 7 steps"):
        import_sketch_layout(store, tmp_path)
    assert store.counts().questions == 0
    import_sketch_layout(store, tmp_path, length=5)
    batch = store.preferences()
    assert batch.right[0, :, 0].tolist() == [1, 3, 5, 5, 5], "a short one stays where it ended"
    assert batch.right[2, :, 0].tolist() == [9, 11, 13, 15, 17], "a long one keeps its last steps"


@pytest.mark.parametrize(
    "path",
    [
        "../outside/clips/left_clip_000.mp4",
        "data/../../outside/clips/left_clip_000.mp4",
        "..\\outside\\clips\\left_clip_000.mp4",
        "/outside/clips/left_clip_000.mp4",
        "{root}/outside/clips/left_clip_000.mp4",
        "data/clips/link.mp4",
        "data/clips/left_clip_000.npz",
        "data/left_clip_000.mp4",
        "data/clips/\0.mp4",
        "data/clips/none.mp4",
    ],
)
def test_paths_lead_to_clips_in_the_folder_only(store: Store, tmp_path: Path, path: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    entries = write(inside)
    write(tmp_path / "other")
    (tmp_path / "other" / "data").rename(outside)
    (inside / "data" / "clips" / "link.mp4").symlink_to(outside / "clips" / "left_clip_000.mp4")
    entries[0]["left"] = path.replace("{root}", str(tmp_path))
    (inside / "data" / "preferences.json").write_text(json.dumps(entries))
    with pytest.raises(InvalidInput, match="entry 0"):
        import_sketch_layout(store, inside)
    assert store.counts().questions == 0


def test_a_trajectory_may_not_be_a_link_to_the_outside(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "inside")
    trajectory = tmp_path / "inside" / "data" / "trajectories" / "left_clip_000.npz"
    trajectory.rename(tmp_path / "elsewhere.npz")
    trajectory.symlink_to(tmp_path / "elsewhere.npz")
    with pytest.raises(InvalidInput, match="leads out"):
        import_sketch_layout(store, tmp_path / "inside")


@pytest.mark.parametrize(
    "text", ["{", "{}", "[1]", '[{"left": "a"}]', "[" * 100_000, '[{"left":1,"right":2,"preference":"Tie"}]']
)
def test_what_is_no_list_of_entries_is_refused(store: Store, tmp_path: Path, text: str) -> None:
    (tmp_path / "preferences.json").write_text(text)
    with pytest.raises(InvalidInput):
        import_sketch_layout(store, tmp_path)


def test_unknown_words_and_missing_folders_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no preferences\.json"):
        import_sketch_layout(store, tmp_path)
    entries = write(tmp_path)
    entries[2]["preference"] = "Lefft"
    (tmp_path / "data" / "preferences.json").write_text(json.dumps(entries))
    with pytest.raises(InvalidChoice, match=r"entry 2.*did you mean 'Left'"):
        import_sketch_layout(store, tmp_path)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    "arrays",
    [
        {"obs": np.array([[Harmful()]], dtype=object), "act": np.zeros((1, 1))},
        {"obs": np.zeros((5, 2))},
        {"obs": np.zeros((5, 2)), "act": np.zeros((4, 1))},
        {"obs": np.full((5, 2), np.nan), "act": np.zeros((5, 1))},
        {"obs": np.zeros(5), "act": np.zeros((5, 1))},
        {"obs": np.zeros((0, 2)), "act": np.zeros((0, 1))},
        {"obs": np.array([["a", "b"]]), "act": np.zeros((1, 1))},
    ],
)
def test_trajectories_that_make_no_sense_are_refused(
    store: Store, tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    write(tmp_path)
    np.savez(tmp_path / "data" / "trajectories" / "right_clip_001.npz", allow_pickle=True, **arrays)
    with pytest.raises(InvalidInput, match="entry 1"):
        import_sketch_layout(store, tmp_path)


def test_files_that_are_damaged_or_unpack_to_too_much_are_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    path = tmp_path / "data" / "trajectories" / "left_clip_003.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match="entry 3"):
        import_sketch_layout(store, tmp_path)
    monkeypatch.setattr(sketch_layout, "ARRAYS_BYTES", 50_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("obs.npy", b"\0" * 60_000)
    with pytest.raises(InvalidInput, match="unpacks to 60000 bytes"):
        import_sketch_layout(store, tmp_path)


def test_what_is_written_back_is_what_was_read(store: Store, tmp_path: Path) -> None:
    entries = write(tmp_path / "in")
    import_sketch_layout(store, tmp_path / "in")
    assert export_sketch_layout(store, tmp_path / "out") == 4
    found = json.loads((tmp_path / "out" / "data" / "preferences.json").read_text())
    assert [entry["preference"] for entry in found] == [entry["preference"] for entry in entries]
    for old, new in zip(entries, found, strict=True):
        for side in ("left", "right"):
            before, after = tmp_path / "in" / old[side], tmp_path / "out" / new[side]
            assert before.read_bytes() == after.read_bytes()
            arrays = [
                np.load(film.parents[1] / "trajectories" / f"{film.stem}.npz", allow_pickle=False)
                for film in (before, after)
            ]
            assert (arrays[0]["obs"] == arrays[1]["obs"]).all() and (
                arrays[0]["act"] == arrays[1]["act"]
            ).all()
    with Store.open(tmp_path / "again.db") as again:
        import_sketch_layout(again, tmp_path / "out")
        assert all(map(np.array_equal, again.preferences(), store.preferences()))
    with pytest.raises(StoreError, match="there already"):
        export_sketch_layout(store, tmp_path / "out")


def test_both_bad_becomes_a_tie_and_films_can_be_made(store: Store, ask: AskAbout, tmp_path: Path) -> None:
    ask([(0, 1)])
    (question,) = store.claim("ann")
    store.submit(Answer(new_id(), question.id, "ann", "both_bad", 1.0, 0.0, 0.0))
    export_sketch_layout(store, tmp_path, film=lambda clip: clip.id.encode())
    (entry,) = json.loads((tmp_path / "data" / "preferences.json").read_text())
    assert entry["preference"] == "Tie"
    assert (tmp_path / entry["left"]).read_bytes() == question.left.encode()


def test_answers_about_wishes_are_not_taken_for_the_skills(
    store: Store, ask: AskAbout, tmp_path: Path
) -> None:
    (pair,) = ask([(0, 1)])
    store.add_wish("high", "Which one is higher?")
    store.ask([pair._replace(id=new_id(), wish="high")])
    for question in store.claim("ann", n=2):
        choice = "right" if question.wish else "left"
        store.submit(Answer(new_id(), question.id, "ann", choice, 1.0, 0.0, 0.0))
    assert export_sketch_layout(store, tmp_path) == 1
    (entry,) = json.loads((tmp_path / "data" / "preferences.json").read_text())
    assert entry["preference"] == "Left"


def test_a_folder_that_cannot_be_written_is_an_error(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(ArmchairError, match="cannot write"):
        export_sketch_layout(store, tmp_path)


def test_an_archive_is_not_unpacked(store: Store, tmp_path: Path) -> None:
    archive = tmp_path / "folder.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("../evil.txt", "evil")
        out.writestr("preferences.json", "[]")
    with pytest.raises(InvalidInput, match=r"no preferences\.json"):
        import_sketch_layout(store, archive)
    assert not list(tmp_path.parent.rglob("evil.txt"))
