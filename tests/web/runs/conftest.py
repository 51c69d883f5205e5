"""The list's server over a folder of runs, with stand-ins for trainers and for pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from armchair.errors import RunError
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.options import Options
from armchair.web.processes.launcher import PATIENCE, Launcher
from armchair.web.processes.presets import Preset
from armchair.web.runs.app import create_app
from armchair.web.runs.listing import Listing

PAGE = {"X-Armchair": "1"}
STAND_IN = Path(__file__).parents[1] / "stand_in.py"


class Pages:
    """In the place of the pages' servers."""

    fault = ""

    def open(self, run: RunDir) -> str:
        if self.fault:
            raise RunError(self.fault)
        return f"http://127.0.0.1:20000/{run.name}"

    def close(self) -> None:
        """There is nothing to close."""


class Known:
    """In the place of the command line's presets."""

    def found(self) -> list[Preset]:
        return [{"name": "reach", "task": "reach", "about": "Reach: …", "question": "Which?", "labels": 30}]

    def prepare(self) -> None:
        """They are known."""


class Served(NamedTuple):
    """A list of runs, and who may see it."""

    root: Path
    app: FastAPI
    people: Store
    launcher: Launcher
    pages: Pages

    def log_in(self) -> TestClient:
        client = TestClient(self.app, "http://localhost", headers=PAGE, raise_server_exceptions=False)
        token = self.people.people.invite("owner", "owner")
        assert client.post("/api/login", json={"token": token}).status_code == 204
        return client


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    root, launcher, pages = tmp_path / "runs", Launcher([sys.executable, str(STAND_IN)]), Pages()
    with Store.open(tmp_path / "people.db") as people:
        options = Options("runs", dashboard=False)
        app = create_app(people, options, Listing(root), launcher, pages, Known())  # type: ignore[arg-type]
        with TestClient(app, "http://localhost"):
            yield Served(root, app, people, launcher, pages)
    launcher.close(PATIENCE)


@pytest.fixture
def owner(served: Served) -> TestClient:
    return served.log_in()
