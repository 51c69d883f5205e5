"""The site is built without a warning, leads nowhere that is not there, and loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

import armchair

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LOADED = {"link": "href", "script": "src", "img": "src", "video": "src", "source": "src", "iframe": "src"}
NOT_LOADED = {"canonical", "next", "prev", "search", "index", "author"}  # kinds of <link>


class Page(HTMLParser):
    """What a page loads by itself, where it leads, and what can be led to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        if tag == "link" and given.get("rel") in NOT_LOADED:
            return
        self.loads += [given[name] for name in (LOADED.get(tag, ""), "poster") if given.get(name)]
        self.loads += re.findall(r"url\(([^)]*)\)", given.get("style", ""))
        if given.get("srcdoc"):
            self.loads += Page(given["srcdoc"]).loads


def elsewhere(target: str) -> bool:
    return bool(re.match(r"(https?:)?//", target.strip("'\" ")))


def build(out: Path, run: str) -> Path:
    """The site as `make docs` has it. run: what is done with the notebook's code."""
    argv = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*argv, "-d", str(out / "trees"), str(DOCS), str(out / "html")],
        env={**os.environ, "ARMCHAIR_DOCS_RUN": run},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages; the notebook's code is shown and not run."""
    return build(tmp_path_factory.mktemp("site"), "off")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    missing = [
        page
        for page in DOCS.rglob("*.md")
        if not (site / page.relative_to(DOCS)).with_suffix(".html").is_file()
    ]
    assert not missing


def loaded_from_elsewhere(pages: dict[Path, Page]) -> list[tuple[str, str]]:
    return [(path.name, target) for path, page in pages.items() for target in page.loads if elsewhere(target)]


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert not loaded_from_elsewhere(pages)
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        found = [*re.findall(r"url\(([^)]*)\)", text), *re.findall(r"@import\s+(\S+)", text)]
        assert not [target for target in found if elsewhere(target)], style


def test_what_is_loaded_is_found_where_a_browser_would_look() -> None:
    page = Page('<link rel="stylesheet" href="//a.b/c.css"><link rel="canonical" href="https://a.b">')
    page.feed('<script src="x.js"></script><p style="background: url(https://a.b/p.png)" id="p"></p>')
    page.feed("<iframe srcdoc='&lt;img src=&quot;http://a.b/i.png&quot;&gt;'></iframe>")
    assert page.loads == ["//a.b/c.css", "x.js", "https://a.b/p.png", "http://a.b/i.png"]
    assert [elsewhere(target) for target in page.loads] == [True, False, True, True]


def test_links_and_files_of_the_site_are_there(site: Path, pages: dict[Path, Page]) -> None:
    broken: list[tuple[str, str]] = []
    for path, page in pages.items():
        for target in [*page.leads, *page.loads]:
            place, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:|//", target):
                continue
            file = (path.parent / unquote(place.partition("?")[0])).resolve() if place else path.resolve()
            there = file.is_file() and (
                not anchor or file not in pages or unquote(anchor) in pages[file].ids or anchor == ""
            )
            if not there:
                broken.append((str(path.relative_to(site)), target))
    assert not broken


def test_the_reference_has_every_public_name(site: Path, pages: dict[Path, Page]) -> None:
    there = pages[site / "reference.html"].ids
    assert not [name for name in armchair.__all__ if f"armchair.{name}" not in there]


def test_llms_txt_leads_to_the_markdown_of_all_pages_that_explain(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# armchair\n\n> ")
    told = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S", text, re.MULTILINE)
    assert told and not [target for target in told if not (site / target).is_file()]
    pages = [*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md"), *DOCS.glob("howto/*.md")]
    named = {f"_sources/{page.relative_to(DOCS)}.txt" for page in pages} - {
        "_sources/index.md.txt",
        "_sources/reference.md.txt",  # made of docstrings when the site is built
    }
    assert sorted(told) == sorted(named)


def module_of_docs(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def links() -> ModuleType:
    return module_of_docs("site_links")


def test_parameters_of_a_docstring_get_a_line_each() -> None:
    listed = module_of_docs("site_docstrings").listed
    text = "Do it. -> x\n\ntask: what, such as\n`a`. runs: where; then: more.\n\nRaises E: never."
    assert listed(text, ["task", "runs"]) == (
        "Do it. -> x\n\n:param task: what, such as `a`.\n:param runs: where; then: more.\n\nRaises E: never."
    )
    assert listed("With words before. k: one.", ["k"]) == "With words before.\n\n:param k: one."
    assert listed("nothing: of it", []) == "nothing: of it"


def test_links_out_of_the_documentation_lead_to_its_pages_or_nowhere(links: ModuleType) -> None:
    text = "[a](../../src/a.py) [`b`](x.md#y) [c](https://e.org) [d](#here) `[e](g.md)`"
    at = "docs/howto/page.md"
    assert links.rewritten(text, at, at) == text.replace("[a](../../src/a.py)", "a")
    assert links.rewritten("[a](../../CONTRIBUTING.md#x)", at, at) == "[a](../project/contributing.md#x)"
    page = links.PAGES["SECURITY.md"]
    assert links.rewritten("[a](docs/page.md#who)", "SECURITY.md", page) == "[a](../page.md#who)"


def test_each_file_that_a_page_stands_for_is_included_there(links: ModuleType) -> None:
    for file, page in links.PAGES.items():
        if page.startswith("docs/project/"):
            (included,) = re.findall(r"\{include\} (\S+)", (ROOT / page).read_text(encoding="utf-8"))
            assert ((ROOT / page).parent / included).resolve() == ROOT / file


@pytest.mark.slow
def test_the_notebook_runs_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    path = build(tmp_path, "force") / "tutorials" / "thirty_answers.html"
    text = path.read_text(encoding="utf-8")
    assert not loaded_from_elsewhere({path: Page(text)})
    (success,) = re.findall(r"in the end (\d+)%", text)
    assert int(success) >= 90
    assert text.count("<img alt") >= 2 and "srcdoc=" in text
