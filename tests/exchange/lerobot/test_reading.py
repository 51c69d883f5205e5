"""Data sets by others: what is there is read, what is wrong is one line that says what would be right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.errors import InvalidInput
from armchair.exchange.lerobot.reading import Dataset

from .conftest import episode, pictures

Make = Callable[..., Path]
arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
ROWS = "data/chunk-000/file-000.parquet"
FILM = "videos/observation.images.front/chunk-000/file-000.mp4"


def set_info(folder: Path, **values: object) -> None:
    file = folder / "meta/info.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def change(folder: Path, name: str, edit: Callable[[dict[str, list[object]]], object]) -> None:
    """Rewrite a table."""
    columns = parquet.read_table(folder / name).to_pydict()
    edit(columns)
    parquet.write_table(arrow.table(columns), folder / name)


def all_numbers(folder: Path) -> object:
    return Dataset.open(folder).numbers(["observation.state", "action"])


def whole_film(folder: Path) -> object:
    data = Dataset.open(folder)
    return [list(data.film(at, "observation.images.front", 0, at.length)) for at in data.episodes]


def test_numbers_tasks_and_films_are_read(make_dataset: Make) -> None:
    data = Dataset.open(make_dataset())
    found = data.numbers(["observation.state", "action"], ["next.reward", "no.such"])
    assert [one.task for one in found] == ["push it", "lift it", "push it"] and data.info.robot == "testarm"
    for number, (one, length) in enumerate(zip(found, (20, 25, 22), strict=True)):
        meant = episode(number, length)
        assert torch.equal(one.numbers["observation.state"], meant.state)
        assert torch.equal(one.numbers["action"], meant.action) and "no.such" not in one.numbers
        shown = list(data.film(one.at, "observation.images.front", 3, 10))
        bright = [float(frame.mean()) for frame in pictures(number, length)[3:13]]
        assert [frame.mean() for frame in shown] == pytest.approx(bright, abs=2.5)


def test_many_files_are_read(make_dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armchair.exchange.lerobot.writing.DATA_MB", 0)
    monkeypatch.setattr("armchair.exchange.lerobot.writing.VIDEO_MB", 0)
    folder = make_dataset()
    assert len(list(folder.glob("data/*/*.parquet"))) == len(list(folder.glob("videos/*/*/*.mp4"))) == 3
    data = Dataset.open(folder)
    for number, one in enumerate(data.numbers(["action"])):
        assert float(one.numbers["action"][0, 0]) == number
        (frame,) = data.film(one.at, "observation.images.front", 0, 1)
        assert frame.mean() == pytest.approx(20 + 15 * number, abs=2.5)


Break = Callable[[Path], object]
CASES: dict[str, tuple[Break, Callable[[Path], object], str]] = {
    "no info": (
        lambda f: (f / "meta/info.json").unlink(),
        all_numbers,
        "is no LeRobotDataset: it has no meta/info",
    ),
    "info is no JSON": (lambda f: (f / "meta/info.json").write_text("{"), all_numbers, "is not JSON"),
    "an older version": (
        lambda f: set_info(f, codebase_version="v2.1"),
        all_numbers,
        r"codebase_version 'v2.1', v3.0 is read: .*convert_dataset_v21_to_v30. makes one",
    ),
    "a newer version": (lambda f: set_info(f, codebase_version="v4.0"), all_numbers, "'v4.0', v3.0 is read$"),
    "no rate": (lambda f: set_info(f, fps=0), all_numbers, "fps must be a number above 0"),
    "no features": (lambda f: set_info(f, features={}), all_numbers, "must have features"),
    "a feature without a shape": (
        lambda f: set_info(f, features={"action": {"dtype": "float32"}}),
        all_numbers,
        "'action' must have a dtype",
    ),
    "a huge feature": (
        lambda f: set_info(f, features={"action": {"dtype": "float32", "shape": [10**9]}}),
        all_numbers,
        "has 1000000000 numbers, at most 20000",
    ),
    "too many frames": (
        lambda f: set_info(f, total_frames=10**12),
        all_numbers,
        "total_frames must be from 1 to",
    ),
    "a path out of it": (
        lambda f: set_info(f, data_path="../{chunk_index}/{file_index}.parquet"),
        all_numbers,
        "leads out of the folder",
    ),
    "a path with other fields": (
        lambda f: set_info(f, data_path="{chunk_index.__class__}"),
        all_numbers,
        "data_path must be such as",
    ),
    "a path that would be endless": (
        lambda f: set_info(f, data_path="{chunk_index:0999999999d}"),
        all_numbers,
        "data_path must be such as",
    ),
    "no episodes": (
        lambda f: shutil.rmtree(f / "meta/episodes"),
        all_numbers,
        "has no meta/episodes/chunk-000",
    ),
    "episodes that say nothing": (
        lambda f: change(f, EPISODES, lambda c: c.pop("length")),
        all_numbers,
        "has no column length: it has",
    ),
    "other lengths": (
        lambda f: change(f, EPISODES, lambda c: c["length"].__setitem__(0, 21)),
        all_numbers,
        "3 episodes of 68 frames, meta/info.json says 3 of 67",
    ),
    "other lengths of data": (
        lambda f: change(f, EPISODES, lambda c: c.__setitem__("length", [21, 24, 22])),
        all_numbers,
        "episode 0 has 20 frames of data, meta/episodes says 21",
    ),
    "an episode twice": (
        lambda f: change(f, EPISODES, lambda c: c.__setitem__("episode_index", [0, 0, 1])),
        all_numbers,
        "episode 0 twice",
    ),
    "no data": (lambda f: (f / ROWS).unlink(), all_numbers, "file-000.parquet is missing: episode 0"),
    "data that are no Parquet": (
        lambda f: (f / ROWS).write_bytes(b"PAR1 nothing"),
        all_numbers,
        "cannot be read as Parquet",
    ),
    "no action": (lambda f: change(f, ROWS, lambda c: c.pop("action")), all_numbers, "has no column action"),
    "texts for numbers": (
        lambda f: change(f, ROWS, lambda c: c.__setitem__("action", ["a"] * 67)),
        all_numbers,
        "must be numbers",
    ),
    "another width": (
        lambda f: change(f, ROWS, lambda c: c.__setitem__("action", [[1.0, 2.0, 3.0]] * 67)),
        all_numbers,
        "action has 3 numbers, meta/info.json says 2",
    ),
    "different widths": (
        lambda f: change(f, ROWS, lambda c: c.__setitem__("action", [[1.0, 2.0], [3.0]] * 33 + [[1.0, 2.0]])),
        all_numbers,
        "lists of different lengths",
    ),
    "not a number": (
        lambda f: change(f, ROWS, lambda c: c["action"].__setitem__(3, [float("nan"), 0.0])),
        all_numbers,
        "action of episode 0 has numbers that are not finite",
    ),
    "a film that is none": (
        lambda f: (f / FILM).write_bytes(b"no film" * 99),
        whole_film,
        "does not decode as a film",
    ),
    "no film": (lambda f: (f / FILM).unlink(), whole_film, "is missing: the film of episode 0"),
    "a short film": (
        lambda f: change(
            f, EPISODES, lambda c: c["videos/observation.images.front/from_timestamp"].__setitem__(2, 3.0)
        ),
        whole_film,
        "has 7 frames from 3 s on, there must be 22",
    ),
    "a film elsewhere": (
        lambda f: set_info(f, video_path="../../{video_key}{chunk_index}{file_index}"),
        whole_film,
        "leads out of the folder",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_a_line(case: str, make_dataset: Make) -> None:
    spoil, read, told = CASES[case]
    folder = make_dataset()
    spoil(folder)
    with pytest.raises(InvalidInput, match=told) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_a_link_out_of_it_is_refused(make_dataset: Make, tmp_path: Path) -> None:
    folder = make_dataset()
    (folder / ROWS).rename(tmp_path / "elsewhere")
    (folder / ROWS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="leads out of the folder"):
        all_numbers(folder)


def test_a_table_that_would_fill_the_memory_is_refused(
    make_dataset: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_dataset()
    monkeypatch.setattr("armchair.exchange.parquet.TABLE_ROWS", 66)
    with pytest.raises(InvalidInput, match="has 67 rows, at most 66 are read"):
        all_numbers(folder)
    monkeypatch.setattr("armchair.exchange.parquet.TABLE_ROWS", 100)
    monkeypatch.setattr("armchair.exchange.lerobot.reading.IMPORT_BYTES", 1000)
    with pytest.raises(InvalidInput, match="67 frames of 6 numbers, at most 1000 bytes"):
        all_numbers(folder)


def test_a_huge_picture_is_refused(make_dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armchair.exchange.lerobot.films.FILM_SIDE", 64)
    with pytest.raises(InvalidInput, match="is 96 x 64 pixels, at most 64 a side"):
        whole_film(make_dataset())
