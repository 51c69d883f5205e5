"""The dashboard: a Streamlit app behind the gate, started when its owner comes."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from armchair.web import app as app_module
from armchair.web import mount
from armchair.web.dashboard import source
from armchair.web.options import Options

STREAM = "/dashboard/_stcore/stream"


@pytest.fixture
def dashboard(place: Any, start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server whose dashboard is a small script."""
    script = tmp_path / "small.py"
    script.write_text("import streamlit as st\nst.title('A small dashboard')\n")
    monkeypatch.setattr(app_module, "Dashboard", functools.partial(mount.Dashboard, script=script))
    return start(Options(run="x", port=0))


def stream(server: Any, client: httpx.Client | None, **headers: str) -> Any:
    """The dashboard's WebSocket as this person."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items()) if client else ""
    return connect(
        server.url.replace("http", "ws") + STREAM,
        additional_headers=headers | ({"Cookie": cookies} if cookies else {}),
        subprotocols=["streamlit"],  # type: ignore[list-item]
        open_timeout=60,
    )


@pytest.mark.slow
def test_the_owner_sees_the_dashboard_and_nobody_else_does(dashboard: Any, visit: Any) -> None:
    ann = visit(dashboard, "ann")
    assert ann.get("/dashboard/").status_code == 403
    assert httpx.get(f"{dashboard.url}/dashboard/", timeout=60).status_code == 401
    olga = visit(dashboard, "olga", "owner")
    first = olga.get("/dashboard")
    assert (first.status_code, first.headers["location"]) == (307, "/dashboard/")
    page = olga.get("/dashboard/")
    assert page.status_code == 200 and "Streamlit" in page.text
    assert olga.get("/dashboard/_stcore/health").text == "ok"
    with stream(dashboard, olga, Origin=dashboard.url) as socket:
        assert socket.subprotocol == "streamlit"
    for somebody, origin in [(None, dashboard.url), (ann, dashboard.url), (olga, "http://evil.example")]:
        with pytest.raises(InvalidStatus) as refused:
            stream(dashboard, somebody, Origin=origin)
        assert refused.value.response.status_code == 403
    for method, path in [
        ("PUT", "/dashboard/_stcore/upload_file/a/b"),
        ("POST", "/dashboard/_stcore/agent/interact"),
    ]:
        other = {"Sec-Fetch-Site": "cross-site"}
        assert olga.request(method, path, json={}, headers=other).status_code == 403
    assert olga.post("/dashboard/_stcore/agent/interact", json={}).status_code >= 400  # not offered


@pytest.mark.slow
def test_the_dashboards_policy_allows_no_foreign_thing(dashboard: Any, visit: Any) -> None:
    policy = visit(dashboard, "olga", "owner").get("/dashboard/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.count("'sha256-") == 1 and "unsafe" not in scripts
    assert "*" not in policy and "http" not in policy


@pytest.mark.slow
def test_streamlit_is_told_to_send_nothing_home() -> None:
    code = (
        "from pathlib import Path\n"
        "from armchair.web import mount\n"
        "from armchair.web.options import Options\n"
        "mount._make(Path(mount.__file__), 'nowhere', Options(run='x'))\n"
        "from armchair.web.dashboard import source\n"
        "from streamlit import config\n"
        "settings = source.OPTIONS | mount.SETTINGS\n"
        "print([config.get_option(name) == value for name, value in settings.items()])\n"
        "print(config.get_option('browser.gatherUsageStats'))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == [str([True] * len(source.OPTIONS | mount.SETTINGS)), "False"]


@pytest.mark.slow
def test_with_the_dashboard_the_server_stays_small_and_says_nothing(place: Any) -> None:
    """Its real scripts are run by hand and in the browser tests; this is what the mount itself costs."""
    code = (
        "import sys, psutil, httpx, threading, functools\n"
        "from pathlib import Path\n"
        "from armchair.store.store import Store\n"
        "from armchair.web import app, mount\n"
        "from armchair.web.options import Options\n"
        "from armchair.web.serve import serve\n"
        "path, script = sys.argv[1:]\n"
        "app.Dashboard = functools.partial(mount.Dashboard, script=Path(script))\n"
        "stop = threading.Event()\n"
        "def visit(url):\n"
        "    token = Store.open(path).people.invite('olga', 'owner')\n"
        "    with httpx.Client(base_url=url, headers={'X-Armchair': '1'}, timeout=60) as olga:\n"
        "        olga.post('/api/login', json={'token': token})\n"
        "        assert olga.get('/dashboard/').status_code == 200\n"
        "    print(psutil.Process().memory_info().rss // 2**20, 'torch' in sys.modules)\n"
        "    stop.set()\n"
        "def ready(url):\n"
        "    threading.Thread(target=visit, args=[url]).start()\n"
        "serve(path, Options(run='x', port=0), ready=ready, until=stop.is_set)\n"
    )
    script = place.path.parent / "small.py"
    script.write_text("import streamlit as st\nst.title('small')\n")
    command = [sys.executable, "-c", code, str(place.path), str(script)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    megabytes, torch = found.stdout.split()
    assert int(megabytes) < 150 and torch == "False"
    assert found.stderr == ""
