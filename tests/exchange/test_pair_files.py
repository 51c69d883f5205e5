"""Pairs as plain arrays, and as the zip file of Uni-RLHF's platform."""

from __future__ import annotations

import csv
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.errors import InvalidInput
from armchair.exchange.pair_files import ARRAYS, export_pairs, import_pair_file
from armchair.exchange.unirlhf.reading import import_unirlhf
from armchair.exchange.unirlhf.writing import export_unirlhf
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")
LABELS = [0.0, 1.0, 0.5, 0.5]


@pytest.fixture
def given(tmp_path: Path) -> Store:
    """A store with an answer of every kind, the third question answered by two, and one about a wish."""
    store = Store.open(tmp_path / "given.db")
    store.add_wish("high", "Which one is higher?")
    rng = torch.Generator().manual_seed(0)
    for number, choice in enumerate((*CHOICES, "left")):
        visible, action = torch.randn(2, 4, 3, generator=rng), torch.randn(2, 4, 2, generator=rng)
        clips = [Clip(new_id(), visible[k], action[k], torch.ones(4), None, None, 0, 0, 0) for k in (0, 1)]
        wish = "high" if number == len(CHOICES) else None
        question = Question(new_id(), clips[0].id, clips[1].id, "uniform", 0, wish=wish)
        store.ask([question], clips)
        for name in ("ann", "bob")[: 2 if choice == "tie" else 1]:
            store.claim(name, n=9, overlap=2)
            said: Choice = "right" if name == "bob" else choice
            store.submit(Answer(new_id(), question.id, name, said, 1.0, 1.0, 12.0 + number))
    return store


def back(tmp_path: Path, read: Callable[[Store], object]) -> list[tuple[Choice, list[float], list[float]]]:
    """What an import comes to: choice, first numbers of the left and of the right clip."""
    with Store.open(tmp_path / "back.db") as store:
        read(store)
        again = store.counts().answers
        read(store)
        assert store.counts().answers == again, "reading it twice changes nothing"
        found = []
        for record in store.records():
            left, right = store.clips([record.question.left, record.question.right])
            found.append((record.answer.choice, left.visible[0].tolist(), right.visible[0].tolist()))
        return found


def own(store: Store) -> list[tuple[Choice, list[float], list[float]]]:
    """The same of the skill's answers, as others' files tell them."""
    found = []
    for record in store.records(wish=None):
        left, right = store.clips([record.question.left, record.question.right])
        choice = "tie" if record.answer.choice == "both_bad" else record.answer.choice
        if choice != "cant_tell":
            found.append((choice, left.visible[0].tolist(), right.visible[0].tolist()))
    return found


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_pairs_go_out_and_come_back(suffix: str, given: Store, tmp_path: Path) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    file = tmp_path / f"pairs.{suffix}"
    assert export_pairs(given, file) == 5
    assert sorted(back(tmp_path, lambda store: import_pair_file(store, file))) == sorted(own(given))


def test_the_arrays_are_what_the_page_says(given: Store, tmp_path: Path) -> None:
    export_pairs(given, tmp_path / "pairs.npz")
    with np.load(tmp_path / "pairs.npz", allow_pickle=False) as found:
        assert set(found) == {*ARRAYS, "label"}
        assert found["obs_1"].shape == (5, 4, 3) and found["act_2"].shape == (5, 4, 2)
        assert sorted(found["label"].tolist()) == sorted([*LABELS, 1.0])
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in (*ARRAYS, "label"))


def arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    plain = {name: rng.normal(size=(2, 4, 3 if "obs" in name else 2)) for name in ARRAYS}
    return {**plain, "label": np.array([0.0, 1.0]), **changed}


