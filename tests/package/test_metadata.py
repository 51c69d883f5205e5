"""What the package says of itself: versions, licences and a description that stands by itself."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
import types
from pathlib import Path

import pytest
import yaml

from armchair import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = re.compile(r"[A-Za-z0-9_.-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def hatch_build(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The build's hooks, where hatchling need not be installed."""
    for module, name in (
        ("hatchling.builders.hooks.plugin.interface", "BuildHookInterface"),
        ("hatchling.metadata.plugin.interface", "MetadataHookInterface"),
    ):
        made_up = types.ModuleType(module)
        setattr(made_up, name, type(name, (), {"__init__": lambda self, root: setattr(self, "root", root)}))
        monkeypatch.setitem(sys.modules, module, made_up)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_description_leads_nowhere_into_the_repository(hatch_build: types.ModuleType) -> None:
    metadata: dict[str, dict[str, str]] = {}
    hatch_build.DescriptionHook(str(ROOT)).update(metadata)
    text = metadata["readme"]["text"]
    assert metadata["readme"]["content-type"] == "text/markdown"
    assert re.findall(r"\]\((?![a-z]+:)[^)]*\)", text) == []
    assert "<!--" not in text and "![" not in text
    assert "## Install" in text and "armchair teach reach" in text


def test_links_become_their_words(hatch_build: types.ModuleType) -> None:
    page = (
        "![A picture](a/b.png)\n\n<!-- test: gl -->\n[one](docs/x.md#y), [two](https://example.org), [`a[0]`]"
    )
    assert hatch_build.description(page) == "one, [two](https://example.org), [`a[0]`]"


def test_the_citation_is_of_this_version() -> None:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (found["version"], found["license"]) == (__version__, PROJECT["license"])
    assert PROJECT["version"] == __version__


def test_every_package_that_is_named_has_a_lowest_and_an_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    exact = {normal(line.partition("==")[0]): line.partition("==")[2] for line in lines if "==" in line}
    named = [
        *PROJECT["dependencies"],
        *(one for all_ in PROJECT["optional-dependencies"].values() for one in all_),
    ]
    for requirement in named:
        found = NAME.match(requirement)
        assert found is not None
        if found[0] == "armchair":
            continue
        lowest = re.search(r">=([\d.]+)", requirement)
        assert lowest is not None, requirement
        assert numbers(exact[normal(found[0])]) >= numbers(lowest[1]), requirement


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
