"""Text for a terminal, and one line for whoever looks after a run."""

from __future__ import annotations

import re
import sys

_STEERS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # all control characters but tab and line feed
_TURNS = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"  # what changes the direction of text
HARMFUL = re.compile(f"[{_STEERS}{_TURNS}\ud800-\udfff]")


def printable(text: str) -> str:
    """Text that shows what is in it: characters that steer a terminal become a backslash and their number.

    Names and words come from files and from people; whatever prints them lets it pass through here.
    """
    return HARMFUL.sub(lambda found: ascii(found[0])[1:-1], text)


def printable_json(text: str) -> str:
    """The same of JSON, which stays JSON that says the same."""
    return HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def warn(line: str) -> None:
    """Print a line on standard error, under armchair's name."""
    print(f"armchair: {printable(line)}", file=sys.stderr)
