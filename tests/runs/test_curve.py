"""The curve of a run's wishes: what is written is read, and what is no curve is refused in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from armchair.errors import InvalidInput, RunError
from armchair.runs.curve import Curve, Row, along, as_json, between, gain, read_curve, write_curve
from armchair.runs.folder import RunDir

LIFT = Curve(
    ("carry_high",),
    ("Which one carries the block higher?",),
    (0.6,),
    (
        Row((1.0,), 0.5, 0.25, (0.75,)),
        Row((0.0,), 1.0, 0.75, (0.25,)),
        Row((0.5,), 0.75, None, (1.25,)),
    ),
)
TWO = Curve(
    ("high", "soft"),
    ("Which is higher?", "Which is softer?"),
    (0.0, 1.0),
    (
        Row((0.0, 0.0), 1.0, None, (0.0, 0.0)),
        Row((1.0, 0.0), 0.9, None, (1.0, 0.0)),
        Row((0.5, 0.5), 0.8, None, (0.5, 0.5)),
        Row((1.0, 1.0), 0.7, None, (1.0, 1.0)),
        Row((0.0, 1.0), 0.6, None, (0.0, 1.0)),
    ),
)


def run_with(tmp_path: Path, told: Any) -> RunDir:
    run = RunDir.create(tmp_path, "lift", {})
    (run.path / "curve.json").write_text(told if isinstance(told, str) else json.dumps(told))
    return run


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "lift", {})
    assert read_curve(run) is None
    write_curve(run, LIFT)
    assert read_curve(run) == LIFT
    told = json.loads((run.path / "curve.json").read_text())
    assert told["rows"][0] == {
        "weights": {"carry_high": 1.0},
        "done": 0.5,
        "success": 0.25,
        "wish": {"carry_high": 0.75},
    }
    assert told["questions"] == {"carry_high": "Which one carries the block higher?"}


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"wishes": []}, "1 to 8 names"),
        ({"wishes": [f"w{k}" for k in range(9)]}, "1 to 8 names"),
        ({"wishes": ["carry_high", "carry_high"]}, "a name of its own"),
        ({"wishes": ["a\nb"]}, "printable"),
        ({"wishes": [3]}, "printable"),
        ({"questions": {}}, "each of carry_high"),
        ({"questions": {"carry_high": "x" * 301}}, "1 to 300"),
        ({"chosen": {"carry_high": 1.5}}, "from 0 to 1, got 1.5"),
        ({"chosen": {"carry_high": True}}, "must be a number"),
        ({"chosen": {"carry_low": 0.5}}, "each of carry_high"),
        ({"rows": "many"}, "a list of at most 1000"),
        ({"rows": [{}] * 1001}, "a list of at most 1000"),
        ({"rows": [[]]}, "must be an object"),
        ({"rows": [{"weights": {"carry_high": 0.5}, "wish": {"carry_high": 0}}]}, "done must be a number"),
    ],
)
def test_what_is_no_curve_is_refused(tmp_path: Path, change: dict[str, Any], hint: str) -> None:
    with pytest.raises(RunError, match=r"curve\.json cannot be read") as error:
        read_curve(run_with(tmp_path, {**as_json(LIFT), **change}))
    assert hint in str(error.value) and len(str(error.value)) < 400


@pytest.mark.parametrize("text", ["", "[]", "{", '{"wishes": NaN}', "[" * 5000, "x" * (2**20 + 1)])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read_curve(run_with(tmp_path, text))


def test_numbers_that_are_none_are_not_written(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "lift", {})
    write_curve(run, LIFT)
    for wrong in (
        LIFT._replace(chosen=(1.1,)),
        LIFT._replace(rows=(Row((0.0,), float("nan"), None, (0.0,)),)),
    ):
        with pytest.raises(InvalidInput):
            write_curve(run, wrong)
    assert read_curve(run) == LIFT


def test_along_one_wish_the_others_stay_where_they_are_nearest() -> None:
    assert [row.weights for row in along(LIFT, "carry_high", {})] == [(0.0,), (0.5,), (1.0,)]
    assert [row.done for row in along(TWO, "high", {"soft": 0.2})] == [1.0, 0.9]
    assert [row.done for row in along(TWO, "high", {"soft": 0.9})] == [0.6, 0.7]
    assert [row.done for row in along(TWO, "soft", {"high": 0.0})] == [1.0, 0.6]
    halfway = along(TWO, "high", {"soft": 0.5})
    assert len(halfway) == 2, "one place alone is no line"
    assert along(LIFT._replace(rows=()), "carry_high", {}) == ()


def test_between_two_rows_lies_the_line() -> None:
    rows = along(LIFT, "carry_high", {})
    assert between(rows, 0, 0.25) == Row((0.25,), 0.875, None, (0.75,))
    assert between(rows, 0, 0.5) == rows[1]
    assert between(rows, 0, 0.75) == Row((0.75,), 0.625, None, (1.0,))
    assert between(rows[1:], 0, 0.1) == rows[1], "nobody knows what is before the first"
    assert between(rows[:2], 0, 0.9) == rows[1]
    assert between((), 0, 0.5) is None
    both = along(TWO, "high", {"soft": 0.0})
    assert between(both, 0, 0.5) == Row((0.5, 0.0), 0.95, None, (0.5, 0.0))


def test_gain_is_the_way_to_the_best_that_a_weight_brings() -> None:
    rows = along(LIFT, "carry_high", {})
    assert [gain(rows, 0, wish) for wish in (0.25, 0.75, 1.25, 0.0)] == [0.0, 0.5, 1.0, -0.25]
    assert gain(rows[:1], 0, 0.25) is None and gain((), 0, 0.0) is None
