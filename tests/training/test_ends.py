"""An environment of others that ends at success is taught to succeed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from armchair.config.read import as_yaml, from_run, preset_for, with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import make_teacher
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.training.setup import teach

TASK = "points_of_mine:make"
SOURCE = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.wrappers import TimeLimit

class Point(gymnasium.Env):
    '''A point on a line, its goal at 0, where it ends; the reward is minus the distance.'''
    metadata = {"armchair": {"points": {"hand": 0, "goal": 3}}}
    action_space = Box(-1.0, 1.0, (1,), np.float32)
    observation_space = Box(-np.inf, np.inf, (6,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.choice((-1.0, 1.0)) * self.np_random.uniform(0.3, 0.8)
        return self.seen(), {}

    def step(self, action):
        self.x += 0.05 * float(action[0])
        there = abs(self.x) < 0.1
        return self.seen(), -abs(self.x), there, False, {"is_success": there}

    def seen(self):
        return np.array([self.x, 0, 0, 0, 0, 0], np.float32)

def make():
    return TimeLimit(Point(), 40)
"""
FLAGS: dict[str, Json] = {
    "queries.labels": 16,
    "queries.first": 8,
    "schedule.session": 2,
    "schedule.session_every": 3,
    "schedule.updates": 12,
    "practice.rollout": 40,
    "evaluation.every": 12,
    "evaluation.episodes": 32,
    "env.frames": False,
    "ppo.gamma": 0.95,
}


@pytest.fixture(autouse=True)
def points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module in the current folder; one thread, as the command has it."""
    (tmp_path / "points_of_mine.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    sys.modules.pop("points_of_mine", None)


def taught(config: TeachConfig, folder: Path) -> float:
    """Success at the end."""
    run = RunDir.create(folder, "run", {})
    *_, last = teach(config, run, make_teacher("oracle", {}, generator(0, "teacher")))
    assert last.evaluation is not None
    return last.evaluation.success.value


def test_an_end_at_success_is_no_price_to_be_avoided(tmp_path: Path) -> None:
    assert taught(with_flags(preset_for(TASK), FLAGS), tmp_path) >= 0.9


def test_a_run_from_before_there_was_a_choice_goes_on_as_it_was() -> None:
    config = preset_for(TASK)
    saved = as_yaml(config)
    assert config.env.after_end == "stays" == from_run(saved).env.after_end
    assert isinstance(saved["env"], dict)
    del saved["env"]["after_end"]
    assert from_run(saved).env.after_end == "nothing"
    assert preset_for("push").env.after_end == "nothing"
