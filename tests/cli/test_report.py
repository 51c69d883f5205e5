from __future__ import annotations

import json

import pytest

from armchair.cli.report import Report, table
from armchair.jsonable import finite

Capture = pytest.CaptureFixture[str]


def test_with_json_standard_output_is_one_object_and_people_read_standard_error(capsys: Capture) -> None:
    report = Report("play", as_json=True)
    report.say("hello")
    report.log("working")
    report.finish({"task": "reach", "success": 0.5})
    captured = capsys.readouterr()
    assert captured.err == "hello\nworking\n"
    summary = json.loads(captured.out)
    assert captured.out.count("\n") == 1
    assert list(summary) == ["command", "task", "success", "seconds"]
    assert (summary["command"], summary["task"], summary["success"]) == ("play", "reach", 0.5)
    assert 0 <= summary["seconds"] < 10


def test_without_json_people_read_standard_output_and_no_object_follows(capsys: Capture) -> None:
    report = Report("play", as_json=False)
    report.say("hello")
    report.log("working")
    report.finish({"task": "reach"})
    assert capsys.readouterr() == ("hello\n", "working\n")


def test_numbers_that_json_lacks_become_null() -> None:
    assert finite({"a": float("nan"), "b": [1.5, float("inf")], "c": "nan"}) == {
        "a": None,
        "b": [1.5, None],
        "c": "nan",
    }


def test_table_aligns_columns() -> None:
    assert table([("a", "one"), ("long", "two")]) == "  a     one\n  long  two"
    assert table([]) == ""
