"""What an honest annotator sees while somebody attacks the page's server, and what memory that takes.

The server is a process of its own over a run with clips and films, started as `armchair teach` starts it.
The honest annotator answers, fetches clips and looks at the state four times a second, in a process of their
own; so is whoever attacks. Of each attack: the 95 % quantile of the honest requests just before it and during
it, and the server's memory before, at most, and some time after. While the database is locked nothing can be
saved, so there answers are not among the requests.

`--seconds` of each measurement, `--settle` seconds before the last look at the memory, `--only NAMES`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
from _attacks import ATTACKS, Target
from _timing import finish

from armchair.cli.draw import command_of
from armchair.engines.scene import body_names
from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Clip, Question
from armchair.web.processes.page_process import FEW_HEAPS

STEPS, CLIPS, QUESTIONS, FILM = (
    50,
    60,
    4000,
    300_000,
)  # of which half of the clips are films, of so many bytes
MINUTES = 15  # `armchair bench` runs what takes minutes only when it is named
EVERY = 0.25  # s between two rounds of the honest annotator
WORST, GROWTH, KEPT = 3.0, 64.0, 16.0  # times p95; MB during an attack; MB that stay
LOCKS = "locked database"  # the attack during which nothing can be saved


class Found(NamedTuple):
    """What came of an attack."""

    before: float  # ms, p95
    during: float
    requests: int  # of the honest annotator, during
    failed: int  # of these
    memory: tuple[float, float, float]  # MB: before, most, in the end


def fill(store: Store) -> list[str]:
    """Clips of poses and of films, and questions. -> the clips that have to be drawn."""
    still, bodies = torch.zeros(STEPS, 4), len(body_names(0)) + 1
    poses = torch.zeros(STEPS, bodies, 7)
    poses[:, :, 3] = 1.0
    clips = [
        Clip(
            new_id(),
            still,
            still,
            torch.zeros(STEPS),
            poses + 0.01 * k * torch.rand(STEPS, bodies, 7) if k % 2 else None,
            None if k % 2 else os.urandom(FILM),
            0,
            k,
            0,
        )
        for k in range(CLIPS)
    ]
    names = [clip.id for clip in clips]
    pairs = [(names[k % CLIPS], names[(k + 1 + k // CLIPS) % CLIPS]) for k in range(QUESTIONS)]
    store.ask([Question(new_id(), a, b, "uniform", 0) for a, b in pairs if a != b], clips)
    store.board.set_setting("repeat_share", 0.0)
    store.board.set_status({"phase": "collecting", "task": "reach", "labels": 100_000})
    return [clip.id for clip in clips if clip.poses is not None]


@contextmanager
def served(database: Path) -> Generator[tuple[int, psutil.Process]]:
    """-> the port, the server's process."""
    command = [sys.executable, "-m", "armchair.web", "--store", str(database), "--run", "x", "--port", "0"]
    command += ["--films", " ".join(command_of(str(database))), "--stop-with-stdin"]  # it ends with this one
    env = {**FEW_HEAPS, **os.environ}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env) as server:
        assert server.stdout is not None
        try:
            yield (
                int(json.loads(server.stdout.readline())["listening"].rsplit(":", 1)[1]),
                psutil.Process(server.pid),
            )
        finally:
            server.terminate()


def log_in(port: int, token: str) -> str:
    """-> the cookie."""
    http_ = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Armchair": "1", "Content-Type": "application/json"}
    http_.request("POST", "/api/login", json.dumps({"token": token}), headers)
    return http_.getresponse().headers["Set-Cookie"].split(";")[0]


class Honest:
    """Somebody who answers, on one connection as a browser has it."""

    def __init__(self, port: int, cookie: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"X-Armchair": "1", "Content-Type": "application/json", "Cookie": cookie}
        self.times: list[float] = []
        self.failed = 0

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """One request, timed."""
        begun = time.perf_counter()
        try:
            self._http.request(method, path, None if body is None else json.dumps(body), self._headers)
            reply = self._http.getresponse()
            found, fine = reply.read(), reply.status < 300
        except (OSError, http.client.HTTPException):
            self._http.close()
            found, fine = b"{}", False
        self.times.append(time.perf_counter() - begun)
        self.failed += not fine
        return found

    def round(self, answers: bool) -> None:
        """What a page does for a pair, and what somebody who just arrives gets to see."""
        if answers:
            for pair in json.loads(self.ask("POST", "/api/pairs", {"want": 1})).get("pairs", []):
                for side in ("left", "right"):
                    self.ask("GET", pair[side]["film" if pair[side]["kind"] == "film" else "url"])
                answer = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
                self.ask("POST", "/api/answers", answer)
        self.ask("GET", "/api/state")
        self.ask("GET", "/login")


