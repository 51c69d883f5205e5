"""What tests of the Python API share."""

from __future__ import annotations

from pathlib import Path

import pytest

import armchair
from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig


def short_config() -> TeachConfig:
    wanted = {
        "queries.labels": 8,
        "queries.first": 4,
        "schedule.session": 2,
        "schedule.session_every": 2,
        "schedule.updates": 6,
        "evaluation.every": 3,
    }
    return with_flags(load_config("smoke"), wanted)


@pytest.fixture
def short() -> TeachConfig:
    """A run of reach about a few answers, asked for bit by bit."""
    return short_config()


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> armchair.Run:
    """A run that is done, in which next to nothing was learned."""
    runs = tmp_path_factory.mktemp("runs")
    return armchair.teach(teacher="oracle", config=short_config(), runs=runs).finish()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Where runs are kept."""
    return tmp_path / "runs"
