"""What is told of models that judge, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from armchair.cli.report import table

if TYPE_CHECKING:
    from armchair.feedback.agreement import Share
    from armchair.judging.figures import Figures

HEADS = ("model", "judged", "answered", "flips", "to the first", "audit", "handed over", "tokens")


def lines_of(found: Sequence[Figures]) -> list[str]:
    """A table of models, and of each to whom it left what and why."""
    rows = [
        (
            one.name,
            str(one.asked),
            str(one.answered),
            *map(percent, (one.flips, one.toward_first, one.audited, one.handed_over)),
            str(one.tokens),
        )
        for one in found
    ]
    lines = [table([HEADS, *rows], indent="")] if rows else []
    for one in found:
        if one.left:
            from armchair.judging.deciding import FATES

            told = ", ".join(f"{count} ({words})" for words, count in _reasons(one, FATES))
            lines.append(f"{one.name} left to people: {told}")
    return lines


def percent(share: Share) -> str:
    """A share and of how many, or a dash."""
    return f"{share.rate:.0%} of {share.of}" if share.of else "–"


def _reasons(one: Figures, words: dict[str, str]) -> list[tuple[str, int]]:
    return [(words[fate], count) for fate, count in one.left.items()]
