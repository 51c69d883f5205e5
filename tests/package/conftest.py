"""A machine on which only the core of armchair is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import armchair
from armchair.offers.extras import EXTRAS

Bare = Callable[..., list[tuple[int, str]]]
ABSENT = """import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""
PROGRAM = """import contextlib, io, json, sys
from armchair.cli import main

said = []
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as told:
        status = main(words)
    said.append((status, told.getvalue()))
print(json.dumps(said))
"""


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """Runs commands of armchair, one after the other, where no extra can be imported: neither by their
    process nor by its children. -> exit status and standard error of each.
    """
    names = {name for extra in EXTRAS.values() for name in extra.modules}
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(ABSENT.replace("{names}", repr(names)), encoding="utf-8")
    path = os.pathsep.join([str(site), str(Path(armchair.__file__).parents[1])])

    def run(*commands: str) -> list[tuple[int, str]]:
        words = json.dumps([command.split() for command in commands])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, words],
            env={**os.environ, "PYTHONPATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [(status, told) for status, told in json.loads(done.stdout.splitlines()[-1])]

    return run
