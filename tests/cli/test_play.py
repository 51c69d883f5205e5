"""`armchair play` runs, films, tells success and refuses what cannot be played."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from armchair.cli import main


def summary(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_scripted_reach_succeeds_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "reach", "--policy", "scripted", "--episodes", "2", "--seed", "3", "--json"]) == 0
    told = summary(capsys)
    assert told["command"] == "play"
    assert (told["task"], told["engine"], told["seed"]) == ("reach", "mujoco", 3)
    assert (told["episodes"], told["success"], told["env_steps"]) == (2, 1.0, 100)


def test_random_policy_plays_either_control(capsys: pytest.CaptureFixture[str]) -> None:
    for control in ("tool", "joint"):
        assert main(["play", "push", "--policy", "random", "--control", control, "--json"]) == 0
        assert summary(capsys)["env_steps"] == 60


@pytest.mark.gl
def test_video_shows_every_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reach.mp4"
    assert main(["play", "reach", "--video", str(path), "--size", "64", "--json"]) == 0
    assert summary(capsys)["video"] == str(path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 20
        assert sum(1 for _ in container.decode(video=0)) == 51  # the start and 50 steps


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["stakc"], "did you mean 'stack'"),
        (["reach", "--policy", "scriptd"], "did you mean 'scripted'"),
        (["reach", "--engine", "mujocco"], "did you mean 'mujoco'"),
        (["reach", "--control", "joint"], "--control tool"),
        (["reach", "--episodes", "0"], "at least 1"),
        (["reach", "--video", "film.avi"], "film.mp4"),
        (["reach", "--video", "nowhere/film.mp4"], "no folder nowhere"),
        (["reach", "--video", "film.mp4", "--size", "65"], "even"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", *words]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
