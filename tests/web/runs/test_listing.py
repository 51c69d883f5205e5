"""What the list says of runs in every state, and that a broken one is a row like any other."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_lock
from armchair.web.processes.launcher import LOG
from armchair.web.runs import listing
from armchair.web.runs.listing import Listing, Row

NOW = 1_000_000.0
PERSON = {"task": "reach", "teacher": {"name": "person"}, "queries": {"labels": 30}}


def make(root: Path, config: dict[str, Any] = PERSON, **status: Any) -> RunDir:
    run = RunDir.create(root, "reach", config)
    if status:
        told = {"question": "Which one is closer?", "success": 0.85, "labels": 30, **status}
        with Store.open(run.store_file, clock=lambda: NOW) as store:
            store.board.set_status(told)
    return run


def only(root: Path) -> Row:
    (row,) = Listing(root, lambda: NOW + 5).rows()
    return row


@pytest.mark.parametrize(
    ("phase", "state"),
    [("practising", "running"), ("collecting", "running"), ("waiting", "waiting"), ("paused", "paused")],
)
def test_a_run_whose_trainer_is_at_work(tmp_path: Path, phase: str, state: str) -> None:
    run = make(tmp_path, phase=phase)
    with trainer_lock(run):
        row = only(tmp_path)
    assert (row["state"], row["can_stop"], row["can_teach_on"], row["can_open"]) == (state, True, False, True)
    assert (row["name"], row["task"], row["question"]) == ("reach-001", "reach", "Which one is closer?")
    assert (row["answers"], row["budget"], row["success"], row["active"]) == (0, 30, 0.85, NOW)


def test_a_run_that_stopped_or_is_done_can_go_on(tmp_path: Path) -> None:
    make(tmp_path, phase="stopped")
    row = only(tmp_path)
    assert (row["state"], row["detail"], row["more"]) == ("stopped", "", 0)
    assert row["can_teach_on"] and not row["can_stop"]


def test_a_spent_budget_is_raised_to_go_on(tmp_path: Path) -> None:
    run = make(tmp_path, phase="done")
    with Store.open(run.store_file) as store:
        store.board.set_setting("labels", 1)
    row = only(tmp_path)
    assert (row["state"], row["answers"], row["budget"], row["more"]) == ("done", 0, 1, 30)
    assert row["can_teach_on"]


def test_a_trainer_that_died_says_its_last_line(tmp_path: Path) -> None:
    run = make(tmp_path, phase="practising")
    assert only(tmp_path)["detail"] == "Its trainer ended without a word."
    (run.path / LOG).write_text("# start\nTraceback\nOSError: no space left\n")
    row = only(tmp_path)
    assert (row["state"], row["detail"]) == ("stopped", "Last line of its log: OSError: no space left")
    assert row["can_teach_on"]
    (run.path / LOG).write_text("# start\narmchair: stopped by SIGTERM; nothing was learned yet\n")
    assert (only(tmp_path)["state"], only(tmp_path)["detail"]) == ("stopped", ""), "before it said anything"


def test_nothing_of_the_success_is_shown_for_another_wish(tmp_path: Path) -> None:
    run = make(tmp_path, phase="stopped")
    with Store.open(run.store_file) as store:
        store.board.set_setting("question", "Which one dances?")
    row = only(tmp_path)
    assert (row["question"], row["success"]) == ("Which one dances?", None)


def test_a_simulated_teacher_is_named_and_goes_on_only_where_it_stopped(tmp_path: Path) -> None:
    run = make(tmp_path, {**PERSON, "teacher": {"name": "oracle"}}, phase="done")
    row = only(tmp_path)
    assert (row["teacher"], row["can_teach_on"], row["more"]) == ("oracle", False, 0)
    with Store.open(run.store_file) as store:
        store.board.set_status({"phase": "stopped"})
    assert only(tmp_path)["can_teach_on"]


def test_a_run_that_learned_from_the_tasks_reward(tmp_path: Path) -> None:
    run = make(tmp_path, {"command": "train", "task": "push"})
    row = only(tmp_path)
    assert (row["state"], row["teacher"], row["can_open"]) == ("stopped", "reward", False)
    run.log({"env_steps": 1, "eval_success": 0.9})
    row = only(tmp_path)
    assert (row["state"], row["success"], row["can_teach_on"]) == ("done", 0.9, False)


def test_broken_runs_are_rows_and_the_others_are_there(tmp_path: Path) -> None:
    make(tmp_path, phase="stopped")
    make(tmp_path).config_file.write_text("task: [")
    make(tmp_path).store_file.write_bytes(b"nonsense" * 1000)
    make(tmp_path, {"command": "compare"})  # holds runs of its own
    make(tmp_path, {"command": "sweep"})  # so does this
    (tmp_path / "stray").mkdir()
    rows = {row["name"]: row for row in Listing(tmp_path).rows()}
    assert {name: row["state"] for name, row in rows.items()} == {
        "reach-001": "stopped",
        "reach-002": "broken",
        "reach-003": "broken",
    }
    assert "cannot be read" in rows["reach-002"]["detail"]
    assert "file is not a database" in rows["reach-003"]["detail"]
    assert all("\n" not in row["detail"] for row in rows.values())


def test_whatever_was_put_into_a_folder_is_no_more_than_a_broken_row(tmp_path: Path) -> None:
    make(tmp_path, {"command": "train", "task": "push"}).metrics_file.mkdir()
    make(tmp_path, {"command": "train", "task": "push"}).metrics_file.write_text("[]\n3\n")
    make(tmp_path, {"task": 3, "teacher": [], "queries": "many"}, phase=3, labels="x", success=[])
    (tmp_path / "reach-\udce9").mkdir()
    (tmp_path / "reach-\udce9" / "config.yaml").write_text("- 1")
    rows = Listing(tmp_path).rows()
    assert len(rows) == 4 and [row["state"] for row in rows].count("broken") >= 2
    assert json.dumps(rows, ensure_ascii=False).encode()


def test_a_database_that_does_not_answer_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def ask(run: RunDir) -> None:
        assert answers.wait(60)

    make(tmp_path, {**PERSON, "store": "postgresql://ann:secret@nowhere/reach"})
    monkeypatch.setattr(listing, "_read", ask)
    made = Listing(tmp_path, lambda: NOW)
    for _ in range(3):
        (row,) = made.rows()
        assert row["state"] == "broken"
        assert row["detail"] == "postgresql://ann:***@nowhere/reach has not answered yet"
    assert threading.active_count() < 20
    answers.set()
    until = time.monotonic() + 60
    while made.rows()[0]["state"] == "broken":
        assert time.monotonic() < until
    assert made.rows()[0]["state"] == "stopped"


def test_those_at_work_come_first_and_what_changes_is_read_again(tmp_path: Path) -> None:
    for phase in ("stopped", "stopped", "waiting"):
        make(tmp_path, phase=phase)
    made = Listing(tmp_path)
    with trainer_lock(RunDir(tmp_path / "reach-002")):
        assert made.rows()[0]["name"] == "reach-002"
    with Store.open(tmp_path / "reach-003" / "armchair.db", clock=time.time) as store:
        store.board.set_status({"phase": "done"})
    assert made.rows()[0]["name"] == "reach-003"
    assert made.rows()[0]["state"] == "done"


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert Listing(tmp_path / "nowhere").rows() == []
