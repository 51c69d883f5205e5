"""`armchair label` serves any run, also one that nobody trains any more; clips can be drawn for it."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import av
import httpx
import pytest

from armchair.cli import main
from armchair.cli.draw import command_of
from armchair.errors import MissingDependency
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.web.films import films_by

Capture = pytest.CaptureFixture[str]


def served(run: RunDir, *words: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "armchair.cli",
        "label",
        str(run.path),
        "--no-open",
        "--port",
        "0",
        *words,
    ]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
def test_a_finished_run_is_served_without_a_trainer(taught: RunDir) -> None:
    process = served(taught, "--invite", "ann")
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(2)]
        for name, role, line in (("owner", "owner", lines[0]), ("ann", "annotator", lines[1])):
            found = re.fullmatch(r"(?:answer here|for ann): (http://127\.0\.0\.1:\d+)/login#(\S+)", line)
            assert found is not None, line
            with httpx.Client(base_url=found[1], headers={"X-Armchair": "1"}, timeout=60.0) as http:
                assert http.post("/api/login", json={"token": found[2]}).status_code == 204
                state = http.get("/api/state").json()
                history = http.get("/api/history?everyone=true").status_code
            assert (state["annotator"], state["role"]) == (name, role)
            assert state["trainer"]["phase"] == "done"
            assert state["progress"]["answers"] == 6
            assert history == (200 if role == "owner" else 403)  # of others only the owner may see
        loaded = Path(f"/proc/{process.pid}/maps")
        assert not loaded.exists() or "libtorch" not in loaded.read_text()  # the page's server stays small
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.communicate()


def test_the_pages_process_carries_no_torch() -> None:
    imports = "import sys, armchair.web.__main__, armchair.cli.commands.label as _"
    program = f"{imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.slow
def test_the_network_is_let_in_only_when_somebody_is_invited(taught: RunDir) -> None:
    process = served(taught, "--host", "0.0.0.0", "--invite", "bob")
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines[1].startswith("for bob: http://")
        port = re.search(r":(\d+)/", lines[1])
        assert port is not None
        assert httpx.get(f"http://127.0.0.1:{port[1]}/", timeout=60.0).status_code == 401
        assert lines[2].rstrip().endswith("page: owner")
        assert "network that you trust" in lines[3]
    finally:
        process.kill()
        process.communicate()


def test_a_run_without_questions_is_told(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "train", {})
    assert main(["label", str(run.path), "--no-open"]) == 2
    assert "has no questions to answer" in capsys.readouterr().err


def test_runs_there_are_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(10):
        RunDir.create(tmp_path / "runs", "push", {})
    for command in ("label", "resume"):
        assert main([command, "runs/push-011"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "runs/push-003, runs/push-004" in line and "runs/push-010 and 2 more" in line


@pytest.mark.gl
@pytest.mark.slow
def test_a_clip_is_drawn_for_browsers_that_cannot(taught: RunDir) -> None:
    with Store.open(taught.store_file) as store:
        question = store.records()[0].question
    film = films_by(command_of(str(taught.store_file)))(question.left)
    with av.open(io.BytesIO(film)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 20 and stream.average_rate == 20
    red = [(frame[..., 0] > 180) & (frame[..., 1] < 90) for frame in frames]
    assert all(mask.sum() > 20 for mask in red)  # the goal's ball
    assert abs(frames[0].astype(float) - frames[-1]).max() > 50  # the arm has moved


@pytest.mark.slow
def test_a_clip_that_is_not_there_is_told_in_a_sentence(taught: RunDir) -> None:
    with pytest.raises(MissingDependency, match="there is no clip"):
        films_by(command_of(str(taught.store_file)))(new_id())


def test_its_summary_is_an_object(taught: RunDir, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(
        "armchair.web.serve.serve", lambda store, options, *, ready, until: ready("http://localhost:7")
    )
    assert main(["label", str(taught.path), "--no-open", "--port", "0", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["command"], told["run"], told["answers"]) == ("label", str(taught.path), 6)
    assert ":7/login#" in captured.err