BAD: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "another label": (
        arrays(label=np.array([0.0, 0.7])),
        "label 1 of .* is 0.7: 0 means the first, 1 the second",
    ),
    "no number": (arrays(label=np.array([0.0, np.nan])), "label 1 of .* is nan"),
    "too few labels": (arrays(label=np.zeros(1)), r"obs_1 in .* must be \(1, L, numbers\)"),
    "two dimensions": (arrays(obs_2=np.zeros((2, 3))), r"obs_2 in .* must be \(2, L, numbers\)"),
    "other lengths": (arrays(act_1=np.zeros((2, 3, 2))), r"pair 0 of .* must hold \(L, F\) and \(L, A\)"),
    "infinite": (arrays(obs_1=np.full((2, 4, 3), np.inf)), "numbers that are not finite"),
    "the same": (
        arrays(obs_2=arrays()["obs_1"], act_2=arrays()["act_1"]),
        "pair 0 of .* compares a trajectory with itself",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_arrays_that_are_wrong_say_so(case: str, tmp_path: Path) -> None:
    content, told = BAD[case]
    np.savez(tmp_path / "bad.npz", **content)
    with Store.open(tmp_path / "back.db") as store, pytest.raises(InvalidInput, match=told):
        import_pair_file(store, tmp_path / "bad.npz")


def test_what_is_no_such_file_says_so(given: Store, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", obs_1=np.zeros(3))
    np.savez(tmp_path / "pickled.npz", obs_1=np.array([{}], dtype=object))
    (tmp_path / "none.parquet").write_bytes(pickle.dumps({"obs_1": [1.0]}))
    with Store.open(tmp_path / "back.db") as store:
        for name, told in (
            ("other.npz", "has no act_1, obs_2, act_2, label: it has obs_1"),
            ("pickled.npz", "cannot be read|only whole numbers and floats"),
            ("none.parquet", "cannot be read as Parquet"),
        ):
            with pytest.raises(InvalidInput, match=told):
                import_pair_file(store, tmp_path / name)
    for write, name in ((export_pairs, "pairs.pkl"), (lambda s, p: export_unirlhf(s, p, "?"), "pairs.tar")):
        with pytest.raises(InvalidInput, match=r"NAME\.(npz|zip)"):
            write(given, tmp_path / name)
    with (
        Store.open(tmp_path / "empty.db") as store,
        pytest.raises(InvalidInput, match="nobody has answered yet"),
    ):
        export_pairs(store, tmp_path / "pairs.npz")


# ---- Uni-RLHF


def test_the_platform_s_file_goes_out_and_comes_back(given: Store, tmp_path: Path) -> None:
    file = tmp_path / "export_reach.zip"
    assert export_unirlhf(given, file, "Which one is nearer?") == 5
    assert sorted(back(tmp_path, lambda store: import_unirlhf(store, file))) == sorted(own(given))
    with zipfile.ZipFile(file) as archive:
        meta = json.loads(archive.read("meta_data.json"))
        rows = list(csv.DictReader(io.StringIO(archive.read("label.csv").decode())))
    assert meta["feedback_type"] == "comparative" and meta["query_length"] == 4
    assert list(json.loads(meta["question"])) == ["Which one is nearer?"]
    assert [row["skip_num"] for row in rows] == ["0", "0", "0", "0", "1"]
    assert {row["annotator_name"] for row in rows} == {"ann"}
    assert len(json.loads(rows[2]["label"].replace("'", '"'))) == 2, "two people have answered"


def platform_zip(path: Path, rows: str, **meta: object) -> Path:
    """As the platform writes one: without the numbers."""
    about = {
        "project_name": "walk",
        "feedback_type": "comparative",
        "question": json.dumps({"Which is better?": ["Equal", "Right", "Left"]}),
    }
    header = "id,query_id,project_id,completion_time,marked_num,skip_num,video_url,"
    header += "start_indices_1,end_indices_1,start_indices_2,end_indices_2,"
    header += "feedback_type,label,extra,annotator_id,annotator_name\r\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta_data.json", json.dumps(about | meta))
        archive.writestr("label.csv", header + rows)
    return path


ROW = "1,q,p,2024-01-01,1,0,@/video.mp4,{a},{b},{c},{d},comparative,{label},,3,ann\r\n"
GOOD = ROW.format(a=0, b=4, c=10, d=14, label="\"{'3': {'0': 2}}\"")


def numbers(path: Path) -> Path:
    steps = np.arange(20, dtype=np.float64)
    np.savez(path, observations=np.stack((steps, steps * 2), 1), actions=steps[:, None])
    return path


def test_a_file_of_the_platform_names_steps_of_a_data_set(tmp_path: Path) -> None:
    skipped = ROW.format(a=0, b=4, c=10, d=14, label="")
    file, data = platform_zip(tmp_path / "walk.zip", GOOD + skipped), numbers(tmp_path / "walk.npz")
    found = back(tmp_path, lambda store: import_unirlhf(store, file, data))
    assert found == [("left", [0.0, 0.0], [10.0, 20.0])], "the options are told by their words"


WRONG: dict[str, tuple[str, dict[str, object], str]] = {
    "beyond the data": (
        ROW.format(a=0, b=4, c=18, d=22, label="\"{'3': {'0': 1}}\""),
        {},
        "end_indices_2 in row 1 .* from 0 to 20",
    ),
    "no steps": (
        ROW.format(a="x", b=4, c=0, d=4, label="\"{'3': {'0': 1}}\""),
        {},
        "start_indices_1 in row 1",
    ),
    "no such option": (
        ROW.format(a=0, b=4, c=5, d=9, label="\"{'3': {'0': 5}}\""),
        {},
        "has the answer 5, there are 3",
    ),
    "code in place of a label": (
        ROW.format(a=0, b=4, c=5, d=9, label="__import__('os').getcwd()"),
        {},
        "label must be such as",
    ),
    "another kind of feedback": (
        GOOD,
        {"feedback_type": "keypoint"},
        "has feedback 'keypoint', comparative is read",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_of_the_platform_that_is_wrong_says_so(case: str, tmp_path: Path) -> None:
    rows, meta, told = WRONG[case]
    file, data = platform_zip(tmp_path / "walk.zip", rows, **meta), numbers(tmp_path / "walk.npz")
    with Store.open(tmp_path / "back.db") as store, pytest.raises(InvalidInput, match=told):
        import_unirlhf(store, file, data)


def test_what_is_no_export_says_so(tmp_path: Path) -> None:
    file = platform_zip(tmp_path / "walk.zip", GOOD)
    (tmp_path / "text.zip").write_text("nothing")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "")
    with Store.open(tmp_path / "back.db") as store:
        for name, told in (
            (file.name, "say which with --data, an npz with observations and actions"),
            ("text.zip", "cannot be read: .*no zip file"),
            ("other.zip", "has no meta_data.json and no label.csv"),
        ):
            with pytest.raises(InvalidInput, match=told):
                import_unirlhf(store, tmp_path / name)
