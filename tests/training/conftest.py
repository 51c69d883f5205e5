"""What tests of whole runs share."""

from __future__ import annotations

import pytest

from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig


@pytest.fixture
def short() -> TeachConfig:
    """A run of reach about a few answers, asked for bit by bit, that is not evaluated."""
    wanted = {
        "queries.labels": 8,
        "queries.first": 4,
        "schedule.session": 2,
        "schedule.session_every": 2,
        "schedule.updates": 6,
        "evaluation.every": 100,
    }
    return with_flags(load_config("smoke"), wanted)
