"""Two hundred people, two servers, one PostgreSQL: answers a second, how long one takes, none lost or twice.

Each person does what the page does: keeps up to eight pairs, asks for more when half of them are answered,
fetches the poses of clips it has not seen, and sends an answer after 0.8 to 1.2 s (a person takes longer).
Half of them are on each server. When one is away (`--kill SECONDS` kills the first then, and starts it again
five seconds later) a person goes on at the other one, and sends an answer that was not acknowledged again, as
the page does. In the end each acknowledged answer must be in the database, once, and no question twice.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

import torch
from _postgres import postgresql
from _timing import finish

from armchair.ids import new_id
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.types import Clip, Question

PEOPLE, SERVERS, CLIENTS = 200, 2, 2  # clients: processes that the people share
AHEAD, CLIPS, STEPS, BODIES = 8, 400, 50, 12
PAUSE = (0.8, 1.2)  # s between two answers of a person
PATIENCE = 15.0  # s that the page waits for an answer
DOWN = 5.0  # s that a server which was killed is away


class Person:
    """One browser, on one server at a time."""

    def __init__(self, name: str, ports: Sequence[int], at: int, cookie: str) -> None:
        self.name, self._ports, self._at, self._cookie = name, ports, at, cookie
        self._rng = random.Random(name)
        self._pairs: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.sent: dict[str, str] = {}  # id of an acknowledged answer -> its question
        self.took: list[float] = []  # s
        self.again = 0  # requests that had to be sent again

    async def go_on(self, until: float) -> None:
        """Answer until then."""
        await asyncio.sleep(self._rng.uniform(0, PAUSE[1]))
        while time.time() < until:
            due = time.perf_counter() + self._rng.uniform(*PAUSE)
            if len(self._pairs) <= AHEAD // 2:
                reply = await self._request("POST", "/api/pairs", {"want": AHEAD})
                self._pairs = json.loads(reply)["pairs"]
            if self._pairs:
                await self._answer(self._pairs.pop(0))
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if self._streams:
            self._streams[1].close()

    async def _answer(self, pair: dict[str, Any]) -> None:
        for side in ("left", "right"):
            url = pair[side]["url"]
            if url not in self._seen:
                self._seen.add(url)
                await self._request("GET", url, None)
        name, start = new_id(), time.perf_counter()
        choice = self._rng.choice(("left", "right", "tie"))
        body = {"id": name, "question": pair["question"], "choice": choice, "seconds": 1.0}
        if await self._request("POST", "/api/answers", body):
            self.took.append(time.perf_counter() - start)
            self.sent[name] = pair["question"]

    async def _request(self, method: str, path: str, body: object) -> bytes:
        """The answer's body; sent again, to the next server, until one comes. Empty: the pair is lost."""
        while True:
            try:
                status, reply = await asyncio.wait_for(self._once(method, path, body), PATIENCE)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                status, reply = 0, b""
            if status == 200:
                return reply
            if status in (404, 409):  # somebody else has it by now
                return b""
            self.again += 1
            self._streams = None
            self._at = (self._at + 1) % len(self._ports)
            await asyncio.sleep(0.5)

    async def _once(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._ports[self._at])
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Armchair: 1\r\nCookie: {self._cookie}\r\n"
        head += (
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nAccept-Encoding: gzip\r\n\r\n"
        )
        writer.write(head.encode() + data)
        answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        size = next(int(line[15:]) for line in answered if line.lower().startswith("content-length:"))
        return int(answered[0].split()[1]), await reader.readexactly(size)


class Told(NamedTuple):
    """What some people saw."""

    sent: dict[str, str]
    took: list[float]
    again: int


def crowd(people: list[tuple[str, int, str]], ports: list[int], until: float) -> Told:
    """Some of the people, in a process."""
    made = [Person(name, ports, at, cookie) for name, at, cookie in people]

    async def all_of_them() -> None:
        await asyncio.gather(*(person.go_on(until) for person in made))

    asyncio.run(all_of_them())
    sent = {name: question for person in made for name, question in person.sent.items()}
    return Told(sent, [took for person in made for took in person.took], sum(p.again for p in made))


def fill(store: Store, number: int) -> None:
    """Questions enough for everybody."""
    still, shown = torch.zeros(STEPS, 4), torch.rand(STEPS, BODIES, 7)
    clips = [Clip(new_id(), still, still, torch.zeros(STEPS), shown, None, 0, 0, 0) for _ in range(CLIPS)]
    rng = random.Random(0)
    for start in range(0, number, 2000):
        pairs = [rng.sample(clips, 2) for _ in range(min(2000, number - start))]
        questions = [Question(new_id(), a.id, b.id, "uniform", start, 0.7) for a, b in pairs]
        store.ask(questions, [] if start else clips)
    store.board.set_status({"phase": "collecting", "task": "reach", "labels": 1_000_000})
    store.board.set_setting("repeat_share", 0.05)


