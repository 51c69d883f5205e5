"""A store with questions, servers over it, and people who are logged in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Clip, Question
from armchair.web.app import create_app
from armchair.web.options import Options
from armchair.web.serve import serve

PAGE = {"X-Armchair": "1"}
STEPS, BODIES = 6, 5


class Place(NamedTuple):
    """A run's store, opened by the test too, as a trainer would."""

    path: Path
    store: Store

    def ask(self, number: int, *, guess: float | None = 0.8, strategy: str = "uniform") -> list[Question]:
        clips = [make_clip() for _ in range(2 * number)]
        questions = [
            Question(new_id(), clips[2 * i].id, clips[2 * i + 1].id, strategy, 7, guess)
            for i in range(number)
        ]
        self.store.ask(questions, clips)
        return questions


def make_clip(frames: bytes | None = None) -> Clip:
    poses = None if frames is not None else torch.rand(STEPS, BODIES, 7)
    none = torch.zeros(STEPS, 3)
    return Clip(new_id(), none, none, torch.zeros(STEPS), poses, frames, 1000, 1, 0)


LogIn = Callable[..., TestClient]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "armchair.db"
    with Store.open(path) as store:
        yield Place(path, store)


@pytest.fixture
def app(place: Place) -> FastAPI:
    options = Options(run="reach-001", run_path=place.path.parent, dashboard=False)
    return create_app(place.path, options)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """Somebody without a session, over a server that is closed properly in the end."""
    with TestClient(app, "http://localhost", headers=PAGE) as client:
        yield client


@pytest.fixture
def log_in(place: Place, app: FastAPI, stranger: TestClient) -> LogIn:
    """Log somebody in, with a browser of their own."""

    def enter(name: str = "ann", role: str = "annotator") -> TestClient:
        client = TestClient(app, "http://localhost", headers=PAGE, raise_server_exceptions=False)
        token = place.store.people.invite(name, role)  # type: ignore[arg-type]
        assert client.post("/api/login", json={"token": token}).status_code == 204
        return client

    return enter


@pytest.fixture
def ann(log_in: LogIn) -> TestClient:
    return log_in("ann")


@pytest.fixture
def owner(log_in: LogIn) -> TestClient:
    return log_in("olga", "owner")


class Running(NamedTuple):
    """A real server in a thread."""

    url: str
    stop: threading.Event
    thread: threading.Thread


@contextlib.contextmanager
def running(path: Path, options: Options) -> Generator[Running]:
    """Serve in a thread, on any free port."""
    stop, listens = threading.Event(), threading.Event()
    found: list[str] = []

    def ready(url: str) -> None:
        found.append(url)
        listens.set()

    thread = threading.Thread(
        target=serve, args=[path, options], kwargs={"ready": ready, "until": stop.is_set}
    )
    thread.start()
    try:
        assert listens.wait(60)
        yield Running(found[0], stop, thread)
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


Start = Callable[[Options], Running]
Visit = Callable[..., httpx.Client]


@pytest.fixture
def start(place: Place) -> Iterator[Start]:
    """Start a real server over the store."""
    with contextlib.ExitStack() as stack:
        yield lambda options: stack.enter_context(running(place.path, options))


@pytest.fixture
def server(start: Start) -> Running:
    return start(Options(run="reach-001", port=0, dashboard=False))


@pytest.fixture
def visit(place: Place) -> Iterator[Visit]:
    """A browser of somebody's own, logged in to a real server."""
    with contextlib.ExitStack() as stack:

        def enter(server: Running, name: str = "ann", role: str = "annotator") -> httpx.Client:
            client = stack.enter_context(httpx.Client(base_url=server.url, headers=PAGE, timeout=60))
            token = place.store.people.invite(name, role)  # type: ignore[arg-type]
            assert client.post("/api/login", json={"token": token}).status_code == 204
            return client

        yield enter
