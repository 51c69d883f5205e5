"""What a command prints: lines for people, one JSON object for programs.

With --json the lines for people move to standard error, so that the object is all there is to read on
standard output, and in any case its last line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence

from armchair.cli.endings.told import finished
from armchair.console import printable, printable_json
from armchair.jsonable import Json, finite


def print_json(summary: Mapping[str, Json]) -> None:
    """Prints the summary as one line of strict JSON on standard output, in ASCII where that knows no more."""
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(printable_json(json.dumps(finite(summary), allow_nan=False, ensure_ascii=plain)), flush=True)


class Report:
    """The two outputs of one command; made at its start, since it also measures the time."""

    def __init__(self, command: str, as_json: bool) -> None:
        """`command` is the command's name, `as_json` whether --json was given."""
        self._command, self.as_json = command, as_json
        self._started = time.perf_counter()

    def say(self, line: str = "") -> None:
        """A line for people: standard output, or standard error with --json."""
        print(printable(line), file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def log(self, line: str) -> None:
        """A line about progress: always standard error."""
        print(printable(line), file=sys.stderr, flush=True)

    def finish(self, summary: Mapping[str, Json]) -> None:
        """Ends the command: with --json prints the summary with `command` before and `seconds` after it."""
        if self.as_json:
            seconds = round(time.perf_counter() - self._started, 3)
            print_json({"command": self._command, **summary, "seconds": seconds})
            finished(self._command)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Rows as lines with aligned columns; every row has as many cells as the first."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join((indent + line).rstrip() for line in lines)
