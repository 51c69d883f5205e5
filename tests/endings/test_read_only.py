"""Runs that cannot be written are read: by modes, by a read-only disk, with changes left in a log.

Root may write whatever the modes say, unless it gives that right up: the commands are then started by
`setpriv`, without the capabilities DAC_OVERRIDE and FOWNER.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from armchair.errors import StoreError
from armchair.runs.unwritable import is_writable
from armchair.store.store import Store

GIVE_UP = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"]
WRITE_AND_DIE = """
import os, sys
from armchair.store.store import Store
store = Store.open(sys.argv[1], create=False)
store.board.set_setting("labels", 77)
os._exit(0)
"""
READ = """
import json, sys
from armchair.store.store import Store
with Store.open(sys.argv[1], create=False) as store:
    print(json.dumps([store.board.settings().labels, store.counts().asked]))
"""


def run_python(*words: str) -> subprocess.CompletedProcess[str]:
    """Python as somebody whom modes can keep out."""
    command = [*(GIVE_UP if os.getuid() == 0 else []), sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def armchair(*words: str) -> subprocess.CompletedProcess[str]:
    return run_python("-m", "armchair.cli", *words)


@pytest.fixture
def closed(whole: Path, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """A copy of that run, and what takes the right to write away from all of it."""
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may write anything, and there is no setpriv to give that up")
    copy = tmp_path / "closed" / whole.name
    shutil.copytree(whole, copy)

    def close() -> Path:
        for path in (*copy.rglob("*"), copy):
            path.chmod(0o555 if path.is_dir() else 0o444)
        return copy

    yield close
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize("left", ["nothing", "log", "log and its index"])
def test_a_store_is_read_with_all_that_is_in_its_log(
    left: str, closed: Callable[[], Path], tmp_path: Path
) -> None:
    file = tmp_path / "closed" / "reach-001" / "armchair.db"
    if left != "nothing":
        assert run_python("-c", WRITE_AND_DIE, str(file)).returncode == 0
        assert file.with_name("armchair.db-wal").stat().st_size > 0
    if left == "log":
        file.with_name("armchair.db-shm").unlink()
    before = {path.name: path.read_bytes() for path in closed().iterdir() if path.is_file()}
    found = run_python("-c", READ, str(file))
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == [None if left == "nothing" else 77, 6]
    after = {path.name: path.read_bytes() for path in file.parent.iterdir() if path.is_file()}
    assert after == before


def test_a_store_that_somebody_else_writes_is_read_as_it_is_now(
    closed: Callable[[], Path], tmp_path: Path
) -> None:
    file = tmp_path / "closed" / "reach-001" / "armchair.db"
    with Store.open(file, create=False) as store:
        store.board.set_setting("labels", 50)
        closed()
        assert json.loads(run_python("-c", READ, str(file)).stdout) == [50, 6]
        store.board.set_setting("labels", 51)
        assert json.loads(run_python("-c", READ, str(file)).stdout) == [51, 6]


def test_what_would_change_it_is_refused_in_a_line(closed: Callable[[], Path]) -> None:
    run = closed()
    done = armchair("annotators", str(run), "--exclude", "teacher")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "is read-only: look at it, nothing can be changed" in line
    done = armchair("resume", str(run))
    assert (done.returncode, done.stderr) == (2, f"armchair: {run} cannot be written: Permission denied\n")


def test_an_older_store_that_cannot_be_brought_up_to_date_says_so(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "armchair.db"
    shutil.copy(whole / "armchair.db", copy)
    with contextlib.closing(sqlite3.connect(copy)) as conn:
        conn.execute("UPDATE meta SET value = '2' WHERE key = 'schema'")
        conn.commit()
    monkeypatch.setattr("armchair.runs.unwritable.is_writable", lambda file: False)
    with pytest.raises(StoreError, match="of an older armchair and cannot be written: copy the run"):
        Store.open(copy, create=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "export RUN --out OUT/tables",
        "export RUN --out OUT/folder --format seed",
        "export RUN --backup OUT/copy",
        "annotators RUN",
        "doctor RUN",
        "evaluate RUN --episodes 4",
        "play RUN --episodes 1",
        "play RUN --episodes 1 --html OUT/replay.html",
        "compare reach --run RUN --seeds 1 --steps 256 --config smoke --runs OUT",
    ],
)
def test_commands_that_read_do_so(words: str, closed: Callable[[], Path], tmp_path: Path) -> None:
    run, out = closed(), tmp_path / "out"
    out.mkdir()
    assert not is_writable(run / "armchair.db") or os.getuid() == 0
    given = [word.replace("RUN", str(run)).replace("OUT", str(out)) for word in words.split()]
    done = armchair(*given, "--json")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    if words.startswith("evaluate"):
        assert "no plot of the reliability: " in done.stderr and summary["reliability"] is None
        assert summary["success"] is not None and summary["accuracy"] is not None
    if "--backup" in words:
        again = armchair("resume", str(out / "copy"), "--json")
        assert again.returncode == 0, again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("small_disk", [16], indirect=True)
@pytest.mark.parametrize("words", ["annotators RUN", "doctor RUN", "evaluate RUN --episodes 4"])
def test_a_read_only_disk_is_read_even_by_root(words: str, small_disk: Path, whole: Path) -> None:
    run = small_disk / whole.name
    shutil.copytree(whole, run)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    command = [sys.executable, "-m", "armchair.cli", *words.replace("RUN", str(run)).split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_shows_it_and_takes_nothing(closed: Callable[[], Path]) -> None:
    run = closed()
    words = [*(GIVE_UP if os.getuid() == 0 else []), sys.executable, "-m", "armchair.cli"]
    process = subprocess.Popen(
        [*words, "label", str(run), "--no-open", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        assert "is read-only: the page shows it, and takes no answers" in process.stderr.readline()
        found = re.fullmatch(r"answer here: (\S+)/login#(\S+)\n", process.stdout.readline())
        assert found is not None
        with httpx.Client(base_url=found[1], headers={"X-Armchair": "1"}, timeout=60.0) as http:
            assert http.post("/api/login", json={"token": found[2]}).status_code == 204
            assert http.get("/api/state").json()["progress"]["answers"] == 6
            assert len(http.get("/api/history?everyone=true").json()["rows"]) == 6
            assert http.post("/api/pairs", json={"want": 2}).json() == {"pairs": [], "reason": "read_only"}
            refused = http.post("/api/settings", json={"key": "labels", "value": 9})
            assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 143
        again = f"`armchair label {run}` serves the page again"
        assert err == f"armchair: stopped by SIGTERM; nothing was changed, {again}\n"
    finally:
        process.kill()
        process.communicate()


def test_what_a_page_would_need_to_write_is_refused_at_once(closed: Callable[[], Path]) -> None:
    run = str(closed())
    for flag, told in (("--invite=ann", "leave --invite out"), ("--streamlit", "leave --streamlit out")):
        done = armchair("label", run, flag, "--no-open", "--port", "0")
        assert done.returncode == 2
        assert told in done.stderr and done.stderr.count("\n") == 1
