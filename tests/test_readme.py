"""The README's examples run: each Python block, and each line of a shell block that calls armchair.

A comment before a block gives its test markers: <!-- test: slow --> or <!-- test: gl slow -->.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?:<!-- test: ([\w ]+) -->\n)?```(python|sh)\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    """One thing to run: a Python program, or the words after `armchair`."""

    language: str
    text: str
    markers: tuple[str, ...]


def examples(markdown: str) -> list[Example]:
    """What is to be run of a page, in its order."""
    found: list[Example] = []
    for markers, language, text in BLOCK.findall(markdown):
        names = tuple(markers.split())
        if language == "python":
            found.append(Example(language, text, names))
        else:
            calls = re.findall(r"^(?:\S*/)?armchair (.+)$", text, re.MULTILINE)
            found.extend(Example(language, call, names) for call in calls)
    return found


def as_param(example: Example) -> object:
    """The example as a test's parameter, with its markers and a short name."""
    name = example.text.strip().splitlines()[0].removeprefix("from ").removeprefix("import ")
    return pytest.param(example, marks=[getattr(pytest.mark, marker) for marker in example.markers], id=name)


@pytest.mark.parametrize(
    "example", [as_param(example) for example in examples(README.read_text(encoding="utf-8"))]
)
def test_example_runs(example: Example, tmp_path: Path) -> None:
    program = (
        ["-c", example.text]
        if example.language == "python"
        else ["-m", "armchair.cli", *example.text.split()]
    )
    run = subprocess.run(
        [sys.executable, *program], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_examples_are_found_with_their_markers() -> None:
    page = "```sh\nmake install\n.venv/bin/armchair envs\narmchair doctor --json\n```\n"
    page += "<!-- test: gl slow -->\n```python\nprint(1)\n```\n"
    assert examples(page) == [
        Example("sh", "envs", ()),
        Example("sh", "doctor --json", ()),
        Example("python", "print(1)\n", ("gl", "slow")),
    ]
