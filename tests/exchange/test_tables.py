"""What other programs are given."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from armchair.errors import MissingDependency
from armchair.exchange.tables import (
    ANSWER_COLUMNS,
    CLIP_COLUMNS,
    Exported,
    export_jsonl,
    export_parquet,
)
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Choice, Question

AskAbout = Callable[[Sequence[tuple[float, float]]], list[Question]]
Row = dict[str, object]


@pytest.fixture
def answered(store: Store, ask: AskAbout) -> Store:
    """Three answers, one of them flipped and one "can't tell", another taken back, one question open."""
    ask([(0, 1), (2, 3), (4, 5), (6, 7)])
    choices: list[Choice] = ["left", "cant_tell", "tie", "right"]
    for choice in choices:
        (question,) = store.claim("ann")
        store.submit(Answer(new_id(), question.id, "ann", choice, 2.0, 1.5, 12.0, choice == "tie", "3.1"))
    store.undo("ann")
    store.flip(store.history("ann")[-1].answer.id)
    return store


def check(store: Store, files: Exported, answers: list[Row], clips: list[Row]) -> None:
    assert (files.answers, files.clips) == (len(answers), len(clips)) == (3, 6)
    assert [row["choice"] for row in answers] == ["cant_tell", "tie", "right"]
    assert list(answers[0]) == list(ANSWER_COLUMNS) and list(clips[0]) == list(CLIP_COLUMNS)
    assert {row["annotator_kind"] for row in answers} == {"person"}
    assert [row["swapped"] for row in answers] == [False, True, False]
    assert {(row["page"], row["guess"], row["repeat_of"]) for row in answers} == {("3.1", None, None)}
    by_id = {row["clip"]: row for row in clips}
    for row in answers:
        for side in ("left_clip", "right_clip"):
            clip = store.clips([str(row[side])])[0]
            found = by_id[row[side]]
            assert clip.poses is not None
            assert found["visible"] == clip.visible.tolist() and found["poses"] == clip.poses.tolist()
            assert found["action"] == clip.action.tolist() and found["reward"] == clip.reward.tolist()


def test_json_lines_hold_what_is_in_force(answered: Store, tmp_path: Path) -> None:
    files = export_jsonl(answered, tmp_path / "out")
    answers, clips = (
        [json.loads(line) for line in path.read_text().splitlines()] for path in (files[0], files[1])
    )
    check(answered, files, answers, clips)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["answers.jsonl", "clips.jsonl"]


def test_parquet_holds_the_same(answered: Store, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    files = export_parquet(answered, tmp_path / "out")
    answers, clips = (parquet.read_table(path).to_pylist() for path in (files[0], files[1]))
    check(answered, files, answers, clips)


def test_the_wish_of_an_answer_is_told(answered: Store, ask: AskAbout, tmp_path: Path) -> None:
    answered.add_wish("high", "Which one is higher?")
    (pair,) = ask([(8, 9)])
    answered.ask([pair._replace(id=new_id(), wish="high")], priority=1.0)
    question = next(given for given in answered.claim("ann", n=2) if given.wish == "high")
    answered.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.5, 12.0))
    expected = [None, None, None, "high"]
    with export_jsonl(answered, tmp_path).answers_file.open() as lines:
        assert [json.loads(line)["wish"] for line in lines] == expected
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(export_parquet(answered, tmp_path).answers_file)
    assert table.column("wish").to_pylist() == expected and str(table.schema.field("wish").type) == "string"


def test_what_excluded_annotators_said_is_not_given_on(answered: Store, tmp_path: Path) -> None:
    answered.people.exclude("ann")
    files = export_jsonl(answered, tmp_path)
    assert files.answers == files.clips == 0


def test_an_empty_store_gives_empty_tables(store: Store, tmp_path: Path) -> None:
    files = export_jsonl(store, tmp_path)
    assert files.answers_file.read_text() == files.clips_file.read_text() == ""


def test_parquet_without_pyarrow_says_what_to_install(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingDependency, match=r"pip install 'armchair\[parquet\]'"):
        export_parquet(store, tmp_path)


def test_every_column_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(\w+)` \|", page.partition("## LeRobot")[0], re.MULTILINE)
    assert explained == [*ANSWER_COLUMNS, *CLIP_COLUMNS]
