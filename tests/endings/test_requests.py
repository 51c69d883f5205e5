"""A request to end, wherever it comes: one line, the shell's exit status, no traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

StandIn = Callable[..., Any]
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
BY = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "the end of its terminal (SIGHUP)"}
WORK = """
import time
from armchair.cli.endings.told import leaving
def main(argv):
    with leaving(lambda: "half of it is there"):
        print("begun", flush=True)
        time.sleep(60)
"""
"""The body of a command that works for a minute."""


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_each_signal_has_its_words_and_status(number: signal.Signals, stand_in: StandIn) -> None:
    job = stand_in(WORK, "--json")
    job.wait_for("begun")
    job.send(number, number, number)
    assert job.end() == STATUS[number]
    assert job.line() == f"armchair: stopped by {BY[number]}; half of it is there"
    assert json.loads(job.out[-1]) == {"command": "envs", "error": job.line().removeprefix("armchair: ")}


CHECKPOINT = """
import time
from armchair.runs.undisturbed import undisturbed
from armchair.runs.checkpoint import on_exit
def save():
    print("saving", flush=True)
    time.sleep(1.5)
    print("saved", flush=True)
def main(argv):
    with on_exit(save):
        print("begun", flush=True)
        time.sleep(60)
"""


def test_a_second_and_a_third_request_do_not_cost_the_checkpoint(stand_in: StandIn) -> None:
    job = stand_in(CHECKPOINT)
    job.wait_for("begun")
    job.send(signal.SIGINT)
    job.wait_for("saving")
    job.send(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, pause=0.4)
    assert job.end() == 130, "the first one counts"
    assert job.out == ["begun", "saving", "saved"]
    assert job.line() == "armchair: stopped by Ctrl-C"


LOST = """
import gc, time
class Node:
    def __del__(self):
        print("deleting", flush=True)
        time.sleep(1.0)
def main(argv):
    node = Node()
    del node
    time.sleep(60)
"""


def test_a_request_that_python_drops_is_made_again(stand_in: StandIn) -> None:
    job = stand_in(LOST)
    job.wait_for("deleting")
    job.send(signal.SIGTERM)
    assert job.end(20) == 143
    assert job.line() == "armchair: stopped by SIGTERM"


DESTRUCTOR = """
class Env:
    def __del__(self):
        raise RuntimeError("no context to free")
def main(argv):
    env = Env()
    del env
    return 0
"""


def test_what_a_destructor_of_others_raises_is_a_line(stand_in: StandIn) -> None:
    job = stand_in(DESTRUCTOR)
    assert job.end(20) == 0
    line = job.line()
    assert line.startswith("armchair: Exception ignored in")
    assert line.endswith("RuntimeError('no context to free')")


THREAD = """
import atexit, threading
def main(argv):
    atexit.register(print, "put in order")
    threading.Thread(target=threading.Event().wait).start()
    return 2
"""


def test_a_thread_that_never_ends_does_not_keep_the_command(stand_in: StandIn) -> None:
    job = stand_in(THREAD)
    assert job.end(30) == 2
    assert job.out == ["put in order"]


IMPORT = """
import time
def main(argv):
    print("begun", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt as error:
        raise ImportError("something in it did not load") from error
"""


def test_what_an_import_makes_of_a_request_is_still_one(stand_in: StandIn) -> None:
    job = stand_in(IMPORT)
    job.wait_for("begun")
    job.send(signal.SIGINT)
    assert job.end() == 130
    assert job.line() == "armchair: stopped by Ctrl-C"


CALM = """
import time
from armchair.cli.endings.signals import calmly
from armchair.cli.endings.told import leaving
def main(argv):
    with leaving(lambda: "all answers are kept"), calmly() as asked:
        print("begun", flush=True)
        while not asked():
            time.sleep(0.05)
        time.sleep(0.2)
        print("closed", flush=True)
    return 0
"""


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_a_server_ends_in_its_own_way(number: signal.Signals, stand_in: StandIn) -> None:
    job = stand_in(CALM)
    job.wait_for("begun")
    job.send(number)
    assert job.end() == STATUS[number]
    assert job.out == ["begun", "closed"]
    assert job.line() == f"armchair: stopped by {BY[number]}; all answers are kept"


SLOW_EXIT = """
import atexit, time
def main(argv):
    atexit.register(lambda: (print("leaving", flush=True), time.sleep(60)))
    return 0
"""


def test_a_request_while_the_interpreter_ends_ends_it_at_once(stand_in: StandIn) -> None:
    job = stand_in(SLOW_EXIT)
    job.wait_for("leaving")
    job.send(signal.SIGINT)
    assert job.end(20) == 0, "all was done"
    assert job.err == []


IGNORING = """
import os, signal, sys
for name in (signal.SIGHUP, signal.SIGINT):
    signal.signal(name, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
SHORT = """
import sys, time, types
from armchair import cli
def main(argv):
    print("begun", flush=True)
    time.sleep(1.0)
    return 0
sys.modules["armchair.cli.commands.envs"] = types.SimpleNamespace(main=main)
sys.exit(cli.process())
"""


def test_what_nohup_keeps_away_stays_away(process: StandIn) -> None:
    """So does Ctrl-C for what a script began with an ampersand."""
    job = process("-c", IGNORING, "-c", SHORT, "envs")
    job.wait_for("begun")
    job.send(signal.SIGHUP, signal.SIGINT)
    assert job.end() == 0
    assert job.err == []


def test_outside_the_main_thread_nothing_waits_and_nothing_breaks() -> None:
    program = (
        "import threading, sys\nfrom armchair.runs.undisturbed import undisturbed\nfound = []\n"
        "def work():\n    with undisturbed():\n        found.append(1)\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\nsys.exit(found != [1])"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_signal_waits_for_the_end_of_the_block_and_no_longer() -> None:
    from armchair.runs.undisturbed import undisturbed

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        with undisturbed(), undisturbed():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done = True
        pytest.fail("it should have come by now")
    assert done and time.monotonic() - began < 5.0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
