"""`armchair teach` with a person: page and trainer as processes, answers over HTTP, no browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from armchair.arms.iiwa import TOOL_OFFSET
from armchair.cli import main
from armchair.engines.scene import body_names
from armchair.runs.folder import RunDir
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
HAND = body_names(0).index("hand")


class Teaching:
    """A command that serves the page, as a process."""

    def __init__(self, *argv: str, cwd: Path, as_json: bool = True) -> None:
        """as_json: end with the last update, and with the summary."""
        self.err = cwd / "err.txt"
        self._err = self.err.open("w")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "armchair.cli",
                *argv,
                "--no-open",
                "--port",
                "0",
                *(["--json"] * as_json),
            ],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if as_json else self._err,
            stderr=self._err,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def link(self, name: str = "answer here") -> str:
        """The link that it prints; waits for it."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = re.search(rf"^{name}: (\S+)$", self.err.read_text(), re.MULTILINE)
            if found:
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(self.err.read_text())

    def end(self, timeout: float) -> tuple[int, str]:
        """-> exit status, standard output."""
        out, _ = self.process.communicate(timeout=timeout)
        self._err.close()
        return self.process.returncode, out

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self._err.close()


class Visitor:
    """Someone who uses the page's API as the page does."""

    def __init__(self, link: str) -> None:
        address, token = link.split("/login#")
        self.http = httpx.Client(base_url=address, headers={"X-Armchair": "1"}, timeout=60.0)
        weakref.finalize(self, self.http.close)
        assert self.http.post("/api/login", json={"token": token}).status_code == 204

    def state(self) -> dict[str, dict[str, object]]:
        return self.http.get("/api/state").raise_for_status().json()

    def pairs(self, want: int = 6) -> tuple[list[dict[str, dict[str, object]]], str | None]:
        found = self.http.post("/api/pairs", json={"want": want}).raise_for_status().json()
        return found["pairs"], found["reason"]

    def closest(self, clip: dict[str, object]) -> float:
        """Mean distance of tool and goal in m, from nothing but what the player draws."""
        reply = self.http.get(str(clip["url"])).raise_for_status()
        shape = (int(str(clip["steps"])), int(str(clip["bodies"])), 7)
        poses = np.frombuffer(reply.content, "<f4").reshape(shape)
        return float(np.linalg.norm(tool(poses) - poses[:, -1, :3], axis=1).mean())

    def answer(self, pair: dict[str, dict[str, object]]) -> int:
        left, right = self.closest(pair["left"]), self.closest(pair["right"])
        body = {"id": str(uuid.uuid4()), "question": pair["question"], "strength": 1, "seconds": 1.5}
        body |= {"choice": "left" if left < right else "right", "swapped": False, "page": "test"}
        return self.http.post("/api/answers", json=body).status_code


