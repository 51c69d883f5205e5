"""A trainer that is killed goes on to what it would have come to, bit for bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killed_trainer.py")


@pytest.mark.slow
@pytest.mark.parametrize("kills", [12, pytest.param(200, id="many")])
def test_a_run_survives_kills_at_any_moment(kills: int, tmp_path: Path) -> None:
    """At random moments, at calls inside a checkpoint, at answers inside a batch; see `killed_trainer`."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), str(kills), "1"],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kills"] >= kills
    assert told["runs"] >= 1
