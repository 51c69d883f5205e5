"""The gate: without a session nothing but the login is reached, by HTTP or WebSocket, and no trick helps."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from armchair.ids import new_id
from armchair.web.app import create_app
from armchair.web.limits.inbox import MAX_BODY
from armchair.web.options import Options, host_allowed

PUBLIC = {("GET", "/login"), ("POST", "/api/login"), ("GET", "/assets/{name}"), ("GET", "/favicon.ico")}
PUBLIC |= {(method, path) for method in ("GET", "HEAD") for path in ("/healthz", "/readyz")}
PAGE = {"X-Armchair": "1"}


def flat(found: Any) -> Iterator[Any]:
    """Routes, with those of included routers in the place of the routers."""
    for route in found:
        inner = getattr(route, "original_router", None)
        yield from flat(inner.routes) if inner is not None else [route]


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that the app answers: those of its schema, and those left out of it."""
    found = {(method.upper(), path) for path, about in app.openapi()["paths"].items() for method in about}
    for route in flat(app.routes):
        if isinstance(route, Mount):
            found |= {(method, route.path + rest) for method in ("GET", "POST") for rest in MOUNTED}
        else:
            found |= {(method, route.path) for method in getattr(route, "methods", None) or ()}
    return sorted(found)


MOUNTED = (
    "",
    "/",
    "/index.html",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/upload_file/a/b",
    "/_stcore/agent/interact",
    "/_stcore/stream",
    "/media/abc.png",
    "/static/js/index.js",
    "/component/x/y.js",
)


@pytest.fixture
def whole(place: Any) -> FastAPI:
    """The app with the dashboard, which is not started because nobody gets that far."""
    return create_app(place.path, Options(run="reach-001"))


def test_the_walk_finds_the_routes_that_matter(whole: FastAPI) -> None:
    found = routes(whole)
    assert len(found) > 35
    for needed in [("POST", "/api/answers"), ("GET", "/api/events"), ("GET", "/"), ("GET", "/dashboard/")]:
        assert needed in found


def test_every_route_needs_a_session_but_those_of_the_login(whole: FastAPI) -> None:
    with TestClient(whole, "http://localhost", headers=PAGE) as stranger:
        for method, path in routes(whole):
            url = re.sub(r"\{\w+(:path)?\}", new_id(), path)
            body = {"token": "x" * 500} if path == "/api/login" else {}
            response = stranger.request(method, url, follow_redirects=False, json=body)
            refused = response.status_code in ((404,) if path == "/metrics" else (401, 403))
            assert refused != ((method, path) in PUBLIC), (method, path, response)
            if (
                refused
                and (method, path) != ("GET", "/metrics")
                and method != "HEAD"
                and response.headers["content-type"] == "application/json"
            ):
                assert set(response.json()) == {"error", "code"}


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "'; drop table sessions; --", "é", "%00"])
def test_a_made_up_session_is_none(stranger: TestClient, cookie: str) -> None:
    sent = {"Cookie": f"armchair_session_8642={cookie}".encode()}
    assert stranger.get("/api/state", headers=sent).status_code == 401  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/dashboard/_stcore/stream", "/api/play", "/nowhere"])
def test_a_websocket_without_a_session_is_refused_before_it_opens(whole: FastAPI, path: str) -> None:
    stranger = TestClient(whole, "http://localhost")
    with pytest.raises(WebSocketDisconnect) as refused, stranger.websocket_connect(f"ws://localhost{path}"):
        pass
    assert (refused.value.code, refused.value.reason) == (1008, "login")


def test_the_dashboard_is_for_the_owner_alone(whole: FastAPI, place: Any) -> None:
    ann = TestClient(whole, "http://localhost", headers=PAGE)
    token = place.store.people.invite("ann")
    assert ann.post("/api/login", json={"token": token}).status_code == 204
    assert ann.get("/dashboard/").status_code == 403
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        ann.websocket_connect("ws://localhost/dashboard/_stcore/stream"),
    ):
        pass
    assert refused.value.reason == "forbidden"


@pytest.mark.parametrize(
    ("path", "status"), [("/dashboard/", 403), ("/dashboard/labels", 403), ("/play", 404), ("/nowhere", 404)]
)
def test_who_opens_what_they_cannot_see_gets_a_page_and_a_way_back(
    whole: FastAPI, place: Any, path: str, status: int
) -> None:
    ann = TestClient(whole, "http://localhost", headers=PAGE)
    token = place.store.people.invite("ann")
    assert ann.post("/api/login", json={"token": token}).status_code == 204
    response = ann.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert '<a class="primary" href="/">' in response.text and '"code"' not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert set(ann.get(path).json()) == {"error", "code"}  # any other client
    api = ann.get("/api/clips/nothing", headers={"Accept": "text/html"})
    assert set(api.json()) == {"error", "code"}


