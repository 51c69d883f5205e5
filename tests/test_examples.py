"""The scripts in examples/ run: with small settings here, as they are where they are slow."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py") if path.name != "_settings.py")
DRAWS = ("render_readme_picture.py",)
SMALL = {
    "labels": 6,
    "first": 4,
    "session": 2,
    "session_every": 1,
    "updates": 3,
    "film_envs": 4,
    "num_envs": 8,
    "rollout": 16,
    "evaluate_episodes": 8,
    "reward.min_updates": 5,
}
MORE = {
    "sb3_learned_reward.py": {"steps": 2048},
    "sb3_hindsight.py": {"steps": 150},
    "wishes.py": {
        "wish": {"labels": 6, "first": 4, "session": 2, "session_every": 1, "updates": 2, "film_envs": 4}
    },
}


def run(name: str, cwd: Path, settings: dict[str, object]) -> str:
    """What a script prints."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / name)],
        cwd=cwd,
        env={**os.environ, "ARMCHAIR_EXAMPLE": json.dumps(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LONG = ("own_features.py", "own_strategy.py", "own_teacher.py", "real_robot.py", "sb3_hindsight.py")
LONG += ("sb3_learned_reward.py", "several_annotators.py", "wishes.py")
QUICK = [name for name in SCRIPTS if name not in (*DRAWS, *LONG)]


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    assert run(name, tmp_path, {**SMALL, **MORE.get(name, {})})
    assert list((tmp_path / "runs").glob("*-001"))


@pytest.mark.slow
def test_thirty_answers_teach_reach(tmp_path: Path) -> None:
    (success,) = re.findall(r"^(\d+)% of the episodes", run("thirty_answers.py", tmp_path, {}))
    assert int(success) >= 90


@pytest.mark.slow
def test_a_robot_comes_within_five_millimetres(tmp_path: Path) -> None:
    away = [float(one) for one in re.findall(r"([\d.]+) mm away", run("real_robot.py", tmp_path, {}))]
    assert len(away) == 3 and max(away) <= 5.0