def tool(poses: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the tool is. (L, B, 7) -> (L, 3)."""
    w, x, y, z = poses[:, HAND, 3:].T
    up = np.stack((2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)), axis=1)
    return poses[:, HAND, :3] + TOOL_OFFSET * up


@pytest.fixture
def teaching(tmp_path: Path) -> Iterator[Teaching]:
    going = Teaching(
        "teach", "reach", "--labels", "40", "--runs", "runs", "--question", "Nearer?", cwd=tmp_path
    )
    yield going
    going.close()


@pytest.mark.slow
def test_forty_answers_over_http_teach_the_arm_to_reach(teaching: Teaching, tmp_path: Path) -> None:
    visitor = Visitor(teaching.link())
    state = visitor.state()
    assert state["question"] == "Nearer?"
    assert state["progress"]["budget"] == 40
    phases: set[object] = set()
    answered, until = 0, time.monotonic() + 400
    while teaching.process.poll() is None and time.monotonic() < until:
        try:
            found, _ = visitor.pairs()
            for pair in found[:2]:
                assert visitor.answer(pair) == 200
                answered += 1
            phases.add(visitor.state()["trainer"]["phase"])
        except httpx.HTTPError:
            break  # the run is over, and the page with it
        time.sleep(0.1)
    status, out = teaching.end(timeout=120)
    assert status == 0, teaching.err.read_text()
    summary = json.loads(out.splitlines()[-1])
    assert 40 <= summary["answers"] <= answered <= 44  # repeated questions come on top
    assert {"practising", "done"} <= phases
    run = RunDir.open(tmp_path / "runs" / "reach-001")
    curve = [line["eval_success"] for line in run.metrics() if "eval_success" in line]
    assert float(str(curve[0])) < 0.5
    assert summary["success"] >= 0.8
    with Store.open(run.path / "armchair.db", create=False) as store:
        assert {person.name: person.kind for person in store.people.people()} == {"owner": "person"}
        guesses = [record.question.guess for record in store.records()]
    assert guesses[:6] == [None] * 6 and guesses[-1] is not None


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_to_resume_and_the_page_says_so(teaching: Teaching, tmp_path: Path) -> None:
    visitor = Visitor(teaching.link())
    answered = 0
    while answered < 14:
        for pair in visitor.pairs()[0]:
            answered += visitor.answer(pair) == 200
        time.sleep(0.1)
    while visitor.state()["trainer"]["phase"] in ("none", "collecting", "fitting"):
        time.sleep(0.05)
    teaching.process.send_signal(signal.SIGINT)
    seen = ""
    with pytest.raises(httpx.HTTPError):
        while True:
            seen = str(visitor.state()["trainer"]["phase"])
            time.sleep(0.05)
    assert seen == "stopped"
    status, _ = teaching.end(timeout=60)
    assert status == 130
    assert "armchair resume runs/reach-001" in teaching.err.read_text()
    again = Teaching("resume", "runs/reach-001", cwd=tmp_path)
    try:
        visitor = Visitor(again.link())
        assert int(str(visitor.state()["progress"]["answers"])) >= 14
        until = time.monotonic() + 60
        while not visitor.pairs()[0]:
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        again.close()


TINY = """
task: reach
env: {control: tool}
queries: {labels: 8, first: 4, clip_length: 8, film_envs: 4}
schedule: {session: 2, session_every: 1, updates: 3, queue: 4}
practice: {num_envs: 4, rollout: 8}
evaluation: {every: 100, episodes: 4}
"""


@pytest.mark.slow
def test_without_a_terminal_the_page_stays_and_goes_on_until_its_owner_ends_it(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    going = Teaching("teach", "--config", "tiny.yaml", "--runs", "runs", cwd=tmp_path, as_json=False)
    try:
        visitor = Visitor(going.link())

        def answered_all(budget: int) -> dict[str, dict[str, object]]:
            until, state = time.monotonic() + 120, visitor.state()
            while not (state["trainer"]["waits"] and state["progress"]["answers"] == budget):
                assert time.monotonic() < until, going.err.read_text()
                for pair in visitor.pairs()[0]:
                    visitor.answer(pair)
                time.sleep(0.1)
                state = visitor.state()
            return state

        def set_to(key: str, value: object) -> None:
            body = {"key": key, "value": value}
            visitor.http.post("/api/settings", json=body).raise_for_status()

        first = answered_all(8)
        set_to("labels", 12)
        second = answered_all(12)
        assert int(str(second["trainer"]["updates"])) > int(str(first["trainer"]["updates"]))
        set_to("finished", True)
        status, _ = going.end(timeout=60)
        assert status == 0, going.err.read_text()
    finally:
        going.close()
    assert "12/12 answers" in going.err.read_text(), "the bar counts against the new budget"


@pytest.mark.slow
def test_a_trainer_that_is_killed_takes_its_page_along(teaching: Teaching) -> None:
    address = urlsplit(teaching.link())
    teaching.process.kill()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((str(address.hostname), int(str(address.port)))) != 0:
                return
        time.sleep(0.2)
    pytest.fail("the page is still served")


def test_a_port_in_use_is_named_with_a_free_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["teach", "reach", "--port", str(port), "--no-open"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    free = re.search(r"add --port (\d+)", line)
    assert f"port {port}" in line and free is not None and int(free[1]) > port
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["teach", "reach", "--style", "from_above"], "--style is a trait of simulated teachers"),
        (["teach", "reach", "--host", "0.0.0.0"], "say who may answer: add --invite NAME"),
        (["teach", "reach", "--invite", "owner"], "choose another for --invite"),
        (["resume", "runs/none"], "no run in runs/none"),
        (["label", "runs/none"], "no run in runs/none"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert right in line
    assert not Path("runs").exists()