def test_a_mistake_of_the_server_is_a_page_too(
    log_in: Any, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("<script>")

    ann = log_in()
    monkeypatch.setattr("armchair.web.pages.send_page", broken)
    response = ann.get("/", headers={"Accept": "text/html"})
    assert response.status_code == 500
    assert "Something went wrong" in response.text and "<script>" not in response.text.split("<main")[1]


def test_a_session_ends_with_the_log_out(place: Any, ann: TestClient) -> None:
    kept = dict(ann.cookies)
    assert ann.get("/api/state").status_code == 200
    assert ann.post("/api/logout").status_code == 204
    assert not ann.cookies
    ann.cookies.update(kept)
    assert ann.get("/api/state").status_code == 401  # not only forgotten by the browser


def test_the_first_page_asks_a_stranger_to_log_in(stranger: TestClient) -> None:
    response = stranger.get("/")
    assert response.status_code == 401
    assert response.headers["content-type"].startswith("text/html")
    assert stranger.get("/api/state", headers={"Accept": "text/html"}).json()["code"] == "login"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Armchair": ""}, "header"),
        ({"X-Armchair": "2"}, "header"),
        ({"Sec-Fetch-Site": "cross-site"}, "origin"),
        ({"Sec-Fetch-Site": "same-site"}, "origin"),  # another port of this machine
        ({"Sec-Fetch-Site": "none"}, "origin"),
        ({"Origin": "http://evil.example"}, "origin"),
        ({"Origin": "http://localhost:9999"}, "origin"),
        ({"Origin": "null"}, "origin"),
        ({"Origin": "http://localhost@evil.example"}, "origin"),
        ({"Origin": "http://[evil"}, "origin"),
    ],
    ids=str,
)
def test_a_write_that_another_site_caused_is_refused(
    ann: TestClient, headers: dict[str, str], code: str
) -> None:
    response = ann.post("/api/pairs", json={"want": 1}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, code)


def test_a_write_of_our_own_page_passes(ann: TestClient) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert ann.post("/api/pairs", json={"want": 1}, headers=own).status_code == 200


def test_a_form_of_another_site_is_refused(ann: TestClient) -> None:
    response = ann.post("/api/pairs", content="want=1", headers={"Content-Type": "text/plain"})
    assert response.status_code == 422


def test_a_websocket_that_another_site_opens_is_refused(place: Any) -> None:
    async def player(socket: Any) -> None:
        await socket.send_text("hello")

    app = create_app(place.path, Options(run="x", dashboard=False, player=player))
    with TestClient(app, "http://localhost", headers=PAGE) as ann:
        assert ann.post("/api/login", json={"token": place.store.people.invite("ann")}).status_code == 204
        with ann.websocket_connect(
            "ws://localhost/api/play", headers={"Origin": "http://localhost"}
        ) as socket:
            assert socket.receive_text() == "hello"
        for origin in ("http://evil.example", "http://localhost:9", "null"):
            with (
                pytest.raises(WebSocketDisconnect) as refused,
                ann.websocket_connect("ws://localhost/api/play", headers={"Origin": origin}),
            ):
                pass
            assert refused.value.reason == "origin"


LOOPBACK, OPEN = Options(run="x"), Options(run="x", host="0.0.0.0", hosts=("labels.example.org",))


@pytest.mark.parametrize(
    ("host", "loopback", "open_to_all"),
    [
        ("localhost", True, True),
        ("LOCALHOST:8642", True, True),
        ("127.0.0.1:8642", True, True),
        ("[::1]:8642", True, True),
        ("192.168.1.7:8642", False, True),  # nobody can make an address point elsewhere
        ("[fe80::1]", False, True),
        ("labels.example.org", False, True),
        ("evil.example", False, False),
        ("evil.example:8642", False, False),
        ("localhost.evil.example", False, False),
        ("127.0.0.1.nip.io", False, False),
        ("evil.example@localhost", False, False),
        ("localhost/evil", False, False),
        ("localhost:8642:80", False, False),
        ("localhost:port", False, False),
        ("0x7f000001", False, False),
        ("127.1", False, False),
        ("[::1", False, False),
        ("xn--e1awd7f.com", False, False),
        ("", False, False),
        (" localhost", False, False),
        ("localhost\n", False, False),
        ("*", False, False),
    ],
)
def test_only_this_servers_names_are_answered(host: str, loopback: bool, open_to_all: bool) -> None:
    assert host_allowed(host, LOOPBACK) is loopback
    assert host_allowed(host, OPEN) is open_to_all