def honest(port: int, cookie: str, seconds: float, answers: bool) -> tuple[list[float], int]:
    """Answer for so long. -> s of each request, how many failed. In a process of its own."""
    person, due = Honest(port, cookie), time.monotonic()
    end = due + seconds
    while due < end:
        person.round(answers)
        due += EVERY
        while (late := time.monotonic() - due) > 0 and due < end:
            person.times.append(late)  # a round that could not begin because an earlier one took so long
            due += EVERY
        time.sleep(max(0.0, due - time.monotonic()))
    return person.times, person.failed


def attack(
    name: str, port: int, database: str, cookies: tuple[str, str], clips: list[str], stop: Event
) -> None:
    """In a process of its own."""
    stopping = threading.Event()
    parent = multiprocessing.parent_process()

    def watch() -> None:
        while not stop.wait(1.0) and parent is not None and parent.is_alive():
            pass
        stopping.set()

    threading.Thread(target=watch, daemon=True).start()
    ATTACKS[name](Target(port, database, *cookies, clips, stopping))


def measure(
    name: str, target: Target, cookie: str, server: psutil.Process, flags: argparse.Namespace
) -> Found:
    """One attack. cookie: the honest annotator's."""
    spawn = multiprocessing.get_context("spawn")
    port, answers, stop = target.port, name != LOCKS, spawn.Event()
    with spawn.Pool(1) as pool:
        before, _ = pool.apply(honest, (port, cookie, flags.seconds, answers))
        memory = [server.memory_info().rss / 2**20]
        cookies = target.cookie, target.owner
        attacker = spawn.Process(
            target=attack, args=(name, port, target.database, cookies, target.clips, stop)
        )
        attacker.start()
        time.sleep(2.0)  # it begins
        result = pool.apply_async(honest, (port, cookie, flags.seconds, answers))
        most = 0.0
        while not result.ready():
            most = max(most, server.memory_info().rss / 2**20)
            time.sleep(0.1)
        during, failed = result.get()
        stop.set()
        attacker.join(30)
        attacker.kill()
        time.sleep(flags.settle)
        end = server.memory_info().rss / 2**20
    return Found(p95(before), p95(during), len(during), failed, (memory[0], most, end))


def p95(times: list[float]) -> float:
    """In ms."""
    return 1000 * statistics.quantiles(times, n=20)[18]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--settle", type=float, default=60.0)
    parser.add_argument("--only", nargs="+", choices=list(ATTACKS), default=list(ATTACKS))
    flags = parser.parse_args()
    rows: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "armchair.db") as store:
        clips = fill(store)
        database = Path(folder) / "armchair.db"
        with served(database) as (port, server):
            people = store.people
            mean, owner = (
                log_in(port, people.invite("mallory")),
                log_in(port, people.invite("owner", "owner")),
            )
            cookie = log_in(port, people.invite("honest"))
            target = Target(port, str(database), mean, owner, clips, threading.Event())
            Honest(port, owner).ask("GET", "/dashboard/")  # what it takes to start it is nobody's attack
            honest(port, cookie, 3.0, answers=True)
            for name in flags.only:
                found = measure(name, target, cookie, server, flags)
                base, most, end = found.memory
                times = f"p95 {found.before:.0f} ms before, {found.during:.0f} ms during"
                failed = f"{found.failed} of {found.requests} failed"
                memory = f"{base:.0f} MB before, at most {most:.0f}, {end:.0f} in the end"
                print(f"{name}: {times}; {failed}; {memory}", flush=True)
                rows[f"{name}: {WORST:g} times p95"] = (WORST * found.before / found.during, 1.0)
                rows[f"{name}: {GROWTH:g} MB over what it takes"] = (GROWTH / max(most - base, 1.0), 1.0)
                rows[f"{name}: {KEPT:g} MB over what stays"] = (KEPT / max(end - base, 1.0), 1.0)
                rows[f"{name}: honest requests that went well"] = (1.0 - found.failed / found.requests, 1.0)
    finish(rows)


if __name__ == "__main__":
    main()
