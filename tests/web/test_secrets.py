"""Tokens of links and sessions are nowhere but in the hands of those whom they let in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

MARK = "do-not-keep-this-address"


LogIn = Callable[[str, str], httpx.Client]


@pytest.fixture
def log_in() -> Iterator[LogIn]:
    """Log somebody in with a token -> their browser, which is closed in the end."""
    with contextlib.ExitStack() as stack:

        def enter(url: str, token: str) -> httpx.Client:
            client = httpx.Client(base_url=url, headers={"X-Armchair": "1"}, timeout=60)
            stack.enter_context(client)
            assert client.post("/api/login", json={"token": token}).status_code == 204
            return client

        yield enter


def session_of(client: httpx.Client) -> str:
    (value,) = client.cookies.values()
    assert value
    return value


def files_with(folder: Path, secret: str) -> list[Path]:
    """The files below a folder that hold a secret as it is."""
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.fixture
def server(place: Any) -> Iterator[subprocess.Popen[str]]:
    folder = place.path.parent
    command = [sys.executable, "-m", "armchair.web", "--store", str(place.path), "--run", "x", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, "--run-path", str(folder), "--stop-with-stdin", "--no-dashboard"],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        cwd=folder,
    ) as process:
        yield process
        process.kill()


def test_no_token_is_said_kept_or_put_into_an_address(
    place: Any, server: subprocess.Popen[str], log_in: LogIn
) -> None:
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["listening"]
    invited = place.store.people.invite("olga", "owner")
    olga = log_in(url, invited)
    told = olga.post("/api/invites", json={"annotator": "ann", "role": "annotator"}).json()["path"]
    page, by_page = told.split("#")
    assert page == "/login"  # what is behind the # is sent to no server
    ann = log_in(url, by_page)
    secrets = {invited, by_page, session_of(olga), session_of(ann), "a-wrong-token"}
    assert ann.post("/api/login", json={"token": "a-wrong-token"}).status_code == 401
    assert ann.post("/api/login", json={"token": [invited]}).status_code == 422
    assert ann.post("/api/login", content=b'{"token": "' + invited.encode()).status_code == 422
    place.ask(2)
    for client in (olga, ann):
        for path in (
            "/",
            f"/api/state?token={MARK}",
            "/api/history",
            "/api/scene",
            f"/api/clips/{MARK}",
            "/x",
        ):
            answered = client.get(path)
            assert not any(s in answered.text or s in str(answered.headers) for s in secrets), path
    people = olga.get("/api/people").text
    assert "ann" in people and not any(secret in people for secret in secrets)
    shown = psutil.Process(server.pid)
    started = [*shown.cmdline(), *shown.environ().values()]
    assert not any(secret in word for secret in secrets for word in started)
    assert ann.post("/api/logout").status_code == 204
    out, err = server.communicate(timeout=60)
    assert (out, err) == ("", ""), "not even addresses are logged"
    for secret in (*secrets, MARK):
        assert files_with(place.path.parent, secret) == []
    hashed = hashlib.sha256(session_of(olga).encode()).hexdigest()
    assert files_with(place.path.parent, hashed), "the search would find what is there"


@pytest.mark.slow
def test_a_run_keeps_no_token_in_its_folder(tmp_path: Path, log_in: LogIn) -> None:
    command = [sys.executable, "-m", "armchair.cli", "teach", "reach", "--config", "smoke", "--no-open"]
    with subprocess.Popen(
        [*command, "--port", "0", "--runs", "runs"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"answer here: (http://\S+)/login#(\S+)", process.stdout.readline())
            assert found is not None
            owner = log_in(found[1], found[2])
            until = time.monotonic() + 60
            while not (pairs := owner.post("/api/pairs", json={"want": 1}).json()["pairs"]):
                assert time.monotonic() < until
                time.sleep(0.1)
            assert owner.get(pairs[0]["left"]["url"]).status_code == 200
            secrets = (found[2], session_of(owner))
        finally:
            process.kill()
            process.communicate()
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"config.yaml", "armchair.db"} <= names
    assert [path for secret in secrets for path in files_with(tmp_path, secret)] == []
