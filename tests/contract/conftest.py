"""Stores in each kind of database that a store can be in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from armchair.ids import new_id
from armchair.store.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database; one for each kind that a store can be in."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'armchair.db'}"
        return
    server = sa.make_url(request.getfixturevalue("postgresql"))
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"armchair_{new_id().replace('-', '')}"
    with engine.connect() as conn:
        conn.execute(sa.text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        conn.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def clock() -> SimpleNamespace:
    """`now` is what the store takes for the time, in s since the epoch."""
    return SimpleNamespace(now=1000.0)


@pytest.fixture
def store(url: str, clock: SimpleNamespace) -> Iterator[Store]:
    with Store.open(url, clock=lambda: clock.now) as store:
        yield store
