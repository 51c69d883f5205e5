"""Data sets by the published schema: read back with pyarrow, pandas and PyAV, not with our own reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from armchair.errors import InvalidInput, StoreError
from armchair.exchange.lerobot import preferences, progress
from armchair.exchange.lerobot.schema import (
    ACTION,
    DONE,
    INDICES,
    REWARD,
    STATE,
    SUCCESS,
    VISIBLE,
    Episode,
    Named,
    frames_per_second,
)
from armchair.exchange.lerobot.writing import DatasetWriter

Make = Callable[..., Path]
parquet = pytest.importorskip("pyarrow.parquet")


def test_info_tells_what_there_is(make_dataset: Make) -> None:
    info = json.loads((make_dataset() / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0" and info["fps"] == 20 and info["splits"] == {"train": "0:3"}
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (3, 67, 2)
    features = info["features"]
    assert features["observation.state"]["shape"] == [4] and features["action"]["names"] == ["dx", "dy"]
    assert features["observation.images.front"]["shape"] == [64, 96, 3]
    assert features["observation.images.front"]["dtype"] == "video"
    assert {features[key]["dtype"] for key in ("index", "frame_index", "task_index")} == {"int64"}
    file = info["data_path"].format(chunk_index=0, file_index=0)
    assert file == "data/chunk-000/file-000.parquet"


def test_rows_are_in_order(make_dataset: Make) -> None:
    table = parquet.read_table(make_dataset() / "data/chunk-000/file-000.parquet")
    assert str(table.schema.field("observation.state").type) == "fixed_size_list<element: float>[4]"
    assert str(table.schema.field("next.reward").type) == "float"
    rows = table.to_pylist()
    assert [row["index"] for row in rows] == list(range(67))
    assert [row["frame_index"] for row in rows[20:45]] == list(range(25))
    assert [row["episode_index"] for row in rows] == [0] * 20 + [1] * 25 + [2] * 22
    assert rows[21]["observation.state"] == [1.0, 2.0, 1.0, -1.0] and rows[21]["timestamp"] == pytest.approx(
        0.05
    )
    assert [row["index"] for row in rows if row["next.done"]] == [19, 44, 66]
    assert [row["task_index"] for row in rows[::20]] == [0, 1, 1, 0]


def test_episodes_say_where_they_are(make_dataset: Make) -> None:
    rows = parquet.read_table(make_dataset() / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [(row["dataset_from_index"], row["dataset_to_index"]) for row in rows] == [
        (0, 20),
        (20, 45),
        (45, 67),
    ]
    assert [row["tasks"] for row in rows] == [["push it"], ["lift it"], ["push it"]]
    film = "videos/observation.images.front/"
    assert [row[f"{film}from_timestamp"] for row in rows] == pytest.approx([0.0, 1.0, 2.25])
    assert [row[f"{film}to_timestamp"] for row in rows] == pytest.approx([1.0, 2.25, 3.35])
    one = rows[1]
    state = np.stack([np.arange(25), np.arange(25) + 1, np.full(25, 1), -np.arange(25)], 1).astype(float)
    assert one["stats/observation.state/mean"] == pytest.approx(state.mean(0).tolist())
    assert one["stats/observation.state/std"] == pytest.approx(state.std(0).tolist())
    assert one["stats/observation.state/q90"] == pytest.approx(np.quantile(state, 0.9, axis=0).tolist())
    assert one["stats/observation.state/count"] == [25]
    assert np.shape(one["stats/observation.images.front/mean"]) == (3, 1, 1)


def test_tasks_are_the_index_of_a_frame(make_dataset: Make) -> None:
    pandas = pytest.importorskip("pandas")
    tasks = pandas.read_parquet(make_dataset() / "meta/tasks.parquet")
    assert tasks.index.name == "task" and list(tasks.index) == ["push it", "lift it"]
    assert list(tasks["task_index"]) == [0, 1]


def test_overall_figures_are_those_of_all_rows(make_dataset: Make) -> None:
    folder = make_dataset()
    found = json.loads((folder / "meta/stats.json").read_text())["observation.state"]
    rows = parquet.read_table(folder / "data/chunk-000/file-000.parquet").to_pylist()
    state = np.array([row["observation.state"] for row in rows])
    assert found["mean"] == pytest.approx(state.mean(0).tolist()) and found["count"] == [67]
    assert found["std"] == pytest.approx(state.std(0).tolist(), rel=1e-6)
    assert (found["min"], found["max"]) == (state.min(0).tolist(), state.max(0).tolist())


def test_the_film_holds_all_episodes_one_after_the_other(make_dataset: Make) -> None:
    file = make_dataset() / "videos/observation.images.front/chunk-000/file-000.mp4"
    with av.open(str(file)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.time_base is not None
        shown = [
            (float(one.pts * stream.time_base), one.to_ndarray(format="rgb24").mean())
            for one in film.decode(stream)
        ]
    assert [time for time, _ in shown] == pytest.approx([k / 20 for k in range(67)], abs=1e-4)
    bright = [20 + 15 * e + 3 * (t % 5) for e, length in enumerate((20, 25, 22)) for t in range(length)]
    assert [value for _, value in shown] == pytest.approx(bright, abs=2.5)


def test_without_films_there_are_none(make_dataset: Make) -> None:
    folder = make_dataset(films=False)
    info = json.loads((folder / "meta/info.json").read_text())
    assert info["video_path"] is None and "observation.images.front" not in info["features"]
    assert not (folder / "videos").exists()


def test_a_single_number_is_no_list(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "one", Named(20, "arm", ("x",), ("u",), success=False)) as data:
        data.add(Episode(torch.ones(5, 1), torch.ones(5, 1), "go", torch.ones(5)))
        data.finish()
    table = parquet.read_table(tmp_path / "one/data/chunk-000/file-000.parquet")
    assert str(table.schema.field("observation.state").type) == "float"


def test_what_does_not_fit_leaves_nothing(tmp_path: Path, make_dataset: Make) -> None:
    named = Named(20, "arm", ("x",), ("u",), success=False)
    wrong = pytest.raises(InvalidInput, match=r"episode 0: action must have the shape \(5, 1\), got \(4, 1\)")
    with wrong, DatasetWriter(tmp_path / "bad", named) as data:
        data.add(Episode(torch.ones(5, 1), torch.ones(4, 1), "go", torch.ones(5)))
    wrong = pytest.raises(InvalidInput, match="all episodes must have films, or none")
    with wrong, DatasetWriter(tmp_path / "bad", named) as data:
        frames = [np.zeros((64, 64, 3), np.uint8)] * 5
        data.add(Episode(torch.ones(5, 1), torch.ones(5, 1), "go", torch.ones(5)), frames)
        data.add(Episode(torch.ones(5, 1), torch.ones(5, 1), "go", torch.ones(5)))
    assert list(tmp_path.iterdir()) == []
    given = make_dataset(films=False)
    with pytest.raises(StoreError, match="is there already"):
        DatasetWriter(given, named)
    assert (given / "meta/info.json").exists()


@pytest.mark.parametrize(("dt", "fps"), [(0.05, 20), (1 / 30, 30), (0.008, 125), (0.3, 1 / 0.3)])
def test_whole_rates_are_whole(dt: float, fps: float) -> None:
    assert frames_per_second(dt) == fps and isinstance(frames_per_second(dt), type(fps))


def test_every_column_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    part = page.partition("## LeRobot")[2].partition("\n## ")[0]
    for name in (
        *preferences.COLUMNS,
        *progress.COLUMNS,
        *INDICES,
        STATE,
        ACTION,
        REWARD,
        DONE,
        SUCCESS,
        VISIBLE,
    ):
        assert f"`{name}`" in part, name
