"""The cookie's name: servers that share sessions, and servers that share nothing but a host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from armchair.cli import main
from armchair.errors import InvalidInput
from armchair.store.store import Store
from armchair.web.app import create_app
from armchair.web.options import Options

PAGE = {"X-Armchair": "1"}


def test_two_servers_on_one_store_share_sessions(start: Any, visit: Any) -> None:
    options = Options(run="x", port=0, dashboard=False, cookie_name="armchair_reach")
    one, other = start(options), start(options)
    ann = visit(one)
    assert [*ann.cookies] == ["armchair_reach"]
    assert ann.get(f"{other.url}/api/state").json()["annotator"] == "ann"
    ann.post(f"{other.url}/api/logout").raise_for_status()
    ann.cookies.clear()
    assert ann.get(f"{one.url}/api/state").status_code == 401


def test_two_servers_of_one_port_on_one_host_do_not_sign_each_other_out(tmp_path: Path) -> None:
    """As two containers have them, whose ports are the same inside."""
    clients, browser = [], dict[str, str]()
    for name in ("one", "two"):
        with Store.open(tmp_path / f"{name}.db") as store:
            token = store.people.invite("ann")
        options = Options(run=name, dashboard=False, cookie_name=f"run_{name}")
        client = TestClient(create_app(tmp_path / f"{name}.db", options), "http://localhost", headers=PAGE)
        assert client.post("/api/login", json={"token": token}).status_code == 204
        browser |= dict(client.cookies)
        clients.append(client)
    assert sorted(browser) == ["run_one", "run_two"]
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.items())}
    assert [client.get("/api/state", headers=sent).json()["run"] for client in clients] == ["one", "two"]


@pytest.mark.parametrize("name", ["a b", "a;b", "ä", "x" * 65, "a=b", "a\nb"])
def test_a_name_that_no_cookie_can_have(name: str, place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput, match="letters, digits"):
        Options(run="x", cookie_name=name)
    assert main(["serve", "--runs", str(place.path.parent / "new"), "--cookie", name]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (place.path.parent / "new").exists()
