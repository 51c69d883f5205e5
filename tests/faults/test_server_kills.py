"""The page's server is killed while people answer: what was acknowledged is there, once."""

from __future__ import annotations

import collections
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from armchair.ids import new_id
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.types import Clip, Question

PROGRAM = Path(__file__).with_name("served_again.py")
NAMES = ("ann", "bob", "cem")
STEPS, BODIES = 6, 5
READY = 12  # questions that wait at least
PATIENCE = 60.0  # s for anything


def ask(store: Store, number: int) -> None:
    """Put questions, as a trainer does meanwhile."""
    none = torch.zeros(STEPS, 3)
    clips = [
        Clip(new_id(), none, none, none[:, 0], torch.rand(STEPS, BODIES, 7), None, 0, 0, 0)
        for _ in range(2 * number)
    ]
    pairs = zip(clips[::2], clips[1::2], strict=True)
    store.ask([Question(new_id(), a.id, b.id, "uniform", 0) for a, b in pairs], clips)


class Server:
    """The page's server, which can be killed and started again at the same port."""

    def __init__(self, store: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, str(PROGRAM), str(store), str(self.port)]
        pipe = subprocess.PIPE
        self._starter = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self._pid = 0

    def start(self) -> None:
        """Returns when it listens."""
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._starter.stdin.write("\n")
        told = sorted(self._starter.stdout.readline() for _ in range(2))
        assert "listening" in told[1], told
        self._pid = int(told[0])

    def kill(self) -> None:
        """With SIGKILL; returns when it is gone."""
        os.kill(self._pid, signal.SIGKILL)
        while True:
            try:
                os.kill(self._pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.001)

    def close(self) -> None:
        self._starter.communicate(timeout=PATIENCE)


class Person:
    """Answers as fast as possible, and sends again what was not acknowledged, as the page does."""

    def __init__(self, port: int, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"X-Armchair": "1"}, timeout=20
        )
        assert self._http.post("/api/login", json={"token": token}).status_code == 204
        self._sending: dict[str, Any] | None = None
        self._broken = False
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.resent: collections.Counter[str] = collections.Counter()
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        """Returns when all that was begun is acknowledged."""
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._http.close()
        if self.error is not None:
            raise self.error

    def _work(self) -> None:
        try:
            while self._sending is not None or not self._stop.is_set():
                try:
                    self._step()
                except httpx.TransportError:
                    self._broken = self._sending is not None
                    time.sleep(0.005)
        except BaseException as error:
            self.error = error

    def _step(self) -> None:
        if self._sending is None:
            pairs = self._http.post("/api/pairs", json={"want": 2}).raise_for_status().json()["pairs"]
            if not pairs:
                time.sleep(0.01)
                return
            for side in ("left", "right"):
                poses = self._http.get(pairs[0][side]["url"]).raise_for_status().content
                assert len(poses) == STEPS * BODIES * 7 * 4
            choice = random.choice(("left", "right", "tie", "cant_tell"))
            self._sending = {
                "id": new_id(),
                "question": pairs[0]["question"],
                "choice": choice,
                "seconds": 1.0,
            }
        told = self._http.post("/api/answers", json=self._sending).raise_for_status().json()
        if self._broken:
            self.resent["new" if told["new"] else "known"] += 1
        self.acknowledged[self._sending["id"]] = self._sending
        self._sending, self._broken = None, False


def acknowledged(people: list[Person]) -> int:
    for person in people:
        if person.error is not None:
            raise person.error
    return sum(len(person.acknowledged) for person in people)


def wait_for(people: list[Person], number: int) -> None:
    until = time.monotonic() + PATIENCE
    while acknowledged(people) < number:
        assert time.monotonic() < until, "nobody gets answers through"
        time.sleep(0.001)


def check(store: Store, path: Path, people: list[Person]) -> None:
    """All of it: nothing lost, nothing twice, clips readable, nothing altered."""
    records = store.records()
    sent = {name: body for person in people for name, body in person.acknowledged.items()}
    assert sorted(record.answer.id for record in records) == sorted(sent)
    assert len({record.question.id for record in records}) == len(records)
    for record in records:
        body = sent[record.answer.id]
        assert (record.question.id, record.answer.choice) == (body["question"], body["choice"])
    clips = store.clips([name for r in records for name in (r.question.left, r.question.right)])
    assert all(clip.poses is not None and clip.poses.shape == (STEPS, BODIES, 7) for clip in clips)
    findings = {finding.name: finding for finding in check_store(path)}
    assert all(finding.ok for finding in findings.values()), findings
    assert findings["answers"].found.startswith(f"{len(sent)} answers")


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_every_acknowledged_answer_is_there_once_however_often_the_server_is_killed(
    tmp_path: Path, kills: int
) -> None:
    rng, path = random.Random(kills), tmp_path / "armchair.db"
    with Store.open(path) as store:
        store.board.set_setting("repeat_share", 0.0)
        ask(store, 3 * READY)
        server = Server(path)
        server.start()
        people = [Person(server.port, store.people.invite(name)) for name in NAMES]
        try:
            for _ in range(kills):
                before = [set(person.acknowledged) for person in people]
                wait_for(people, acknowledged(people) + rng.randrange(1, 6))
                time.sleep(rng.uniform(0.0, 0.02))
                server.kill()
                for person, known in zip(people, before, strict=True):
                    for name in set(person.acknowledged) - known:
                        assert store.record(name).answer.id == name
                if store.counts().open < READY:
                    ask(store, 3 * READY)
                server.start()
        finally:
            for person in people:
                person.stop()
            server.kill()
            server.close()
        check(store, path, people)
    resent = sum((person.resent for person in people), collections.Counter())
    print(f"{kills} kills, {len(people)} people, {acknowledged(people)} answers, resent: {dict(resent)}")
    assert resent.total() >= kills // 5  # the kills did come in between
