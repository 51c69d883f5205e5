"""Who gets out: sessions end with all that is open, excluded people see nothing, and HTTPS is meant."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from armchair.cli import main
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.web.app import create_app
from armchair.web.caches.throttle import TRIES_IN_ALL
from armchair.web.options import Options

PAGE = {"X-Armchair": "1"}
SOON = 5.0  # s; a connection notices within about one


async def player(ws: Any) -> None:
    """Tells what it is told, as a live viewer would."""
    await ws.send_text("hello")
    while True:
        await ws.send_text(await ws.receive_text())


@pytest.fixture
def live(place: Any) -> Any:
    app = create_app(place.path, Options(run="x", dashboard=False, player=player))
    with TestClient(app, "http://localhost", headers=PAGE) as client:
        yield client


def enter(place: Any, app: Any, name: str = "ann", role: str = "annotator") -> TestClient:
    client = TestClient(app, "http://localhost", headers=PAGE)
    assert client.post("/api/login", json={"token": place.store.people.invite(name, role)}).status_code == 204
    return client


ENDS: dict[str, Callable[[Any, TestClient], Any]] = {
    "logs out": lambda place, ann: ann.post("/api/logout"),
    "signed out by another process": lambda place, ann: place.store.people.sign_out("ann"),
    "excluded": lambda place, ann: place.store.people.exclude("ann"),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_open_websocket_ends_with_its_session(place: Any, live: TestClient, end: str) -> None:
    ann = enter(place, live.app)
    with ann.websocket_connect("ws://localhost/api/play") as ws:
        assert ws.receive_text() == "hello"
        ws.send_text("there")
        assert ws.receive_text() == "there"
        ENDS[end](place, ann)
        since = time.monotonic()
        with pytest.raises(WebSocketDisconnect) as closed:  # by itself: nothing is sent
            ws.receive_text()
        assert closed.value.code == 1008 and time.monotonic() - since < SOON


@pytest.mark.parametrize("end", ENDS)
def test_a_message_after_the_end_is_not_passed_on(place: Any, live: TestClient, end: str) -> None:
    ann = enter(place, live.app)
    with ann.websocket_connect("ws://localhost/api/play") as ws:
        assert ws.receive_text() == "hello"
        ENDS[end](place, ann)
        ws.send_text("too late")
        with pytest.raises(WebSocketDisconnect):
            assert ws.receive_text() == "never"


def test_others_stay(place: Any, live: TestClient) -> None:
    ann, bob = enter(place, live.app), enter(place, live.app, "bob")
    with bob.websocket_connect("ws://localhost/api/play") as ws:
        assert ws.receive_text() == "hello"
        ann.post("/api/logout")
        place.store.people.sign_out("ann")
        time.sleep(0.6)
        ws.send_text("still here")
        assert ws.receive_text() == "still here"


@pytest.mark.parametrize("end", ["sign_out", "exclude"])
def test_an_event_stream_ends_with_its_session(place: Any, server: Any, visit: Any, end: str) -> None:
    ann = visit(server)
    with ann.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("event: state")
        getattr(place.store.people, end)("ann")
        since = time.monotonic()
        for _ in lines:
            assert time.monotonic() - since < SOON
    assert ann.get("/api/state").status_code == (401 if end == "sign_out" else 403)


def test_the_dashboards_websocket_does_not_survive_the_log_out(place: Any) -> None:
    app = create_app(place.path, Options(run="x", run_path=place.path.parent))

    async def stream(scope: Any, receive: Any, send: Any) -> None:  # in Streamlit's place
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "drawn"})

    (mounted,) = (route for route in app.routes if isinstance(route, Mount) and route.path == "/dashboard")
    mounted.app = stream
    with TestClient(app, "http://localhost", headers=PAGE) as owner:
        token = place.store.people.invite("olga", "owner")
        assert owner.post("/api/login", json={"token": token}).status_code == 204
        with owner.websocket_connect("ws://localhost/dashboard/_stcore/stream") as ws:
            ws.send_text("draw")
            assert ws.receive_text() == "drawn"
            owner.post("/api/logout")
            ws.send_text("draw")
            with pytest.raises(WebSocketDisconnect) as closed:
                ws.receive_text()
            assert closed.value.code == 1008


# ---- excluded


def test_whoever_is_excluded_sees_and_changes_nothing(place: Any, log_in: Any, app: FastAPI) -> None:
    ann = log_in()
    place.ask(2)
    (pair, *_) = ann.post("/api/pairs", json={"want": 1}).json()["pairs"]
    given = {"id": new_id(), "question": pair["question"], "choice": "left", "strength": 1}
    given |= {"seconds": 1, "swapped": False, "page": ""}
    assert ann.post("/api/answers", json=given).status_code == 200
    log_in("olga", "owner").post("/api/people/ann/exclude", json={"excluded": True})
    paths = app.openapi()["paths"]
    for path, methods in paths.items():
        for method in methods:
            if path in ("/api/login", "/api/logout"):
                continue
            url = path
            for name, value in {"answer": given["id"], "clip": pair["left"]["id"], "name": "ann"}.items():
                url = url.replace(f"{{{name}}}", value)
            response = ann.request(method.upper(), url, json={"id": new_id()})
            assert (response.status_code, response.json()["code"]) == (403, "excluded"), (method, path)
    assert place.store.history("ann")[0].answer.choice == "left"
    assert ann.get("/").status_code == 200  # the page, which says why
    assert ann.get("/replay").status_code == 403
    assert ann.post("/api/logout").status_code == 204


def test_an_excluded_owner_has_no_dashboard(place: Any) -> None:
    app = create_app(place.path, Options(run="x"))
    owner = enter(place, app, "olga", "owner")
    place.store.people.exclude("olga")
    for path in ("/dashboard/", "/api/people", "/api/state"):
        assert owner.get(path).json()["code"] == "excluded"
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        owner.websocket_connect("ws://localhost/dashboard/_stcore/stream"),
    ):
        pass
    assert refused.value.reason == "excluded"


# ---- the owner ends what is open


def test_the_owner_sees_and_ends_sessions_and_links(place: Any, log_in: Any) -> None:
    owner, ann = log_in("olga", "owner"), log_in()
    link = place.store.people.invite("a/b ü")
    told = owner.get("/api/people").json()
    assert [one["name"] for one in told["sessions"]] == ["ann", "olga"]
    assert [(one["name"], one["role"]) for one in told["links"]] == [("a/b ü", "annotator")]
    assert "token" not in str(told) and link not in str(told)
    for path in ("/api/people/ann/sign-out", "/api/people/a%2Fb%20%C3%BC/withdraw"):
        assert ann.post(path, json={}).status_code == 403
        assert owner.post(path, json={}).status_code == 204
        if path.endswith("sign-out"):
            assert ann.get("/api/state").status_code == 401
            ann = log_in("bob")
    assert place.store.people.redeem(link) is None


def test_the_command_line_ends_them_too(place: Any, app: FastAPI, capsys: Any) -> None:
    run = RunDir(place.path.parent)
    run.config_file.write_text("task: reach\n")
    ann, link = enter(place, app), place.store.people.invite("bob")
    assert main(["annotators", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert "ann" in out and "bob" in out and "link" in out
    assert main(["annotators", str(run.path), "--sign-out", "ANN", "--withdraw", "bob"]) == 0
    assert "1 session of ann ended" in capsys.readouterr().out
    time.sleep(1.1)
    assert ann.get("/api/state").status_code == 401 and place.store.people.redeem(link) is None
    assert main(["annotators", str(run.path), "--sign-out", "anne"]) == 2
    assert "unknown person 'anne': did you mean 'ann'?" in capsys.readouterr().err


# ---- links among many wrong ones


def test_wrong_links_keep_nobody_with_a_right_one_out(place: Any, stranger: TestClient) -> None:
    for _ in range(TRIES_IN_ALL + 5):
        status = stranger.post("/api/login", json={"token": "wrong"}).status_code
    assert status == 429
    assert stranger.post("/api/login", json={"token": place.store.people.invite("ann")}).status_code == 204


# ---- HTTPS


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://labels.example.org", 200),
        ("http://labels.example.org", 403),
        ("https://labels.example.org:8443", 403),
        ("ftp://labels.example.org", 403),
    ],
)
def test_the_scheme_is_part_of_the_origin(place: Any, origin: str, status: int) -> None:
    app = create_app(place.path, Options(run="x", dashboard=False, https=True, hosts=("labels.example.org",)))
    with TestClient(app, "https://labels.example.org", headers=PAGE) as ann:
        token = place.store.people.invite("ann")
        assert ann.post("/api/login", json={"token": token}).status_code == 204
        response = ann.post("/api/pairs", json={"want": 1}, headers={"Origin": origin})
        assert response.status_code == status
        assert response.headers["strict-transport-security"].startswith("max-age=")


def test_without_https_its_origin_is_another_site(ann: TestClient) -> None:
    response = ann.post("/api/pairs", json={"want": 1}, headers={"Origin": "https://localhost"})
    assert response.status_code == 403 and "--https" in response.json()["error"]
    assert "strict-transport-security" not in ann.get("/").headers


def test_behind_a_proxy_all_of_it_holds(place: Any, start: Any) -> None:
    options = Options(run="x", port=0, dashboard=False, https=True, hosts=("labels.example.org",))
    token = place.store.people.invite("ann")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert start(replace(options, port=port)).url
    about = {
        "Host": "labels.example.org",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "192.0.2.7",
        **PAGE,
    }
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=about) as proxy:
        entered = proxy.post(
            "/api/login", json={"token": token}, headers={"Origin": "https://labels.example.org"}
        )
        assert entered.status_code == 204 and "Secure" in entered.headers["set-cookie"]
