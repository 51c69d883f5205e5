"""`armchair export --push`, against a stand-in for the Hub that speaks what is used of its protocol."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import armchair
from armchair.runs.folder import RunDir

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """Makes repositories, asks for every file inline, and keeps what is committed."""

    refuses: ClassVar[int] = 0  # a status that everything is answered with
    created: ClassVar[list[dict[str, object]]] = []
    files: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Authorization"] == "Bearer hf_test"
        if Hub.refuses:
            return self.answer({"error": "no"}, Hub.refuses)
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            Hub.created.append(json.loads(body))
            return self.answer({"url": f"http://{self.headers['Host']}/ann/reach", "id": "1"})
        if path == "/api/validate-yaml":
            return self.answer({"warnings": [], "errors": []})
        if path == "/api/models/ann/reach/preupload/main":
            named = [one["path"] for one in json.loads(body)["files"]]
            wanted = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in named]
            return self.answer({"files": wanted})
        assert path == "/api/models/ann/reach/commit/main", path
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "file":
                Hub.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        return self.answer(
            {
                "commitUrl": f"http://{self.headers['Host']}/ann/reach/commit/{COMMIT}",
                "commitOid": COMMIT,
                "success": True,
            }
        )

    def answer(self, value: object, status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.refuses, Hub.created, Hub.files = 0, [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def export(run: RunDir, out: Path, endpoint: str, token: str | None) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the Hub's address is read at import."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    env |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(out.parent / "hf"), "NO_PROXY": "*"}
    env |= {"PYTHONPATH": str(Path(armchair.__file__).parents[1])} | ({"HF_TOKEN": token} if token else {})
    words = ["export", str(run.path), "--policy", str(out), "--push", "hub:ann/reach"]
    program = [sys.executable, "-m", "armchair.cli", *words]
    return subprocess.run(program, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_the_files_arrive_in_a_private_repository(taught: RunDir, hub: str, tmp_path: Path) -> None:
    done = export(taught, tmp_path / "out", hub, "hf_test")
    assert done.returncode == 0, done.stderr
    assert f"pushed to {hub}/ann/reach, private if it is new" in done.stdout
    (made,) = Hub.created
    assert (made["name"], made["organization"], made["visibility"]) == ("reach", "ann", "private")
    own = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    del own["config.yaml"]  # names paths of this machine
    assert Hub.files == own


@pytest.mark.parametrize(
    ("status", "right"),
    [
        (401, "the token is not valid: run `hf auth login`, or set HF_TOKEN"),
        (403, "the token may not write there"),
    ],
)
@pytest.mark.slow
def test_what_the_hub_refuses_is_a_line_and_the_folder_stays(
    taught: RunDir, hub: str, tmp_path: Path, status: int, right: str
) -> None:
    Hub.refuses = status
    done = export(taught, tmp_path / "out", hub, "hf_test")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("armchair: ")]
    assert f"cannot push to hub:ann/reach: {right}" in line
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "policy.onnx").is_file()


@pytest.mark.slow
def test_without_a_token_or_a_way_there_a_line_says_so(taught: RunDir, tmp_path: Path) -> None:
    done = export(taught, tmp_path / "out", "http://127.0.0.1:9", None)
    assert done.returncode == 2 and "--push needs a token of the Hub" in done.stderr
    assert not (tmp_path / "out").exists()
    done = export(taught, tmp_path / "out", "http://127.0.0.1:9", "hf_test")
    assert done.returncode == 2 and "cannot push to hub:ann/reach: the Hub is not reached" in done.stderr
    assert "Traceback" not in done.stderr
