"""Annotators of `soak.py`: each in a thread, over HTTP, with what they sent and what was acknowledged."""

from __future__ import annotations

import collections
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import numpy as np

from armchair.engines.scene import body_names
from armchair.ids import new_id

HAND = body_names(0).index("hand")


@dataclass
class Tally:
    """What one annotator did."""

    sent: int = 0  # answers, counted once
    resent: int = 0  # times that one was sent again
    known: int = 0  # of these, those that were there already
    waited: int = 0  # times that there was nothing to answer
    acknowledged: dict[str, str] = field(default_factory=dict[str, str])  # answer -> question
    refused: collections.Counter[str] = field(default_factory=collections.Counter[str])


class Annotator(threading.Thread):
    """Someone with the page open who answers about every `seconds`, until told to stop."""

    def __init__(self, name: str, port: int, token: str, seconds: float, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.tally = Tally()
        self._seconds, self._stop_all = seconds, stop
        self._rng = random.Random(name)
        headers = {"X-Armchair": "1"}
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)
        if self._http.post("/api/login", json={"token": token}).status_code != 204:
            raise RuntimeError(f"{name} cannot log in")

    def run(self) -> None:
        """Answer."""
        while not self._stop_all.is_set():
            pair = self._pair()
            if pair is not None:
                self._answer(pair)
            self._stop_all.wait(self._rng.uniform(0.5, 1.5) * self._seconds)
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask until there is an answer: while the server is away or busy, that takes a while."""
        while True:
            try:
                told = self._http.request(method, path, json=body)
            except httpx.TransportError:
                told = None
            if told is not None and told.status_code not in (500, 503):
                return told
            if told is not None:
                self.tally.refused[f"{told.status_code}"] += 1
            if path == "/api/answers":
                self.tally.resent += 1
            time.sleep(0.3)

    def _pair(self) -> dict[str, Any] | None:
        found = self._ask("POST", "/api/pairs", {"want": 2}).json().get("pairs", [])
        if not found:
            self.tally.waited += 1
            return None
        return cast("dict[str, Any]", found[0])

    def _answer(self, pair: dict[str, Any]) -> None:
        left, right = (self._far(pair[side]) for side in ("left", "right"))
        body: dict[str, object] = {
            "id": new_id(),
            "question": pair["question"],
            "seconds": self._seconds,
            "page": "soak",
        }
        body["choice"] = "left" if left < right else "right"
        self.tally.sent += 1
        before = self.tally.resent
        told = self._ask("POST", "/api/answers", body)
        if told.status_code != 200:
            self.tally.refused[str(told.json().get("code"))] += 1
            return
        self.tally.known += self.tally.resent > before and not told.json()["new"]
        self.tally.acknowledged[str(body["id"])] = pair["question"]

    def _far(self, clip: dict[str, Any]) -> float:
        """Mean distance of hand and goal in m."""
        reply = self._ask("GET", clip["url"]).raise_for_status()
        poses = np.frombuffer(reply.content, "<f4").reshape(clip["steps"], clip["bodies"], 7)
        return float(np.linalg.norm(poses[:, HAND, :3] - poses[:, -1, :3], axis=1).mean())
