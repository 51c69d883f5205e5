"""`armchair export --format lerobot` and `armchair play --dataset`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.rewards.saved import reward_of
from armchair.runs.folder import RunDir
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
parquet = pytest.importorskip("pyarrow.parquet")


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def rows_of(folder: Path, file: str = "data/chunk-000/file-000.parquet") -> list[dict[str, object]]:
    return parquet.read_table(folder / file).to_pylist()


def test_clips_become_episodes(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "clips"
    assert main(["export", str(taught.path), "--out", str(out), "--format", "lerobot", "--json"]) == 0
    told = summary(capsys)
    with Store.open(taught.store_file) as store:
        records = store.records()
        first = store.clips([records[0].question.left])[0]
    assert (told["answers"], told["frames"]) == (len(records), told["episodes"] * (len(first.visible) - 1))
    rows = rows_of(out)[: len(first.visible) - 1]
    assert [row["observation.state"] for row in rows] == first.visible[:-1].tolist()
    assert [row["action"] for row in rows] == first.action[1:].tolist()
    assert [row["next.reward"] for row in rows] == pytest.approx(first.reward[1:].tolist())
    info = json.loads((out / "meta/info.json").read_text())
    assert info["features"]["observation.state"]["names"][:3] == ["tool.x", "tool.y", "tool.z"]
    assert info["fps"] == 20 and info["video_path"] is None


def test_answers_are_a_table_beside_them(taught: RunDir, tmp_path: Path) -> None:
    out = tmp_path / "clips"
    assert main(["export", str(taught.path), "--out", str(out), "--format", "lerobot"]) == 0
    file = out / "preferences/preferences.parquet"
    assert json.loads(parquet.read_schema(file).metadata[b"armchair.preferences"]) == {"version": 1}
    rows = parquet.read_table(file).to_pylist()
    with Store.open(taught.store_file) as store:
        records = store.records()
        episodes = rows_of(out)
        for row, record in zip(rows, records, strict=True):
            assert row["choice"] == record.answer.choice
            assert row["label"] == {"left": 0.0, "right": 1.0}.get(record.answer.choice, 0.5)
            left = store.clips([record.question.left])[0]
            shown = [one for one in episodes if one["episode_index"] == row["episode_left"]]
            assert shown[0]["observation.state"] == left.visible[0].tolist()
            assert row["annotator_kind"] == "simulated" and row["length"] == len(shown)


def test_progress_is_the_learned_reward(taught: RunDir, tmp_path: Path) -> None:
    out = tmp_path / "clips"
    assert main(["export", str(taught.path), "--out", str(out), "--format", "lerobot"]) == 0
    table = parquet.read_table(out / "sarm_progress.parquet")
    assert table.column_names == ["index", "episode_index", "frame_index", "progress_sparse"]
    assert table.schema.metadata[b"reward_model_path"] == b"reward.safetensors"
    found = torch.tensor(table.column("progress_sparse").to_pylist())
    state = torch.tensor([row["observation.state"] for row in rows_of(out)])
    learned = reward_of(taught, "reach").mean(state)
    assert float(found.min()) == 0.0 and float(found.max()) == 1.0
    scale = json.loads(table.schema.metadata[b"armchair.progress"])
    again = ((learned - scale["low"]) / (scale["high"] - scale["low"])).clamp(0.0, 1.0)
    assert torch.allclose(found, again, atol=1e-4)


def test_films_go_with_formats_that_have_some(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    assert main(["export", str(taught.path), "--out", str(tmp_path / "out"), "--films"]) == 2
    assert "--films goes with --format seed or lerobot" in capsys.readouterr().err
    assert main(["export", str(taught.path), "--out", str(taught.path), "--format", "lerobot"]) == 2
    assert "is there already: name a new folder" in capsys.readouterr().err


def test_whole_episodes_are_recorded(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    from armchair.envs.base import Poses

    out = tmp_path / "reaches"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armchair.envs.spec.BuiltinTask.why_no_pictures", lambda *_: "no screen")
        words = ["play", str(taught.path), "--episodes", "3", "--dataset", str(out), "--json"]
        assert main(words) == 0
    told, errors = capsys.readouterr()
    found = json.loads(told.splitlines()[-1])
    assert (found["episodes"], found["frames"], found["films"]) == (3, 150, False)
    assert "no films: no screen" in errors and Poses is not None
    rows = rows_of(out)
    assert [row["index"] for row in rows if row["next.done"]] == [49, 99, 149]
    features = json.loads((out / "meta/info.json").read_text())["features"]
    assert {"observation.state", "action", "next.reward", "next.success", "next.visible"} <= set(features)
    actions = torch.tensor([row["action"] for row in rows])
    assert float(actions.abs().max()) <= 1.0 and float(actions.std()) > 0.0
    tasks = rows_of(out, "meta/tasks.parquet")
    assert tasks == [
        {"task_index": 0, "task": "In which one is the tool closer to the red ball, over the whole clip?"}
    ]


def test_what_the_policy_saw_is_what_it_acts_by(taught: RunDir, tmp_path: Path) -> None:
    from armchair.agents.saved import load_policy

    out = tmp_path / "reaches"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("armchair.envs.spec.BuiltinTask.why_no_pictures", lambda *_: "no screen")
        assert main(["play", str(taught.path), "--episodes", "2", "--dataset", str(out)]) == 0
    rows = rows_of(out)
    net = load_policy(taught)[0].net
    states, actions = (torch.tensor([row[key] for row in rows]) for key in ("observation.state", "action"))
    with torch.inference_mode():
        assert torch.allclose(net.best(states).clamp(-1.0, 1.0), actions, atol=1e-5)


@pytest.mark.gl
def test_films_are_recorded_where_they_can_be(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "reaches"
    words = ["play", "reach", "--policy", "random", "--dataset", str(out), "--size", "32", "--json"]
    assert main(words) == 0
    assert summary(capsys)["films"] is True
    row = rows_of(out, "meta/episodes/chunk-000/file-000.parquet")[0]
    assert row["videos/observation.images.front/to_timestamp"] == pytest.approx(2.5)


def test_one_way_of_showing_at_a_time(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    words = ["play", str(taught.path), "--dataset", str(tmp_path / "a"), "--html", str(tmp_path / "b.html")]
    assert main(words) == 2
    assert "--video, --html, --dataset and --window show the same episodes" in capsys.readouterr().err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert main(["play", str(taught.path), "--dataset", str(tmp_path / "full")]) == 2
    assert "is there already: name a new folder" in capsys.readouterr().err


def test_answers_come_back_with_their_clips(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "clips"
    assert main(["export", str(taught.path), "--out", str(out), "--format", "lerobot"]) == 0
    capsys.readouterr()
    assert main(["import", str(out), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    told = summary(capsys)
    with Store.open(taught.store_file) as store:
        meant = [record.answer.choice for record in store.records()]
        first = store.clips([store.records()[0].question.left])[0]
    with Store.open(Path(str(told["run"])) / "armchair.db") as store:
        assert [record.answer.choice for record in store.records()] == meant
        back = store.clips([store.records()[0].question.left])[0]
        assert torch.equal(back.visible, first.visible[:-1]) and not store.rewards_known([back.id])
    (out / "preferences/preferences.parquet").unlink()
    assert main(["import", str(out), "--runs", str(tmp_path / "runs")]) == 2
    assert "has no preferences/preferences.parquet: `armchair label dataset:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "form"), [("pairs.npz", "pairs"), ("pairs.parquet", "pairs"), ("p.zip", "unirlhf")]
)
def test_files_of_others_go_out_and_come_in(
    name: str, form: str, taught: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / name
    assert main(["export", str(taught.path), "--out", str(file), "--format", form]) == 0
    capsys.readouterr()
    assert main(["import", str(file), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    with Store.open(taught.store_file) as store:
        meant = store.counts().answers
    assert summary(capsys)["answers"] == meant
    assert main(["import", str(tmp_path), "--data", str(file)]) == 2
    assert "--data goes with NAME.zip" in capsys.readouterr().err
