"""What `deploy/` has: two servers behind Caddy, one of which is killed; a backup, restored and checked."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import torch
import yaml

from armchair.ids import new_id
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PEOPLE = 12


@pytest.fixture
def url(postgresql: str) -> Iterator[str]:
    """An empty database on the server."""
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    name = f"hosting_{new_id().replace('-', '')}"
    with engine.connect() as conn:
        conn.execute(sa.text(f"CREATE DATABASE {name}"))
        yield sa.make_url(postgresql).set(database=name).render_as_string(hide_password=False)
        conn.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def fill(store: Store, number: int) -> list[Question]:
    zeros = torch.zeros(4, 3)
    clips = [Clip(new_id(), zeros, zeros, zeros[:, 0], torch.rand(4, 5, 7), None, 0, 0, 0) for _ in range(40)]
    pairs = [(clips[k % 40], clips[(k + 1 + k // 40) % 40]) for k in range(number)]
    questions = [Question(new_id(), a.id, b.id, "uniform", 0) for a, b in pairs if a.id != b.id]
    store.ask(questions, clips)
    store.board.set_setting("repeat_share", 0.0)
    return questions


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def serve(url: str) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """Start a server of the page, as the image does."""
    started: list[subprocess.Popen[str]] = []

    def begin(port: int = 0, base: str = "") -> tuple[subprocess.Popen[str], int]:
        # without --https: Caddy has no certificate here, and Secure cookies are not for plain HTTP
        words = [f"--store={url}", "--run=x", f"--port={port}", f"--base-path={base}", "--no-dashboard"]
        command = [sys.executable, "-m", "armchair.web", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/")
        started.append(process)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["listening"].startswith("http://127")
        return process, port

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start Caddy with the Caddyfile there is, on a free port with plain HTTP -> its address."""
    if shutil.which("caddy") is None:
        pytest.skip("no caddy: apt-get install caddy")
    started: list[subprocess.Popen[bytes]] = []

    def begin(ports: list[int], base: str = "") -> str:
        port = free_port()
        pages = " ".join(f"127.0.0.1:{one}" for one in ports)
        told = {"SITE": f"http://127.0.0.1:{port}", "PAGES": pages, "BASE_PATH": base, "HOME": str(tmp_path)}
        command = ["caddy", "run", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]
        started.append(subprocess.Popen(command, env={**os.environ, **told}, stderr=subprocess.DEVNULL))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if httpx.get(f"http://127.0.0.1:{port}{base}/login").status_code == 200:
                    return f"http://127.0.0.1:{port}{base}"
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError("Caddy serves no page")

    yield begin
    for process in started:
        process.terminate()
        process.wait(20)


def label(store: Store, where: str, name: str, ends: threading.Event, said: dict[str, str]) -> None:
    """What the page does, through whatever befalls the servers: what is not acknowledged is sent again."""
    origin = re.sub(r"(://[^/]+).*", r"\1", where)
    with httpx.Client(headers={"X-Armchair": "1", "Origin": origin}, timeout=15) as client:

        def post(path: str, body: object) -> httpx.Response:
            while True:
                try:
                    response = client.post(where + path, json=body)
                    if response.status_code < 500 and response.status_code != 429:
                        return response
                except httpx.HTTPError:
                    pass
                time.sleep(0.2)

        token = store.people.invite(name)
        assert post("/api/login", {"token": token}).status_code in (204, 401)
        while not ends.is_set():
            pairs = post("/api/pairs", {"want": 4}).json()["pairs"]
            for pair in pairs:
                body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
                if post("/api/answers", body).status_code == 200:
                    said[body["id"]] = pair["question"]


@pytest.mark.slow
def test_a_server_that_is_killed_under_load_loses_nothing_and_doubles_nothing(
    url: str, serve: Any, caddy: Any
) -> None:
    """As `compose.yaml` has it: two servers on one database behind Caddy; one dies, and comes back."""
    with Store.open(url) as store:
        fill(store, 3000)
        ports = [free_port(), free_port()]
        (first, _), _ = serve(ports[0]), serve(ports[1])
        where, ends, said = caddy(ports), threading.Event(), dict[str, str]()
        people = [
            threading.Thread(target=label, args=[store, where, f"person {k}", ends, said])
            for k in range(PEOPLE)
        ]
        for person in people:
            person.start()
        time.sleep(8)
        first.kill()
        first.wait()
        before = len(said)
        time.sleep(6)
        assert len(said) > before, "the other server goes on"
        serve(ports[0])
        time.sleep(6)
        ends.set()
        for person in people:
            person.join(120)
            assert not person.is_alive()
        records = store.records()
        there = {record.answer.id: record.question.id for record in records}
        assert len(said) > 50 and {name: there.get(name) for name in said} == said, "none is lost"
        asked = [record.question.id for record in records]
        assert len(asked) == len(set(asked)), "none is asked twice"
        assert store.counts().asked == len(records)


