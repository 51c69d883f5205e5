"""Listening: ports, who is let in from outside, and the process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from armchair.errors import ArmchairError, InvalidInput, StoreError
from armchair.web.options import Options, own_names
from armchair.web.serve import PortTaken, address, anyone_invited, check_port, serve


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_the_next_free_one(place: Any, taken: int) -> None:
    with pytest.raises(PortTaken) as refused:
        serve(place.path, Options(run="x", port=taken))
    assert isinstance(refused.value, ArmchairError)
    assert refused.value.port == taken and refused.value.free is not None
    assert f"port {taken} " in str(refused.value) and f"--port {refused.value.free}" in str(refused.value)
    check_port("127.0.0.1", refused.value.free)
    with pytest.raises(PortTaken):
        check_port("127.0.0.1", taken)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 8642), ("no.such.host.invalid", 1)]
)
def test_where_one_cannot_listen(host: str, port: int) -> None:
    with pytest.raises(InvalidInput):
        check_port(host, port)


def test_without_a_store_nothing_is_served(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        serve(tmp_path / "armchair.db", Options(run="x", port=0))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options", [Options(run="x", host="0.0.0.0", port=0), Options(run="x", port=0, https=True)]
)
def test_the_network_is_served_only_when_somebody_is_invited(place: Any, options: Options) -> None:
    with pytest.raises(InvalidInput, match="--invite NAME"):
        serve(place.path, options)
    place.store.people.invite("ann", seconds=0.001)
    time.sleep(0.01)
    assert not anyone_invited(place.path)  # that invitation has expired
    token = place.store.people.invite("bob")
    assert anyone_invited(place.path)
    place.store.people.redeem(token)
    assert anyone_invited(place.path)  # used, but there is a session


def test_the_network_reaches_a_server_with_invited_people(place: Any, start: Any, visit: Any) -> None:
    place.store.people.invite("ann")
    server = start(Options(run="x", host="0.0.0.0", port=0, dashboard=False))
    port = int(server.url.rsplit(":", 1)[1])
    names = ["127.0.0.1", *own_names()]
    for name in names:
        found = httpx.get(f"http://127.0.0.1:{port}/login", headers={"Host": f"{name}:{port}"}, timeout=60)
        assert found.status_code in (200, 503), name
    evil = httpx.get(f"http://127.0.0.1:{port}/login", headers={"Host": "evil.example"}, timeout=60)
    assert evil.status_code == 400


def test_the_address_is_one_that_browsers_reach() -> None:
    assert address("127.0.0.1", 1234) == "http://127.0.0.1:1234"
    assert address("labels.example.org", 8642, https=True) == "https://labels.example.org"
    assert "0.0.0.0" not in address("0.0.0.0", 80)
    assert address("::1", 80) == "http://[::1]:80"


def start_process(place: Any, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "armchair.web", "--store", str(place.path), "--run", "x", "--port", "0"]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *more], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def listening(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return str(json.loads(process.stdout.readline())["listening"])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "stdin"])
def test_a_process_of_its_own_says_where_it_is_and_stops_quietly(place: Any, visit: Any, how: Any) -> None:
    with start_process(place, "--stop-with-stdin") as process:
        url = listening(process)
        assert httpx.get(f"{url}/api/state", timeout=60).status_code == 401
        started = time.monotonic()
        if how == "stdin":
            process.stdin.close()  # type: ignore[union-attr]
        else:
            process.send_signal(how)
        process.wait(60)
        assert time.monotonic() - started < 15, "it waits for no open stream"
        assert process.stderr is not None and process.stderr.read() == ""


def test_a_process_that_cannot_start_says_why_in_one_line(place: Any, taken: int) -> None:
    with start_process(place, "--port", str(taken)) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("armchair: ") and len(err.splitlines()) == 1


def test_the_server_is_small_and_has_no_torch(place: Any) -> None:
    with start_process(place) as process:
        url = listening(process)
        token = place.store.people.invite("olga", "owner")
        with httpx.Client(base_url=url, headers={"X-Armchair": "1"}, timeout=60) as olga:
            assert olga.post("/api/login", json={"token": token}).status_code == 204
            assert olga.get("/api/state").status_code == 200
        found = psutil.Process(process.pid)
        maps = Path(f"/proc/{process.pid}/maps")
        loaded = maps.read_text() if maps.exists() else ""
        assert found.memory_info().rss < 150 * 2**20
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert "libtorch" not in loaded and "mujoco" not in loaded


def test_importing_the_server_imports_nothing_heavy() -> None:
    code = "import sys, armchair.web.__main__; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "mujoco", "streamlit", "pandas", "matplotlib", "armchair.engines", "armchair.training"}
    assert not heavy & set(out.split())


def test_no_token_is_ever_logged(place: Any) -> None:
    with start_process(place, "--stop-with-stdin") as process:
        url = listening(process)
        token = place.store.people.invite("olga", "owner")
        with httpx.Client(base_url=url, headers={"X-Armchair": "1"}) as olga:
            olga.post("/api/login", json={"token": "wrong-token"})
            olga.post("/api/login", json={"token": token})
            session = next(iter(olga.cookies.values()))
        out, err = process.communicate(timeout=60)
    for secret in (token, session, "wrong-token"):
        assert secret not in out + err
