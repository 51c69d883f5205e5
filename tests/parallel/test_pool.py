"""Work shared among processes: equal to serial, and what dies or fails costs its own piece alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from armchair.errors import InvalidInput
from armchair.parallel.events import Done, Event, Failed, Told
from armchair.parallel.pool import side_by_side

HERE = Path(__file__).parent
Hear = Callable[[Event], bool]


def heard(events: list[Event]) -> Hear:
    def hear(event: Event) -> bool:
        events.append(event)
        return True

    return hear


def of(kind: type[Event], events: list[Event]) -> list[Event]:
    return sorted((event for event in events if isinstance(event, kind)), key=lambda event: event.number)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_piece_is_done_once_and_told_of_under_its_number(pieces: ModuleType, workers: int) -> None:
    events: list[Event] = []
    side_by_side(pieces.square, [5, 6, 7], workers, heard(events))
    assert of(Done, events) == [Done(0, 25), Done(1, 36), Done(2, 49)]
    assert of(Told, events) == [Told(0, 5), Told(1, 6), Told(2, 7)]
    assert len(events) == 6


def test_so_many_processes_share_it_and_are_gone_afterwards(pieces: ModuleType) -> None:
    events: list[Event] = []
    side_by_side(pieces.who, range(6), 2, heard(events))
    pids = {event.result for event in events if isinstance(event, Done)}
    assert len(pids) == 2 and os.getpid() not in pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(str(pid)), 0)


def test_a_piece_that_fails_or_kills_its_process_costs_no_other(pieces: ModuleType) -> None:
    events: list[Event] = []
    side_by_side(pieces.faulty, [0, 1, 2, 3, 4, 5, 6], 2, heard(events))
    assert of(Done, events) == [Done(0, 0), Done(5, 5), Done(6, 6)]
    bad, mistake, died, killed = of(Failed, events)
    assert bad == Failed(1, "no ones, please")
    assert isinstance(mistake, Failed) and isinstance(died, Failed) and isinstance(killed, Failed)
    assert mistake.why == "KeyError: 'two'" and "in faulty" in mistake.trace
    assert died == Failed(3, "its process ended, with exit code 7")
    assert killed.why.startswith("its process ended, killed by SIGKILL")


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_are_begun_once_whoever_listens_says_so(pieces: ModuleType, workers: int) -> None:
    events: list[Event] = []

    def hear(event: Event) -> bool:
        events.append(event)
        return not isinstance(event, Failed)

    side_by_side(pieces.faulty, [1, *[10] * 30], workers, hear)
    assert len(of(Failed, events)) == 1
    assert len(of(Done, events)) < 30


@pytest.mark.parametrize("workers", [0, -1, 65])
def test_numbers_that_cannot_be(pieces: ModuleType, workers: int) -> None:
    with pytest.raises(InvalidInput, match=f"--workers must be at least 1 and at most 64, got {workers}"):
        side_by_side(pieces.square, [1], workers, lambda event: True)


SCRIPT = """
import sys
import pieces
from armchair.parallel.pool import side_by_side
if __name__ == "__main__":
    side_by_side(pieces.endless, [sys.argv[1]] * 2, 2, lambda event: True)
"""


@pytest.mark.parametrize(("how", "closes"), [("SIGINT", True), ("SIGKILL", False)])
def test_processes_end_with_their_parent(tmp_path: Path, how: str, closes: bool) -> None:
    """On Ctrl-C, which the whole group hears, each closes what it has open and says nothing."""
    (tmp_path / "script.py").write_text(SCRIPT)
    path = os.pathsep.join((str(HERE), os.environ.get("PYTHONPATH", "")))
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while len(began := list(tmp_path.glob("*.began"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(began) == 2
    number = getattr(signal, how)
    if closes:
        os.killpg(parent.pid, number)
    else:
        parent.kill()
    _, told = parent.communicate(timeout=30)
    assert told.count("Traceback") == (1 if closes else 0)  # the script's own, which nobody catches
    until = time.monotonic() + 10
    left = [int(file.stem) for file in began]
    while left and time.monotonic() < until:
        left = [pid for pid in left if Path(f"/proc/{pid}").exists()]
        time.sleep(0.05)
    assert not left
    assert len(list(tmp_path.glob("*.ended"))) == (2 if closes else 0)


SLOW = """
import os, pathlib, time
if "LOADS_SLOWLY" in os.environ:
    pathlib.Path(f"{os.getpid()}.loads").touch()
    time.sleep(2)
def endless(given, tell):
    time.sleep(1000)
"""


def test_processes_whose_parent_goes_while_they_load_end_too(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "script.py").write_text(
        "import os"
        + SCRIPT.replace("pieces", "slow").replace(
            "    side", "    os.environ['LOADS_SLOWLY'] = 'x'\n    side"
        )
    )
    parent = subprocess.Popen([sys.executable, "script.py", "x"], cwd=tmp_path, start_new_session=True)
    until = time.monotonic() + 60
    while len(loading := list(tmp_path.glob("*.loads"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    left = [int(file.stem) for file in loading]
    assert len(left) == 2
    until = time.monotonic() + 30
    while left and time.monotonic() < until:
        left = [pid for pid in left if Path(f"/proc/{pid}").exists()]
        time.sleep(0.05)
    assert not left
