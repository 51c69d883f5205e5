"""Environments of others: taught from the command line like ours, with clips that a person can watch."""

from __future__ import annotations

import dataclasses
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from armchair.cli import main
from armchair.config.read import as_yaml, load_config, preset_for, with_flags
from armchair.config.teach import FOREIGN_DEFAULTS, TeachConfig
from armchair.envs.spec import resolve_task
from armchair.errors import ConfigError, InvalidInput
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.environments import make_envs
from armchair.training.setup import make_trainer, teach
from armchair.training.state import load_state
from armchair.types import Clip

Capture = pytest.CaptureFixture[str]

SOURCE = """
import gymnasium
import numpy as np
from gymnasium.envs.classic_control import PendulumEnv
from gymnasium.wrappers import TimeLimit

class Drawn(PendulumEnv):
    '''A grey picture: the brighter, the more upright.'''

    def render(self):
        shade = int(round(20 + 107 * (np.cos(self.state[0]) + 1)))
        return np.full((300, 451, 3), shade, dtype=np.uint8)

class Short(Drawn):
    def step(self, action):
        obs, reward, _, _, info = super().step(action)
        return obs, reward, True, False, info

class Told(gymnasium.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        return obs, reward, terminated, truncated, info | {"is_success": bool(obs[0] < 2)}

def drawn(render_mode=None):
    return TimeLimit(Drawn(render_mode=render_mode), 30)

def blind():
    return TimeLimit(PendulumEnv(), 30)

def told():
    return Told(blind())

def short():
    return TimeLimit(Short(), 30)

def needy(size):
    return blind()
"""
SMOKE = with_flags(
    FOREIGN_DEFAULTS,
    {
        "queries.labels": 8,
        "queries.first": 4,
        "schedule.session": 2,
        "schedule.session_every": 1,
        "schedule.updates": 2,
        "practice.num_envs": 2,
        "practice.rollout": 30,
        "queries.film_envs": 2,
    },
)


