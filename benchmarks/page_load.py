"""Twenty people who label at once: answers a second and how long one takes, over real HTTP.

Every session has a connection of its own and does what the page does: it asks for a few pairs, fetches no
clip twice, sends one answer after the other and asks again before it runs out. The clients are processes
of their own on the same machine, so the server has what they leave of it. First everybody answers at a pace,
5.5 times a second, far faster than a person can; then without a pause, where the time of an answer is
the queue of the twenty.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.pool import Pool
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
from _timing import finish

from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Clip, Question

SESSIONS, ANSWERS, CLIENTS = 20, 60, 2  # answers of each session, twice; processes that the sessions share
EVERY = 1 / 5.5  # s between two answers of a session that keeps a pace
STEPS, BODIES = 50, 12
HEADERS = {"X-Armchair": "1", "Content-Type": "application/json"}


class Visit(NamedTuple):
    """Someone who labels."""

    port: int
    token: str


class Round(NamedTuple):
    """Everybody has answered so many questions."""

    rate: float  # answers/s
    times: list[float]  # s, of each answer

    @classmethod
    def of(cls, times: list[float], took: float) -> Round:
        return cls(len(times) / took, times)

    def quantile(self, percent: int) -> float:
        """Milliseconds that so many percent of the answers took at most."""
        return 1000 * statistics.quantiles(self.times, n=100)[percent - 1]

    def __str__(self) -> str:
        return f"{self.rate:.0f} answers/s, p50 {self.quantile(50):.0f} ms, p95 {self.quantile(95):.0f} ms"


class Figures(NamedTuple):
    """What was seen."""

    paced: Round
    flat_out: Round
    twice: int  # pairs that were asked twice
    memory: float  # MB of the server
    busy: float  # ms of one core that an answer costs the server, its start counted in


def fill(store: Store) -> list[str]:
    """Questions enough for everybody, and a link for each. -> their tokens."""
    still, shown = torch.zeros(STEPS, 4), torch.rand(STEPS, BODIES, 7)
    clips = [Clip(new_id(), still, still, torch.zeros(STEPS), shown, None, 0, 0, 0) for _ in range(400)]
    number = SESSIONS * (2 * ANSWERS + 16)
    pairs = [(clips[i % 400], clips[(7 * i + 1 + i // 400) % 400]) for i in range(number)]
    questions = [Question(new_id(), a.id, b.id, "uniform", 0, 0.7) for a, b in pairs if a.id != b.id]
    store.ask(questions, clips)
    store.board.set_status({"phase": "collecting", "task": "reach", "labels": 100_000})
    return [store.people.invite(f"person {number}") for number in range(SESSIONS)]


class Session:
    """One browser."""

    def __init__(self, visit: Visit) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", visit.port, timeout=60)
        self._headers = dict(HEADERS)
        self.times: list[float] = []
        self.answered: list[str] = []
        self._began = 0.0
        self._queue: list[str] = []
        _, headers = self.post("/api/login", {"token": visit.token})
        self._headers["Cookie"] = headers["Set-Cookie"].split(";")[0]

    def post(
        self, path: str, body: object
    ) -> tuple[dict[str, list[dict[str, str]]], http.client.HTTPMessage]:
        self._http.request("POST", path, json.dumps(body), self._headers)
        response = self._http.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path}: {response.status} {content.decode()}")
        return (json.loads(content) if content else {}), response.headers

    def answer(self) -> None:
        """One answer, with what belongs to it."""
        start = time.perf_counter()
        if len(self._queue) < 4:
            pairs = self.post("/api/pairs", {"want": 8})[0]["pairs"]
            self._queue = [pair["question"] for pair in pairs]
        question = self._queue.pop(0)
        self.post("/api/answers", {"id": new_id(), "question": question, "choice": "left", "seconds": 1.0})
        self.times.append(time.perf_counter() - start)
        self.answered.append(question)

    def answer_all(self, every: float) -> None:
        """All answers of a round, `every` seconds, or later where one took longer than that."""
        for k in range(ANSWERS):
            due = self._began + every * k
            time.sleep(max(0.0, due - time.perf_counter()))
            self.answer()

    def begin(self, wait: float) -> None:
        """The first answer of a round comes after `wait` seconds."""
        self._began = time.perf_counter() + wait


def work(visits: list[Visit]) -> tuple[list[tuple[list[float], float]], list[str]]:
    """Several sessions in one process, each on a thread. -> of each round times and seconds in all; pairs."""
    from concurrent.futures import ThreadPoolExecutor

    sessions, rounds = [Session(visit) for visit in visits], list[tuple[list[float], float]]()
    with ThreadPoolExecutor(len(sessions)) as threads:
        for every in (EVERY, 0.0):
            start = time.perf_counter()
            for k, session in enumerate(sessions):
                session.times = []
                session.begin(every * k / len(sessions))
            list(threads.map(Session.answer_all, sessions, [every] * len(sessions)))
            times = [took for session in sessions for took in session.times]
            rounds.append((times, time.perf_counter() - start))
    return rounds, [question for session in sessions for question in session.answered]


def measure(folder: Path, clients: Pool) -> Figures:
    """Have everybody answer, as fast as they can."""
    with Store.open(folder / "armchair.db") as store:
        store.board.set_setting("repeat_share", 0.0)
        tokens = fill(store)
        command = [sys.executable, "-m", "armchair.web", "--store", str(folder / "armchair.db"), "--run", "x"]
        with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(json.loads(server.stdout.readline())["listening"].rsplit(":", 1)[1])
            visits = [Visit(port, token) for token in tokens]
            found = clients.map(work, [visits[i::CLIENTS] for i in range(CLIENTS)])
            process = psutil.Process(server.pid)
            memory, busy = process.memory_info().rss / 2**20, sum(process.cpu_times()[:2])
            server.terminate()
        asked = [question for _, questions in found for question in questions]
        twice = len(asked) - len({record.question.id for record in store.records()})
    paced, flat_out = (joined([rounds[k] for rounds, _ in found]) for k in range(2))
    return Figures(paced, flat_out, twice, memory, 1000 * busy / len(asked))


def joined(parts: list[tuple[list[float], float]]) -> Round:
    """What the processes saw of a round."""
    return Round.of([one for times, _ in parts for one in times], max(took for _, took in parts))


def main() -> None:
    with (
        multiprocessing.get_context("spawn").Pool(CLIENTS) as clients,
        tempfile.TemporaryDirectory() as folder,
    ):
        found = measure(Path(folder), clients)
    print(f"5.5 times a second each: {found.paced}")
    print(f"without a pause: {found.flat_out}")
    print(
        f"{found.twice} asked twice; the server takes {found.memory:.0f} MB, "
        f"and {found.busy:.1f} ms of a core an answer, its start counted in"
    )
    rows = {
        "answers a second": (found.paced.rate, 100.0),
        "150 ms over p95": (150.0 / found.paced.quantile(95), 1.0),
        "answers a second without a pause": (found.flat_out.rate, 100.0),
    }
    finish(rows | {"pairs asked once": (1.0 - found.twice / (2 * SESSIONS * ANSWERS), 1.0)})


if __name__ == "__main__":
    main()
