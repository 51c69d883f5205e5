"""Our PPO against Stable-Baselines3's on the same environments, at equal steps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ppo_vs_sb3.py"


def finals(*flags: str) -> tuple[list[float], list[float]]:
    """Ours and theirs at the end, a score each seed."""
    run = subprocess.run([sys.executable, str(SCRIPT), *flags], stdout=subprocess.PIPE, text=True, check=True)
    summary = json.loads(run.stdout.splitlines()[-1])
    return summary["ours_final"], summary["theirs_final"]


@pytest.mark.slow
@pytest.mark.parametrize("control", ["tool", "joint"])
def test_reach(control: str) -> None:
    flags = ("--control", control, "--equal-steps", "--steps", "30000", "--seeds", "5", "--first-seed", "50")
    ours, theirs = finals(*flags)
    assert min(ours) >= 0.95
    assert mean(ours) >= mean(theirs) - 0.02


@pytest.mark.slow
def test_pendulum() -> None:
    ours, theirs = finals("--pendulum", "--steps", "100000", "--seeds", "5")
    assert mean(ours) >= mean(theirs) - 20.0  # returns from -1500 to about -150, with a spread of 30
