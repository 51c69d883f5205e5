"""docs/environments.md: one's own environment in ten minutes, as the page has it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.config.read import load_config

PAGE = (Path(__file__).parents[4] / "docs" / "environments.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Your own environment in ten minutes")[2].partition("\n## ")[0]
SHORT = ["--labels", "4", "--updates", "2"]


@pytest.fixture(autouse=True)
def my_arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (code,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    (tmp_path / "my_arm.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    yield
    sys.modules.pop("my_arm", None)


def commands() -> list[list[str]]:
    (block,) = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


@pytest.mark.slow
def test_its_commands_look_and_teach(capsys: pytest.CaptureFixture[str]) -> None:
    look, taught, answered = commands()
    assert look[0] == taught[0] == answered[0] == "armchair"
    assert main(look[1:]) == 0
    assert load_config("mine.yaml").env.points == {"hand": 4, "goal": 7}
    with Path("mine.yaml").open("a", encoding="utf-8") as file:
        file.write("queries: {film_envs: 2}\nevaluation: {episodes: 2}\n")
    assert main([*taught[1:], *SHORT]) == 0
    assert "after 4 answers" in capsys.readouterr().out
    assert [word for word in taught if word not in ("--teacher", "oracle")] == answered
