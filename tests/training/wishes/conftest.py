"""Runs of wishes, without a film at their end: it takes longer than all the rest, and is tested elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from armchair.cli import main, teaching
from armchair.errors import MissingDependency


def no_film(*_: object) -> Path:
    """In the place of `draw_film`."""
    raise MissingDependency("no film", "none is wanted")


@pytest.fixture(autouse=True)
def without_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run of this folder is filmed at its end."""
    monkeypatch.setattr(teaching, "draw_film", no_film)


@pytest.fixture(scope="session")
def skill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of reach that has learned nothing, but has a policy and a reward."""
    runs = tmp_path_factory.mktemp("skills")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teaching, "draw_film", no_film)
        assert main(["teach", "--config", "smoke", "--teacher", "oracle", "--runs", str(runs)]) == 0
    return runs / "reach-001"
