"""Documentation that has gone stale breaks the build."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import armchair
from armchair.cli import COMMANDS

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "benchmarks", "examples")
PAGES = sorted([*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)


def relative_links(text: str) -> list[str]:
    """The targets of links in Markdown that point into the repository, without their #anchors."""
    targets = [target.split("#")[0] for target in LINK.findall(FENCE.sub("", text))]
    return [target for target in targets if target and not re.match(r"[a-z]+:", target)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = relative_links(page.read_text(encoding="utf-8"))
    missing = [target for target in links if not (page.parent / target).exists()]
    assert not missing


def test_relative_links_are_found_and_others_left_alone() -> None:
    text = "[a](x.md#top) ![b](i/y.png) [c](https://example.org) [d](#here)\n```\n[e](z.md)\n```\n"
    assert relative_links(text) == ["x.md", "i/y.png"]


def test_the_readme_names_exactly_the_commands_there_are() -> None:
    rows = re.findall(r"^\| `armchair (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list(COMMANDS)


def test_every_decision_record_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    records = [path.name for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(records) >= 6
    assert not [name for name in records if f"(adr/{name})" not in index]


@pytest.mark.parametrize(
    "folder", ["benchmarks", "benchmarks/metaworld", "benchmarks/studies", "benchmarks/peers", "examples"]
)
def test_the_readme_of_a_folder_names_each_of_its_files(folder: str) -> None:
    there = {path.name for path in (ROOT / folder).iterdir() if path.is_file()} - {"README.md"}
    named = set(re.findall(r"`(\w+\.\w+)`", (ROOT / folder / "README.md").read_text(encoding="utf-8")))
    assert named == there


def test_the_code_of_the_api_page_runs_from_top_to_bottom(tmp_path: Path) -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(blocks) >= 10
    program = tmp_path / "page.py"
    program.write_text("\n".join(blocks), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_the_api_page_names_every_public_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert not [name for name in armchair.__all__ if not re.search(rf"armchair\.{name}\b", page)]
