"""Commands as processes that are asked to end, and what they say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch

from armchair.config.read import as_yaml, load_config
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.training.setup import teach

START = """
import sys, types
from armchair import cli
command = types.SimpleNamespace()
exec({body!r}, command.__dict__)
sys.modules["armchair.cli.commands.envs"] = command
sys.exit(cli.process())
"""


class Job:
    """A process, and the lines of its standard output and error, as they come."""

    def __init__(self, words: Sequence[str], cwd: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **environment},
        )
        self.out, self.err = list[str](), list[str]()
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Iterator[str], into: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip("\n"))

    def wait_for(self, met: str | Callable[[], bool], patience: float = 120.0) -> None:
        """Until a text was printed, or something is so."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            said = "\n".join(self.out + self.err)
            if met in said if isinstance(met, str) else met():
                return
            assert self.process.poll() is None, said
            time.sleep(0.02)
        pytest.fail(f"not within {patience} s: {self.out + self.err}")

    def send(self, *numbers: signal.Signals, pause: float = 0.0) -> None:
        for number in numbers:
            self.process.send_signal(number)
            time.sleep(pause)

    def end(self, patience: float = 120.0) -> int:
        """-> its exit status, once all was read."""
        status = self.process.wait(patience)
        for reader in self._readers:
            reader.join(10)
        return status

    def line(self) -> str:
        """The one line that it said of its end."""
        assert "Traceback" not in "\n".join(self.out + self.err), "\n".join(self.err)
        (line,) = [line for line in self.err if line.startswith("armchair: ")]
        return line

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    """Start Python with these words in an empty folder."""
    jobs: list[Job] = []

    def start(*words: str, **environment: str) -> Job:
        jobs.append(Job(words, tmp_path, **environment))
        return jobs[-1]

    yield start
    for each in jobs:
        each.close()


@pytest.fixture
def job(process: Callable[..., Job]) -> Callable[..., Job]:
    """Start `armchair WORDS` there."""
    return partial(process, "-m", "armchair.cli")


@pytest.fixture
def stand_in(process: Callable[..., Job]) -> Callable[..., Job]:
    """Start `armchair envs` with another body than its own, which loads nothing heavy."""

    def start(body: str, *flags: str, **environment: str) -> Job:
        return process("-c", START.format(body=body), "envs", *flags, **environment)

    return start


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is done."""
    torch.set_num_threads(1)
    config = load_config("smoke")
    described = {**as_yaml(config), "teacher": {"name": "oracle"}}
    run = RunDir.create(tmp_path_factory.mktemp("runs"), "reach", described)
    list(teach(config, run, make_teacher("oracle", {}, generator(0, "teacher"))))
    return run.path
