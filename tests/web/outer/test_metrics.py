"""Figures for Prometheus: for who has the token, of endpoints and not of names."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.ids import new_id
from armchair.web.app import create_app
from armchair.web.options import Options
from armchair.web.outer.meters import BOUNDS, Gauge, Meters

LINE = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+')


@pytest.fixture
def client(place: Any) -> TestClient:
    app = create_app(place.path, Options(run="x", dashboard=False, metrics_token="secret"))
    return TestClient(app, "http://localhost", headers={"X-Armchair": "1"})


def test_figures_are_for_who_has_the_token(
    client: TestClient, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stranger.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    for word in ("", "Bearer ", "Bearer secret2", "secret", "Bearer sécret"):
        sent = {"Authorization": word.encode("latin-1")}
        assert client.get("/metrics", headers=sent).status_code == 401, word  # type: ignore[arg-type]
    monkeypatch.setenv("ARMCHAIR_METRICS_TOKEN", "hidden")
    options = Options(run="x")
    assert options.metrics_token == "hidden" and "hidden" not in repr(options)


def test_what_is_told(place: Any, client: TestClient) -> None:
    (question, *_) = place.ask(3)
    token = place.store.people.invite("ann")
    client.post("/api/login", json={"token": token})
    client.post("/api/pairs", json={"want": 1})
    body = {"id": new_id(), "question": question.id, "choice": "left", "seconds": 1.0}
    assert client.post("/api/answers", json=body).status_code == 200
    for _ in range(3):
        client.get(f"/api/clips/{question.left}")
        client.get(f"/nowhere/{new_id()}")
    told = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.text.splitlines()
    assert all(LINE.fullmatch(line) for line in lines if not line.startswith("#"))
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert (values["armchair_answers"], values["armchair_questions_waiting"]) == ("1", "2")
    assert values["armchair_store_up"] == values["armchair_annotators"] == "1"
    clips = '{method="GET",path="/api/clips/{clip}",status="200"}'
    assert values[f"armchair_http_requests_total{clips}"] == "3", "no line for every clip"
    assert values['armchair_http_request_seconds_count{path="/api/answers"}'] == "1"
    assert not any(question.left in line or "nowhere" in line for line in lines)


def test_classes_add_up() -> None:
    meters = Meters()
    for seconds in (0.001, 0.005, 0.2, 99.0):
        meters.note("GET", "/x", 200, seconds)
    text = meters.text([Gauge("g", "What.", 0.5)])
    below = [int(n) for n in re.findall(r'_bucket\{path="/x",le="[^"]+"\} (\d+)', text)]
    assert below == [2] + [2] * (BOUNDS.index(0.2) - 1) + [3] * (len(BOUNDS) - BOUNDS.index(0.2)) + [4]
    assert 'armchair_http_request_seconds_sum{path="/x"} 99.206000' in text and "\ng 0.5\n" in text