def serve(url: str, port: int = 0) -> tuple[subprocess.Popen[str], int]:
    """A server of the page -> it, and its port."""
    words = ["--store", url, "--run", "crowd", "--port", str(port), "--no-dashboard"]
    command = [sys.executable, "-m", "armchair.web", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"}
    )
    out: IO[str] | None = process.stdout
    assert out is not None
    return process, int(json.loads(out.readline())["listening"].rsplit(":", 1)[1])


def cookies(store: Store) -> list[str]:
    """A session for each of the people, as a login makes it."""
    name, found = store.identity(), list[str]()
    for k in range(PEOPLE):
        session = store.people.redeem(store.people.invite(f"person {k}"))
        assert session is not None
        found.append(f"armchair_{name}={session.token}")
    return found


def kill_and_start(servers: list[Any], url: str, ports: list[int], after: float) -> None:
    """What a machine that fails does to the first server."""
    time.sleep(after)
    servers[0].kill()
    servers[0].wait()
    time.sleep(DOWN)
    servers[0], _ = serve(url, ports[0])


def database_seconds() -> float:
    """Of a core that PostgreSQL's processes have taken, those that are there."""
    import psutil

    total = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "postgres":
                total += sum(process.cpu_times()[:2])
    return total


class Figures(NamedTuple):
    """What came of it."""

    rate: float  # acknowledged answers/s
    p95: float  # ms
    p50: float  # ms
    lost: int
    twice: int
    again: int  # requests that were sent again
    memory: float  # MB of the larger server
    server: float  # ms of a core that an answer takes in the servers, with all that belongs to it
    database: float  # and in PostgreSQL
    faults: list[str]  # that the check of the store finds


def measure(url: str, seconds: float, kill: float | None) -> Figures:
    """Let them answer."""
    import threading

    import psutil

    with Store.open(url) as store:
        fill(store, int(PEOPLE * (seconds / PAUSE[0] + 2 * AHEAD)))
        tokens = cookies(store)
        started = [serve(url) for _ in range(SERVERS)]
        servers, ports = [process for process, _ in started], [port for _, port in started]
        try:
            people = [(f"person {k}", k % SERVERS, token) for k, token in enumerate(tokens)]
            until, begins = time.time() + seconds, database_seconds()
            with multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
                work = [(people[k::CLIENTS], ports, until) for k in range(CLIENTS)]
                if kill is not None:
                    threading.Thread(
                        target=kill_and_start, args=[servers, url, ports, kill], daemon=True
                    ).start()
                told = pool.starmap(crowd, work)
            busy = sum(sum(psutil.Process(server.pid).cpu_times()[:2]) for server in servers)
            memory = max(psutil.Process(server.pid).memory_info().rss for server in servers) / 2**20
            ends = database_seconds()
        finally:
            for server in servers:
                server.terminate()
                server.wait(20)
        sent = {name: question for part in told for name, question in part.sent.items()}
        records = store.records()
        there = {record.answer.id: record.question.id for record in records}
        lost = sum(there.get(name) != question for name, question in sent.items())
        asked = Counter(record.question.id for record in records)
        twice = sum(number - 1 for number in asked.values())
    faults = [finding.found for finding in check_store(url) if not finding.ok]
    took = [1000 * one for part in told for one in part.took]
    cut = statistics.quantiles(took, n=20)
    again = sum(part.again for part in told)
    each = 1000 / max(1, len(sent))
    return Figures(
        rate=len(sent) / seconds,
        p95=cut[18],
        p50=statistics.median(took),
        lost=lost,
        twice=twice,
        again=again,
        memory=memory,
        server=each * busy,
        database=each * (ends - begins),
        faults=faults,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--kill", type=float, help="kill the first server after so many seconds")
    args = parser.parse_args()
    with postgresql("max_connections=200") as url:
        found = measure(url, args.seconds, args.kill)
    print(
        f"{PEOPLE} people, {SERVERS} servers, {args.seconds:g} s: {found.rate:.0f} answers/s, "
        f"p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms, {found.lost} lost, {found.twice} twice, "
        f"{found.again} requests sent again, "
        f"{found.memory:.0f} MB a server; an answer takes {found.server:.1f} ms of a core in the servers, "
        f"{found.database:.1f} ms in PostgreSQL"
    )
    for fault in found.faults:
        print(f"the store: {fault}")
    finish(
        {
            "answers a second": (found.rate, 150.0),
            "300 ms over p95": (300.0 / found.p95, 1.0),
            "none lost, none twice, the store sound": (
                float(not (found.lost or found.twice or found.faults)),
                1.0,
            ),
        }
    )


if __name__ == "__main__":
    main()
