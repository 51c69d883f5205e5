"""A server below a path: everything that leads back to it has the path, and nothing is found without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.errors import InvalidInput
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.options import Options
from armchair.web.outer.base_path import moved

PAGE = {"X-Armchair": "1"}


@pytest.fixture
def below(tmp_path: Path) -> TestClient:
    with Store.open(tmp_path / "armchair.db") as store:
        token = store.people.invite("ann", "owner")
    options = Options(run="x", dashboard=False, base_path="/arm/chair")
    client = TestClient(create_app(tmp_path / "armchair.db", options), "http://localhost", headers=PAGE)
    assert client.post("/arm/chair/api/login", json={"token": token}).status_code == 204
    return client


def test_all_is_below_the_path_and_nothing_beside_it(below: TestClient) -> None:
    assert below.get("/arm/chair/api/state").json()["annotator"] == "ann"
    for path in ("/api/state", "/arm/chairs/api/state", "/arm/api/state", "/"):
        assert below.get(path).status_code == 404, path
    assert below.get("/arm/chair", follow_redirects=False).headers["location"] == "/arm/chair/"
    assert below.get("/healthz").text == "ok\n", "who looks after the process knows no paths"
    told = below.post("/arm/chair/api/invites", json={"annotator": "bob", "role": "annotator"}).json()
    assert told["path"].startswith("/arm/chair/login#")


def test_the_cookie_is_for_the_path_alone(below: TestClient) -> None:
    assert [cookie.path for cookie in below.cookies.jar] == ["/arm/chair/"]
    assert below.post("/arm/chair/api/logout").status_code == 204
    assert [*below.cookies] == []


@pytest.mark.parametrize("path", ["/arm/chair/", "/arm/chair/login", "/arm/chair/nowhere"])
def test_what_a_page_loads_is_below_the_path(below: TestClient, path: str) -> None:
    page = below.get(path, headers={"Accept": "text/html"}).text
    links = re.findall(r"""(?:href|src)=["'](/[^"']*)""", page)
    assert links and all(link.startswith("/arm/chair/") for link in links)
    for link in links:
        assert below.get(link).status_code in (200, 404) and below.get(link).headers["x-frame-options"]
    assert '<meta name="base" content="/arm/chair">' in page or path.endswith("nowhere")


def test_what_others_wrote_is_left_as_it_is() -> None:
    text = '<a href="/x">1</a> <p title="href=/x">href="//elsewhere"</p>'
    assert moved(text, "/b") == '<a href="/b/x">1</a> <p title="href=/x">href="//elsewhere"</p>'
    assert moved(text, "") == text


@pytest.mark.parametrize("path", ["armchair", "/armchair/", "/", "/a b", "/../x", "/a?b", '/"'])
def test_a_path_that_no_server_can_be_below(path: str) -> None:
    with pytest.raises(InvalidInput, match="such as /armchair"):
        Options(run="x", base_path=path)


def test_a_servers_cookie_is_that_of_its_database(postgresql: Any, tmp_path: Path) -> None:
    """Two servers on one database have one cookie, whatever their ports are; one on a file its port's."""
    with Store.open(postgresql) as store:
        name = store.identity()
    served = [create_app(postgresql, Options(run="x", port=port, dashboard=False)) for port in (1, 2)]
    assert [app.state.context.options.cookie for app in served] == [f"armchair_{name}"] * 2
    for app in served:
        app.state.context.store.close()
    Store.open(tmp_path / "armchair.db").close()
    alone = create_app(tmp_path / "armchair.db", Options(run="x", port=7, dashboard=False))
    assert alone.state.context.options.cookie == "armchair_session_7"
    alone.state.context.store.close()
