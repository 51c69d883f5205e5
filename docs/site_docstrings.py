"""Docstrings as the reference needs them.

The house writes what a parameter means as `name: meaning.`, one after another in a paragraph. In the
reference each gets a line of its own.
"""

from __future__ import annotations

import inspect
import re

from sphinx.application import Sphinx


def listed(docstring: str, names: list[str]) -> str:
    """The docstring with its paragraphs of `name: meaning.` as field lists. names: the parameters."""
    if not names:
        return docstring
    start = re.compile(rf"(?:^|(?<=[.;)] ))({'|'.join(map(re.escape, names))}): ")
    return "\n\n".join(_paragraph(part, start) for part in docstring.split("\n\n"))


def _paragraph(text: str, start: re.Pattern[str]) -> str:
    line = " ".join(text.split())
    found = list(start.finditer(line))
    if not found or text.lstrip().startswith(">>>"):
        return text
    ends = [one.start() for one in found[1:]] + [len(line)]
    fields = [
        f":param {one[1]}: {line[one.end() : end].strip()}" for one, end in zip(found, ends, strict=True)
    ]
    before = line[: found[0].start()].strip()
    return "\n".join(([before, ""] if before else []) + fields)


def connect(app: Sphinx) -> None:
    """Rewrite each docstring when it is read."""
    app.connect("autodoc-process-docstring", _process)


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    try:
        names = list(inspect.signature(obj).parameters) if callable(obj) else []  # type: ignore[arg-type]
    except (TypeError, ValueError):
        names = []
    lines[:] = listed("\n".join(lines), names).replace(" -> ", " → ").splitlines()
