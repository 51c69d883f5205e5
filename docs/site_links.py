"""Links of the documentation as its site needs them.

The pages are read on the site and in the repository, where links lead to any file. Those to Markdown that the
site has a page for (`PAGES`) lead there; those to other files outside of docs/ become their words, since the
site has no such file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx

PAGES = {
    "README.md": "docs/index.md",
    "CONTRIBUTING.md": "docs/project/contributing.md",
    "CHANGELOG.md": "docs/project/changes.md",
    "SECURITY.md": "docs/project/security.md",
    "examples/README.md": "docs/project/examples.md",
    "benchmarks/README.md": "docs/project/benchmarks.md",
    "benchmarks/studies/README.md": "docs/project/studies.md",
    "benchmarks/peers/README.md": "docs/project/peers.md",
    "docs/adr": "docs/adr/index.md",
}
"""The page that stands for a file of the repository; each of docs/project includes its file."""

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def rewritten(text: str, origin: str, page: str) -> str:
    """Markdown whose links are relative to `origin`, for the site's page at `page`.

    Both are paths from the repository's root. Code is left alone.
    """

    def link(found: re.Match[str]) -> str:
        words, target = found.groups()
        place, hash_, anchor = target.partition("#")
        if not place or re.match(r"[a-z]+:", place):
            return found[0]
        file = os.path.normpath(PurePosixPath(origin).parent / place)
        file = PAGES.get(file, file)
        if not file.startswith("docs/"):
            return words
        return f"[{words}]({os.path.relpath(file, PurePosixPath(page).parent)}{hash_}{anchor})"

    return _outside_code(text, link)


def _outside_code(text: str, link: Callable[[re.Match[str]], str]) -> str:
    """Code is put aside while links are rewritten, so that a link's words may hold some."""
    aside: list[str] = []

    def put(found: re.Match[str]) -> str:
        aside.append(found[0])
        return f"\0{len(aside) - 1}\0"

    text = LINK.sub(link, CODE.sub(put, text))
    return re.sub("\0(\\d+)\0", lambda found: aside[int(found[1])], text)


def connect(app: Sphinx) -> None:
    """Rewrite each page when it is read, and each file that one includes."""
    app.connect("source-read", _read)
    app.connect("include-read", _included)


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    page = f"docs/{name}.md"
    if Path(app.srcdir, f"{name}.md").is_file():
        source[0] = rewritten(source[0], page, page)


def _included(app: Sphinx, path: Path, parent: str, source: list[str]) -> None:
    file = os.path.normpath(Path("docs") / path)
    if file in PAGES:
        source[0] = rewritten(source[0], file, PAGES[file])
