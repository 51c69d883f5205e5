"""`armchair play` runs, films, tells success and refuses what cannot be played."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.cli import main
from armchair.playback import replay_html as replay_file
from armchair.runs.folder import RunDir


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


@pytest.mark.slow
@pytest.mark.gl
def test_video_shows_every_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reach.mp4"
    assert main(["play", "reach", "--video", str(path), "--size", "64", "--json"]) == 0
    assert summary(capsys)["video"] == str(path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 20
        assert sum(1 for _ in container.decode(video=0)) == 51  # the start and 50 steps


def test_a_replay_is_kept_as_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_file, "template", lambda: f"<p>{replay_file.PLACE}</p>")
    file = tmp_path / "reach.html"
    assert main(["play", "reach", "--html", str(file), "--episodes", "2", "--seed", "3", "--json"]) == 0
    told = summary(capsys)
    assert (told["html"], told["episodes"], told["success"], told["env_steps"]) == (str(file), 2, 1.0, 100)
    data = json.loads(file.read_text().removeprefix("<p>").removesuffix("</p>"))
    assert [clip["steps"] for clip in data["clips"]] == [51, 51]


def test_without_a_terminal_it_waits_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "reach"]) == 0
    assert capsys.readouterr().out == "reach: 1 of 1 episodes ended in success\n"


def test_a_run_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    RunDir.create(tmp_path / "runs", "reach", {})
    RunDir.create(tmp_path / "runs", "reach", {})
    assert main(["play", "runs/raech-001"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "did you mean runs/reach-001?" in line
    assert "there are runs/reach-001, runs/reach-002" in line


@pytest.mark.slow
def test_the_live_page_shows_the_arm_and_lets_it_be_pushed(tmp_path: Path) -> None:
    """As a browser would: log in with the printed link, watch, push, and see that it was pushed."""
    command = [sys.executable, "-m", "armchair.cli", "play", "reach", "--port", "0", "--no-open"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline().split(": ", 1)[1].strip()
        address, token = link.split("/play#")
        with httpx.Client(base_url=address, headers={"X-Armchair": "1"}, timeout=60.0) as http:
            assert http.get("/play").status_code == 401
            assert http.post("/api/login", json={"token": token}).status_code == 204
            assert http.get("/api/scene").status_code == 200
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        where = address.replace("http:", "ws:") + "/api/play"
        with connect(where, additional_headers={"Cookie": cookie}, origin=address) as socket:
            hello = json.loads(socket.recv())
            assert (hello["task"], hello["source"], hello["bodies"]) == ("reach", "scripted policy", 12)
            still = farthest(socket, 60)[30:]
            socket.send(json.dumps({"do": "push"}))
            assert max(farthest(socket, 15)) > max(still) + 0.05
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.communicate()


def farthest(socket: ClientConnection, steps: int) -> list[float]:
    """Distance of tool and goal in m, in the coming steps."""
    found: list[float] = []
    while len(found) < steps:
        message = socket.recv(timeout=60)
        if isinstance(message, bytes):
            poses = np.frombuffer(message, "<f4").reshape(12, 7)
            below = poses[8, :3] - np.array([0.0, 0.0, TOOL_OFFSET])  # the hand points down, roughly
            found.append(float(np.linalg.norm(below - poses[-1, :3])))
    return found


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["reach", "--html", "film.mp4"], "film.html"),
        (["reach", "--html", "a.html", "--video", "a.mp4"], "give one of them"),
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
