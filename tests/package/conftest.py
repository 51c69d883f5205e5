"""A machine on which only the core of armchair is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import armchair
from armchair.offers.extras import EXTRAS

HEAVY = ("torch._dynamo",)
"""The compiler: `torch.optim`'s optimisers load it at their first step, for a second of every run."""


class Done(NamedTuple):
    """What became of a command."""

    status: int
    told: str  # on standard error
    loaded: list[str]  # of HEAVY, by it and those before it


Bare = Callable[..., list[Done]]
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
    said.append((status, told.getvalue(), [name for name in sys.argv[2:] if name in sys.modules]))
print(json.dumps(said))
"""


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """Runs commands of armchair, one after the other, where no extra can be imported: neither by their
    process nor by its children.
    """
    names = {name for extra in EXTRAS.values() for name in extra.modules}
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(ABSENT.replace("{names}", repr(names)), encoding="utf-8")
    path = os.pathsep.join([str(site), str(Path(armchair.__file__).parents[1])])

    def run(*commands: str) -> list[Done]:
        words = json.dumps([command.split() for command in commands])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, words, *HEAVY],
            env={**os.environ, "PYTHONPATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Done(*row) for row in json.loads(done.stdout.splitlines()[-1])]

    return run
