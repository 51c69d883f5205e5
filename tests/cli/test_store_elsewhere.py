"""Trainer and page on hosts of their own: they meet in a database, and nowhere else."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from armchair.cli import main
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.database import shown
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
LABELS = 8
PRESET = f"""
task: reach
queries: {{labels: {LABELS}, first: 4, film_envs: 4}}
schedule: {{session: 2, session_every: 1, updates: 4}}
practice: {{num_envs: 4, rollout: 16}}
evaluation: {{every: 2, episodes: 4}}
"""


@pytest.fixture
def url(postgresql: str) -> Iterator[str]:
    """An empty database of its own."""
    server = sa.make_url(postgresql)
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"armchair_{new_id().replace('-', '')}"
    with engine.connect() as conn:
        conn.execute(sa.text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string()
        conn.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@contextlib.contextmanager
def armchair(folder: Path, *words: str) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """A command that serves a page, in a folder of its own. -> process, address, token of the last link."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "armchair.cli", *words, "--no-open", "--port", "0"]
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    try:
        told = [process.stdout.readline() for _ in range(1 + words.count("--invite"))]
        found = re.search(r"(http://[^/]+)/login#(\S+)", told[-1])
        assert found is not None, (told, (folder / "errors").read_text())
        yield process, found[1], found[2]
    finally:
        process.kill()
        process.communicate()


def answer(http: httpx.Client, number: int) -> None:
    """Answer so many pairs at a page, as soon as there are any."""
    until = time.monotonic() + 120.0
    while number:
        assert time.monotonic() < until, "no questions come"
        for pair in http.post("/api/pairs", json={"want": 1}).raise_for_status().json()["pairs"]:
            assert http.get(pair["left"]["url"]).status_code == 200
            body = {"id": new_id(), "question": pair["question"], "choice": "left", "seconds": 1.0}
            http.post("/api/answers", json=body).raise_for_status()
            number -= 1
        time.sleep(0.05)


@pytest.mark.slow
def test_a_trainer_and_a_page_on_two_hosts_meet_in_the_database(
    url: str, tmp_path: Path, capsys: Capture
) -> None:
    here, there = tmp_path / "trainer", tmp_path / "page"
    here.mkdir()
    (here / "few.yaml").write_text(PRESET)
    words = ("teach", "reach", "--config", "few.yaml", "--store", url)
    with armchair(here, *words) as (trainer, _, _), armchair(there, "label", url, "--invite", "ann") as page:
        _, address, token = page
        http = httpx.Client(base_url=address, headers={"X-Armchair": "1"}, timeout=30.0)
        assert http.post("/api/login", json={"token": token}).status_code == 204
        run = RunDir.open(here / "runs" / "reach-001")
        assert run.store == url and not run.store_file.exists()
        copy = shutil.copytree(run.path, tmp_path / "copy")
        assert main(["resume", str(copy)]) == 2
        assert "is being trained already" in capsys.readouterr().err
        answer(http, 4)
        until = time.monotonic() + 120.0
        while not run.metrics():  # it has learnt from them
            assert time.monotonic() < until and trainer.poll() is None
            time.sleep(0.1)
        trainer.send_signal(signal.SIGKILL)
        trainer.wait()
        with armchair(here, "resume", str(run.path)) as (again, _, _):
            answer(http, LABELS - 4)
            assert again.wait(120) == 0, (here / "errors").read_text()
    assert sorted(path.name for path in there.iterdir()) == ["errors"]
    with Store.open(url, create=False) as store:
        assert [record.answer.annotator for record in store.records()] == ["ann"] * LABELS
    assert main(["doctor", str(run.path)]) == 0
    assert "unbroken over" in capsys.readouterr().out
    assert main(["export", str(run.path), "--backup", str(tmp_path / "backup")]) == 0
    backup = RunDir.open(tmp_path / "backup")
    assert backup.store == backup.store_file and backup.store_file.exists()


def test_a_database_that_cannot_serve_is_told_in_one_line(url: str, tmp_path: Path, capsys: Capture) -> None:
    runs = tmp_path / "runs"
    with Store.open(url) as store:
        store.register("ann")
    for given, expected in (
        ("mysql://host/name", "takes the URL of a PostgreSQL database"),
        (str(tmp_path / "other.db"), "takes the URL of a PostgreSQL database"),
        ("postgresql://ann:secret@host/name", "leave the password out"),
        ("postgresql://ann@host/name?password=secret", "leave the password out"),
        (url, "name an empty database"),
    ):
        assert main(["teach", "reach", "--teacher", "oracle", "--store", given, "--runs", str(runs)]) == 2
        told = capsys.readouterr().err
        assert expected in told and told.count("\n") == 1 and "secret" not in told
    assert not runs.exists()


def test_a_password_is_not_shown_wherever_it_stands() -> None:
    assert shown("postgresql://ann:secret@host/x") == "postgresql://ann:***@host/x"
    assert "secret" not in shown("postgresql://ann@host/x?password=secret&sslpassword=secret")