@pytest.mark.slow
def test_caddy_leads_below_a_path_and_hides_the_figures(url: str, serve: Any, caddy: Any) -> None:
    with Store.open(url) as store:
        fill(store, 10)
        token = store.people.invite("ann")
    port = free_port()
    serve(port, "/arm")
    where = caddy([port], "/arm")
    with httpx.Client(headers={"X-Armchair": "1"}) as client:
        assert client.post(f"{where}/api/login", json={"token": token}).status_code == 204
        assert client.get(f"{where}/api/state").json()["annotator"] == "ann"
        assert client.get(where.removesuffix("/arm") + "/api/state").status_code == 404
        assert client.get(f"{where}/metrics").status_code == 404
        assert client.get(where.removesuffix("/arm") + "/metrics").status_code == 404


@pytest.mark.slow
def test_a_backup_is_restored_and_checked_before_it_counts(url: str, tmp_path: Path, postgresql: str) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump")
    with Store.open(url) as store:
        fill(store, 20)
        for question in store.claim("ann", n=5):
            store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, time.time()))
        counts = store.counts()
    plain, kept = url.replace("+psycopg", ""), tmp_path / "backups"
    surroundings = {**os.environ, "PYTHON": sys.executable, "KEEP": "1"}

    def run(script: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(DEPLOY / script), *words]
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=300)

    done = run("backup.sh", plain, str(kept))
    assert done.returncode == 0, done.stdout + done.stderr
    (backup,) = kept.iterdir()
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE answers SET choice = 'right' WHERE seq = 3"))
    bad = run("backup.sh", plain, str(kept))
    assert bad.returncode == 1 and "FAULT audit chain" in bad.stdout, (
        "a store that is damaged makes no backup"
    )
    assert [*kept.iterdir()] == [backup], "and the good one stays"
    assert run("restore.sh", str(backup), plain).returncode == 2, "only into an empty database"
    with engine.begin() as conn:
        conn.execute(sa.text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        left = conn.execute(sa.text("SELECT count(*) FROM pg_database WHERE datname LIKE 'armchair_drill%'"))
        assert left.scalar_one() == 0, "the scratch databases are gone"
    engine.dispose()
    done = run("restore.sh", str(backup), plain)
    assert done.returncode == 0, done.stdout + done.stderr
    with Store.open(url) as store:
        assert store.counts() == counts


def test_compose_names_what_is_there() -> None:
    """Docker is not at hand where the tests run; what can be read is read."""
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = told["services"]
    assert services["page1"] == services["page2"] and set(services) == {"page1", "page2", "database", "caddy"}
    page = services["page1"]
    assert (DEPLOY / page["build"]["context"] / page["build"]["dockerfile"]).is_file()
    command = [re.sub(r"\$\{SITE[^}]*\}", "labels.test", word) for word in page["command"]]
    command = [re.sub(r"\$\{\w+:-(\w*)\}", r"\1", word) for word in command]
    from armchair.web.__main__ import _parser

    given = _parser().parse_args(command)
    assert given.https and given.allow_host == ["labels.test"] and given.base_path == ""
    docker = (DEPLOY / "Dockerfile").read_text()
    assert "\nUSER armchair\n" in docker and "torch" not in (DEPLOY / "requirements.txt").read_text()


def test_the_pages_server_imports_only_what_the_image_has() -> None:
    names = re.findall(r"^([a-z_-]+)", (DEPLOY / "requirements.txt").read_text(), re.MULTILINE)
    there = {name.replace("-", "_") for name in names} | {"yaml"}
    code = (
        "import sys, armchair.web.__main__, armchair.web.app, armchair.store.copies.drill\n"
        "print(*{m.split('.')[0] for m, x in list(sys.modules.items())"
        " if 'site-packages' in (getattr(x, '__file__', None) or '')})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert not found & {"torch", "mujoco", "av", "streamlit", "tyro"}
    import importlib.metadata as metadata

    brought = {name.replace("-", "_") for name in names}
    queue = [*names]
    while queue:  # what these bring along
        for line in metadata.requires(queue.pop()) or []:
            name = re.split(r"[\s<>=!~;\[(]", line)[0].lower().replace("-", "_")
            if "extra ==" in line and "standard" not in line and "binary" not in line:
                continue
            if name not in brought:
                brought.add(name)
                try:
                    metadata.distribution(name)
                    queue.append(name)
                except metadata.PackageNotFoundError:
                    pass
    optional = {
        "sniffio",
        "orjson",
        "python_multipart",
        "opentelemetry",
        "_distutils_hack",
        "pydantic_extra_types",
    }
    assert found - brought - there - optional - {"farama_notifications", "dotenv"} == set()