@pytest.mark.parametrize("path", ["/", "/login", "/api/state", "/assets/label.js", "/dashboard/"])
def test_a_name_that_was_made_to_point_here_is_turned_away(ann: TestClient, path: str) -> None:
    response = ann.get(path, headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (400, "host")


HOSTILE = [
    "/assets/../app.py",
    "/assets/..%2fapp.py",
    "/assets/%2e%2e/app.py",
    "/assets/%2e%2e%2fapp.py",
    "/assets/..%5capp.py",
    "/assets/....//app.py",
    "/assets/%252e%252e%252fapp.py",
    "/assets/..%c0%afapp.py",
    "/assets/.",
    "/assets/..",
    "/assets/",
    "/assets//etc/passwd",
    "/assets/%2fetc%2fpasswd",
    "/assets/C:%5cwindows%5cwin.ini",
    "/assets/file:///etc/passwd",
    "/assets/index.html%00.js",
    "/assets/%00",
    "/assets/.git",
    "/assets/label.js/",
    "/assets/label.js%20",
    "/assets/login.html",
    "/assets/" + "a" * 5000,
    "/static/label.js",
    "/../../etc/passwd",
    "//etc/passwd",
    "//evil.example/",
    "/login/../api/state",
    "/login/%2e%2e/dashboard/",
    "/LOGIN/",
    "/login;/api/state",
    "/favicon.ico/../api/state",
    "/api/../login",
    "/api/clips/..%2f..%2farmchair.db",
    "/api/clips/../../armchair.db",
    "/api/clips/armchair.db",
    "/api/clips/%00",
    "/api/clips/00000000-0000-0000-0000-000000000000",
    "/api/clips/00000000-0000-0000-0000-000000000000/film",
    "/api/clips/00000000-0000-0000-0000-00000000000G",
    "/api/clips/{00000000-0000-0000-0000-000000000000}",
    "/api/clips/00000000000000000000000000000000",
    "/api/clips/'%20or%201=1%20--",
    "/api/scene/../../armchair.db",
    "/api/history?before=1%20or%201=1",
    "/api/history?choice='",
    "/api/people/..%2f..%2fann/exclude",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/.env",
    "/.git/config",
    "/armchair.db",
    "/app.py",
    "/server-status",
]


def test_hostile_paths_find_nothing(server: Any, visit: Any) -> None:
    assert len(set(HOSTILE)) >= 40
    ann = visit(server)
    (name, value) = next(iter(ann.cookies.items()))
    web = Path(__file__).parents[2] / "src" / "armchair" / "web"
    secrets = [b"SQLite format", b"root:x:0", (web / "app.py").read_bytes()[:40], b'"annotator"']
    address = urlsplit(server.url)
    for path in HOSTILE:
        for cookie in ({}, {"Cookie": f"{name}={value}"}):
            # by hand, because every client tidies paths up before it sends them
            raw = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=60)
            raw.putrequest("GET", path, skip_host=False)
            for header in cookie.items():
                raw.putheader(*header)
            raw.endheaders()
            response = raw.getresponse()
            content = response.read()
            raw.close()
            assert 400 <= response.status < 500, (path, response.status)
            assert not any(secret in content for secret in secrets), path


def test_a_large_request_is_refused(ann: TestClient) -> None:
    large = b'{"questions": [' + b" " * MAX_BODY + b"]}"
    stated = ann.post("/api/release", content=large, headers={"Content-Type": "application/json"})
    assert (stated.status_code, stated.json()["code"]) == (413, "too_large")
    pieces = (large[i : i + 9000] for i in range(0, len(large), 9000))
    streamed = ann.post("/api/release", content=pieces, headers={"Content-Type": "application/json"})
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")
    assert ann.post("/api/release", json={"questions": []}).status_code == 204


def test_every_response_carries_the_headers(stranger: TestClient, ann: TestClient) -> None:
    for client, path in [(stranger, "/login"), (stranger, "/api/state"), (ann, "/"), (ann, "/api/state")]:
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    assert ann.get("/api/state").headers["cache-control"] == "no-store"


def test_a_mistake_of_ours_shows_no_traceback(ann: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(ann.app.state.context.snapshots, "latest", fail)  # type: ignore[attr-defined]
    response = ann.get("/api/state")
    assert (response.status_code, response.json()["code"]) == (500, "bug")
    assert "secret" not in response.text and "Traceback" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
