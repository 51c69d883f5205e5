"""One line for whoever looks after a run."""

from __future__ import annotations

import sys


def warn(line: str) -> None:
    """Print a line on standard error, under armchair's name."""
    print(f"armchair: {line}", file=sys.stderr)
