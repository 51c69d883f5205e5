"""Soak: 20 simulated annotators over HTTP against a live run of teaching, something killed every minute.

`python benchmarks/soak.py --minutes 20`. The page's server and the trainer are killed in turn with SIGKILL;
the server comes back by itself, the trainer by `armchair resume`. Answers are those of somebody who wants the
tool near the goal, judged from the clips as they are drawn. Like the page, an annotator sends again what was
not acknowledged. In the end all that was acknowledged is looked for in the store.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from _annotators import Annotator
from _timing import finish

from armchair.store.integrity import check_store
from armchair.store.store import Store

MINUTES = 20  # `armchair bench` runs what takes minutes only when it is named
SETTLED = 25.0  # s after which a process that was started has all it needs
PRESET = """
queries: {labels: 100000, first: 40}
schedule: {session: 20, session_every: 2, updates: 1000000, patience: 50, queue: 60}
evaluation: {every: 50, episodes: 20}
ppo:
  gamma: 0.95
"""
TURNS = ("server", "trainer")  # what is killed, in turn


class Arguments(argparse.Namespace):
    """The command line."""

    minutes: float
    people: int
    seconds: float
    every: float
    keep: Path | None


class Sample(NamedTuple):
    """A process at one moment."""

    life: int  # which of those that came one after the other
    age: float  # s
    memory: float  # MB
    files: int


class Run:
    """The run of teaching: a trainer and, below it, the page's server."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._said = (folder / "said.txt").open("a")
        preset = folder / "soak.yaml"
        preset.write_text(PRESET)
        words = ["teach", "reach", "--runs", str(folder), "--config", str(preset)]
        self.trainer = self._start(words)
        self.store = folder / "reach-001" / "armchair.db"
        self.wait()

    def _start(self, words: list[str]) -> psutil.Popen:
        command = [sys.executable, "-m", "armchair.cli", *words, "--no-open", "--exit-when-done"]
        command += ["--port", str(self._port)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return psutil.Popen(command, stdout=self._said, stderr=self._said, env=environment)

    def wait(self, patience: float = 120.0) -> None:
        """Until the page is served."""
        until = time.monotonic() + patience
        while time.monotonic() < until and self.trainer.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError((self._folder / "said.txt").read_text()[-2000:])

    def server(self) -> psutil.Process | None:
        """The page's server, while there is one."""
        for child in self.trainer.children():
            if "armchair.web" in child.cmdline():
                return child
        return None

    def kill(self, what: str) -> None:
        """Kill one of the two; returns when the page is served again."""
        victim = self.server() if what == "server" else self.trainer
        if victim is None:
            return
        victim.kill()
        victim.wait()
        if what == "trainer":
            free = time.monotonic() + 30
            while time.monotonic() < free and self._listens():  # the server has to notice
                time.sleep(0.05)
            self.trainer = self._start(["resume", str(self.store.parent)])
        self.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.trainer.terminate()
        self.trainer.wait(60)
        self._said.close()


class Watch:
    """Memory and open files of trainer and server over time."""

    def __init__(self) -> None:
        self.samples: dict[str, list[Sample]] = {"server": [], "trainer": []}
        self._pids: dict[str, list[int]] = {"server": [], "trainer": []}

    def look(self, run: Run) -> None:
        """Take a sample of each."""
        for name, process in (("server", run.server()), ("trainer", run.trainer)):
            if process is None:
                continue
            try:
                age, memory = time.time() - process.create_time(), process.memory_info().rss / 2**20
                files = process.num_fds()
            except psutil.Error:
                continue
            if process.pid not in self._pids[name]:
                self._pids[name].append(process.pid)
            life = self._pids[name].index(process.pid)
            self.samples[name].append(Sample(life, age, memory, files))

    def ends(self, name: str) -> tuple[Sample, Sample]:
        """A typical sample of the first and of the last life that was long enough, at the same age.

        Of a life without end: of its first minute and of its last.
        """
        settled = [sample for sample in self.samples[name] if sample.age >= SETTLED]
        lives = sorted({sample.life for sample in settled})
        if len(lives) == 1:
            begin, end = settled[0].age + 60.0, settled[-1].age - 60.0
            return _typical([s for s in settled if s.age <= begin]), _typical(
                [s for s in settled if s.age >= end]
            )
        first, last = ([s for s in settled if s.life == life] for life in (lives[0], lives[-1]))
        span = min(first[-1].age, last[-1].age)
        typical = [_typical([s for s in some if s.age <= span + 2.0]) for some in (first, last)]
        return typical[0], typical[1]


def _typical(samples: list[Sample]) -> Sample:
    columns = [statistics.median(column) for column in zip(*samples, strict=True)]
    return Sample(int(columns[0]), columns[1], columns[2], int(columns[3]))


def soak(given: Arguments, folder: Path) -> tuple[Run, list[Annotator], Watch, dict[str, int]]:
    """All of it, to the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    run, watch, stop = Run(folder, port), Watch(), threading.Event()
    with Store.open(run.store, create=False) as store:
        links = {f"person {i}": store.people.invite(f"person {i}") for i in range(given.people)}
    people = [Annotator(name, port, token, given.seconds, stop) for name, token in links.items()]
    for person in people:
        person.start()
    began = time.monotonic()
    killed: dict[str, int] = dict.fromkeys(TURNS, 0)
    due = given.every
    try:
        while (now := time.monotonic() - began) < 60 * given.minutes:
            watch.look(run)
            if given.every and now >= due:
                what = TURNS[sum(killed.values()) % len(TURNS)]
                run.kill(what)
                killed[what] += 1
                due += given.every
                count = sum(len(person.tally.acknowledged) for person in people)
                print(
                    f"{now:.0f} s: {what} killed, back after {time.monotonic() - began - now:.1f} s; {count}"
                )
            time.sleep(2.0)
    finally:
        stop.set()
        for person in people:
            person.join(120)
        run.stop()
    return run, people, watch, killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="between two answers of one person")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two kills, 0 for none")
    parser.add_argument("--keep", type=Path, help="an empty folder for the run, to look at afterwards")
    given = parser.parse_args(namespace=Arguments())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that trainer and folder do not stay behind
    with tempfile.TemporaryDirectory() as temporary:
        run, people, watch, killed = soak(given, given.keep or Path(temporary))
        told = judge(run, people)
    told |= {"minutes": given.minutes, "people": given.people, **{f"{k}_kills": n for k, n in killed.items()}}
    rows = {"answers found, of those acknowledged": (told["found"] / max(1, told["acknowledged"]), 1.0)}
    rows |= {"answers there once": (1.0 - told["duplicated"] / max(1, told["found"]), 1.0)}
    rows |= {"findings of doctor, none": (1.0 - told["findings"], 1.0)}
    for name in ("server", "trainer"):
        first, last = watch.ends(name)
        print(f"{name}: {first.memory:.0f} MB and {first.files} files in its first life, ", end="")
        at = "at the same age" if last.life > first.life else f"at an age of {last.age:.0f} s"
        print(f"{last.memory:.0f} MB and {last.files} in life {last.life + 1}, {at}")
        rows |= {f"{name}'s memory, first of last": (first.memory / last.memory, 0.9)}
        rows |= {f"{name}'s open files, first of last": (first.files / last.files, 1.0)}
    print(", ".join(f"{name} {value:g}" for name, value in told.items()))
    finish(rows)


def judge(run: Run, people: list[Annotator]) -> dict[str, float]:
    """What was sent, what is there."""
    tallies = [person.tally for person in people]
    acknowledged = {name: asked for tally in tallies for name, asked in tally.acknowledged.items()}
    with Store.open(run.store, create=False) as store:
        records = store.records()
        clips = [name for r in records for name in (r.question.left, r.question.right)]
        readable = sum(len(store.clips(clips[i : i + 200])) for i in range(0, len(clips), 200))
    there = {record.answer.id: record.question.id for record in records}
    found = sum(there.get(name) == asked for name, asked in acknowledged.items())
    whom = collections.Counter(record.question.id for record in records)
    wrong = [finding for finding in check_store(run.store) if not finding.ok]
    for finding in wrong:
        print(f"{finding.name}: {finding.found}")
    refused = sum((tally.refused for tally in tallies), collections.Counter[str]())
    print(f"refused: {json.dumps(refused)}")
    return {
        "sent": sum(tally.sent for tally in tallies),
        "acknowledged": len(acknowledged),
        "found": found,
        "lost": len(acknowledged) - found,
        "duplicated": sum(count - 1 for count in whom.values()),
        "resent": sum(tally.resent for tally in tallies),
        "there_already": sum(tally.known for tally in tallies),
        "waited": sum(tally.waited for tally in tallies),
        "clips_unreadable": len(clips) - readable,
        "findings": len(wrong),
    }


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