@pytest.fixture(autouse=True)
def arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module in the current folder, as a person has it."""
    (tmp_path / "arms_of_mine.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    yield "arms_of_mine"
    sys.modules.pop("arms_of_mine", None)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the command does it: more threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def of(task: str, **changes: int) -> TeachConfig:
    return with_flags(SMOKE, {"task": task, **changes})


def oracle() -> Teacher:
    return make_teacher("oracle", {}, generator(0, "teacher"))


def clips_in(path: Path) -> list[Clip]:
    with sqlite3.connect(path / "armchair.db") as database:
        names = [str(row[0]) for row in database.execute("select id from clips")]
    database.close()
    with Store.open(path / "armchair.db") as store:
        return store.clips(names)


def decoded(film: bytes) -> tuple[list[NDArray[np.uint8]], float]:
    with av.open(io.BytesIO(film)) as container:
        rate = container.streams.video[0].average_rate
        assert rate is not None
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], float(rate)


@pytest.mark.slow
def test_ones_own_environment_from_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    argv = ["teach", "arms_of_mine:drawn", "--labels", "8", "--updates", "2", "--runs", "runs", "--json"]
    assert main([*argv, "--teacher", "oracle"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["success"] is None  # which this environment never speaks of
    assert -1000.0 < told["return"] < 0.0
    assert told["answers"] == 8
    run = RunDir.open(Path(told["run"]))
    assert not any("success" in key for line in run.metrics() for key in line)
    assert (run.videos / "policy.mp4").stat().st_size > 0
    clips = clips_in(run.path)
    assert len(clips) == 16
    for clip in clips:
        assert clip.poses is None and clip.frames is not None
        frames, rate = decoded(clip.frames)
        assert len(frames) == len(clip.visible) == 20
        assert rate == 30.0
        assert frames[0].shape == (160, 240, 3)
        shown = (np.array([frame.mean() for frame in frames]) - 20) / 107 - 1
        assert np.abs(shown - clip.visible[:, 0].numpy()).max() < 0.05  # each picture shows its own step
    assert main(["play", str(run.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["success"] is None


def test_without_pictures_teaching_goes_on_and_says_so_once(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "run", {})
    assert len(list(teach(of("arms_of_mine:blind"), run, oracle()))) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("armchair: clips of arms_of_mine:blind will have no pictures: render_mode must be")
    assert {clip.frames for clip in clips_in(run.path)} == {None}


def test_an_environment_that_tells_success_is_reported_by_it(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run", {})
    list(teach(of("arms_of_mine:told"), run, oracle()))
    assert run.metrics()[-1]["eval_success"] == 1.0


def test_a_resumed_run_begins_its_episodes_anew(tmp_path: Path) -> None:
    config = of("arms_of_mine:drawn", updates=3)
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    for _ in teach(with_flags(config, {"schedule.updates": 1}), run, oracle()):
        pass
    with Store.open(run.path / "armchair.db") as store:
        trainer = make_trainer(config, store, oracle())
        load_state(run, trainer)
        shown = trainer.querier.episodes
        assert shown.episodes and not shown.usable()  # numbers are there, pictures not
        assert torch.equal(trainer.policy.running.length, torch.zeros(2, dtype=torch.int64))
        trainer.envs.close()
    seen = [progress.answers for progress in teach(config, run, oracle(), resume=True)]
    assert seen == [6, 8]
    assert all(clip.frames for clip in clips_in(run.path))


def test_reports_need_no_copy_for_every_episode() -> None:
    config = of("arms_of_mine:blind", evaluate_episodes=40)
    with Store.open(Path.cwd() / "armchair.db") as store:
        trainer = make_trainer(config, store, oracle())
        assert trainer.envs.report.num_envs == 16
        assert trainer.evaluate().episodes == 40
        trainer.envs.close()


def test_episodes_shorter_than_clips_are_shown_held_in_their_last_state(tmp_path: Path) -> None:
    run = RunDir.create(tmp_path, "run", {})
    assert len(list(teach(of("arms_of_mine:short"), run, oracle()))) == 2
    clips = clips_in(run.path)
    assert len(clips) == 12 and all(len(clip.visible) == 20 for clip in clips)
    assert all(bool((clip.visible == clip.visible[0]).all()) for clip in clips), "an episode has one step"


def test_clips_longer_than_episodes_are_an_error_and_no_endless_search(tmp_path: Path) -> None:
    config = with_flags(of("arms_of_mine:short"), {"env.after_end": "nothing"})
    with pytest.raises(InvalidInput, match="no pair of clips worth asking about: clips have 20 steps"):
        list(teach(config, RunDir.create(tmp_path, "run", {}), oracle()))
    with pytest.raises(ConfigError, match="clip_length must be at most 30, the length of an episode"):
        make_envs(resolve_task("arms_of_mine:blind"), of("arms_of_mine:blind", clip_length=31))


@pytest.mark.parametrize(
    ("task", "right"),
    [
        ("Pendulum-v1", "did you mean 'gymnasium:Pendulum-v1'?"),
        ("gymnasium:Pendulam-v1", "did you mean 'gymnasium:Pendulum-v1'?"),
        ("arms_of_mine:drwn", "did you mean 'arms_of_mine:drawn'?"),
        ("arms_of_yours:drawn", "cannot import 'arms_of_yours'"),
        ("arms_of_mine:needy", "must do without arguments: missing a required argument: 'size'"),
        ("gymnasium:CartPole-v1", "must be a gymnasium Box"),
        (":make", "unknown environment 'make'"),
    ],
)
def test_what_cannot_be_taught_is_told_in_a_line(task: str, right: str, capsys: Capture) -> None:
    assert main(["teach", task, "--runs", "runs"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert right in line
    assert not Path("runs").exists()


def test_defaults_are_those_for_environments_of_others(tmp_path: Path) -> None:
    assert preset_for("my:make") == dataclasses.replace(FOREIGN_DEFAULTS, task="my:make")
    assert preset_for("gymnasium:Pendulum-v1") == load_config("pendulum")
    (tmp_path / "mine.yaml").write_text("task: my:make\nqueries: {labels: 90}\n", encoding="utf-8")
    assert load_config("mine.yaml") == with_flags(FOREIGN_DEFAULTS, {"task": "my:make", "queries.labels": 90})


@pytest.mark.slow
def test_pendulum_is_taught(tmp_path: Path, one_thread: None) -> None:
    config = with_flags(load_config("pendulum"), {"env.frames": False, "seed": 1})
    run = RunDir.create(tmp_path, "run", {})
    found = [turn.evaluation.total.value for turn in teach(config, run, oracle()) if turn.evaluation]
    assert config.queries.labels == 200
    assert found[-1] > -400.0  # -1200 to begin with
