"""Names of people: which there may be, and which are taken for each other by whoever reads them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from armchair.errors import InvalidInput

SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")  # with letters that look alike
UNSEEN = frozenset({0x2800, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
"""Code points that count as printable and leave nothing to see."""


def folded(name: str) -> str:
    """What two names have in common that a reader takes for one: signs, not case, width or spacing."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def check_person(name: str) -> None:
    """Raises InvalidInput for a name that somebody could pass for another under."""
    if name != name.strip() or "  " in name:
        raise InvalidInput(f"a name begins and ends with no space and has no two in a row, got {name!r}")
    if any(ord(sign) in UNSEEN for sign in name) or not folded(name).isprintable() or not folded(name):
        raise InvalidInput(f"a name is made of signs that can be seen, got {name!r}")
    scripts = {_script(sign) for sign in name if sign.isalpha()} & set(SCRIPTS)
    if len(scripts) > 1:
        told = " and ".join(sorted(scripts)).title()
        raise InvalidInput(f"a name has letters of one script, got {told} in {name!r}: some look alike")


def check_distinct(name: str, others: Iterable[str]) -> None:
    """Raises InvalidInput where one of the others reads like `name` and is not the same."""
    for other in others:
        if other != name and folded(other) == folded(name):
            raise InvalidInput(f"{name!r} reads like {other!r}, who is here already: take another name")


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that is meant by `name`: itself, or the one that reads like it; else `name`."""
    names = list(known)
    alike = [other for other in names if folded(other) == folded(name)]
    return name if name in names or len(alike) != 1 else alike[0]


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").split(" ")[0]
