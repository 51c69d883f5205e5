"""A run whose questions are about little films, and a server that speaks like one with a model behind it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from armchair.ids import id_from
from armchair.judging.strips import film_pictures, strip_of
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Clip, Question
from armchair.video import mp4_bytes

LENGTH = 8  # steps
QUESTION = "Which one is closer to the ball?"
USED = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}


def name_of(text: str) -> str:
    """The same UUID for the same text."""
    return id_from(text.encode().ljust(16, b"."))


def make_clip(number: int, worth: float) -> Clip:
    """A clip with a film: a square whose colour is its own moves across it. `worth` at every step."""
    frames = []
    for step in range(LENGTH):
        frame = np.full((64, 64, 3), 200, np.uint8)
        colour = [(37 * number) % 256, (91 * number) % 256, 90]
        frame[20:40, 4 * step : 4 * step + 20] = colour
        frames.append(frame)
    told = torch.full((LENGTH,), worth)
    visible = torch.stack((told, 0.0 * told), dim=1)
    film = mp4_bytes(frames, 20.0)
    return Clip(name_of(f"c{number}"), visible, torch.zeros(LENGTH, 2), told, None, film, 10, number, 0)


def strip(clip: Clip) -> bytes:
    """The picture of a clip that a model is shown."""
    assert clip.frames is not None
    return strip_of(film_pictures(clip.frames))


@pytest.fixture(scope="session")
def pairs() -> list[tuple[Clip, Clip]]:
    """The better clip first."""
    return [(make_clip(2 * k, 1.0), make_clip(2 * k + 1, -1.0)) for k in range(20)]


@pytest.fixture(scope="session")
def worth(pairs: list[tuple[Clip, Clip]]) -> dict[str, float]:
    """What the clip is worth that is in a picture, by the picture's digest."""
    clips = [clip for pair in pairs for clip in pair]
    found = {hashlib.sha256(strip(clip)).hexdigest(): float(clip.reward[0]) for clip in clips}
    assert len(found) == len(clips), "every picture looks different"
    return found


MakeRun = Callable[..., RunDir]


@pytest.fixture
def make_run(tmp_path: Path, pairs: list[tuple[Clip, Clip]]) -> MakeRun:
    """Makes a run of len(guesses) questions. The better clip is on the left in every other one.

    guesses: what the reward model gave for "the better clip is better"; None: there is none yet.
    """

    def make(guesses: Sequence[float | None], wish: str | None = None) -> RunDir:
        run = RunDir.create(tmp_path / "runs", "reach", {"task": "reach", "teacher": {"name": "person"}})
        with Store.open(run.store_file) as store:
            store.board.set_status({"task": "reach", "question": QUESTION, "labels": 100, "phase": "waiting"})
            if wish is not None:
                store.add_wish("slow", wish)
            for k, guess in enumerate(guesses):
                good, bad = pairs[k]
                left, right, told = (good, bad, guess and 1 - guess) if k % 2 == 0 else (bad, good, guess)
                about = None if wish is None else "slow"
                asked = Question(name_of(f"q{k}"), left.id, right.id, "uniform", 10, told, wish=about)
                store.ask([asked], [left, right], priority=-float(k))
        return run

    return make


class Request:
    """What the server was asked."""

    def __init__(self, body: dict[str, Any], key: str | None) -> None:
        self.body, self.key = body, key
        content = body["messages"][1]["content"]
        self.text = content[-1]["text"]
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        self.pictures = [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls]


Reply = tuple[int, object]  # status, body
Mind = Callable[[Request], Reply]


class Server:
    """Speaks /v1/chat/completions; `mind` decides what is replied."""

    @staticmethod
    def said(better: str, why: str = "I see it.") -> Reply:
        """A reply with a verdict."""
        return Server.completed(json.dumps({"why": why, "better": better}))

    @staticmethod
    def completed(text: str | None, **more: object) -> Reply:
        """A reply with any text; one request takes 940 tokens."""
        message = {"role": "assistant", "content": text, **more}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        told = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "usage": USED}
        return 200, {**told, "choices": [choice]}

    def __init__(self) -> None:
        self.mind: Mind = lambda request: self.said("cannot_tell")
        self.requests: list[Request] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(body, self.headers.get("Authorization"))
                outer.requests.append(request)
                status, told = (404, {}) if self.path != "/v1/chat/completions" else outer.mind(request)
                sent = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header(
                    "Content-Type", "text/html" if isinstance(told, bytes) else "application/json"
                )
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("armchair.judging.judge.POLL", 0.05)
    server = Server()
    yield server
    server.close()


@pytest.fixture
def true_mind(worth: dict[str, float]) -> Mind:
    """Names the better clip, wherever it is shown."""

    def mind(request: Request) -> Reply:
        first, second = (worth[hashlib.sha256(picture).hexdigest()] for picture in request.pictures)
        return Server.said("first" if first > second else "second")

    return mind
