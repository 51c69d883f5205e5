"""Figures and texts of others as the dashboard writes them."""

from __future__ import annotations

import math
import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@/])")


def plain(text: str) -> str:
    """Text that others wrote, so that Streamlit shows it as it is: nothing in it is Markdown."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def figure(value: float, form: str = ",.0f") -> str:
    """A number in that format, by itself a whole one with separators; a dash where it is not known."""
    return "–" if math.isnan(value) else format(value, form)


def expected(guess: float | None) -> str:
    """What the model had guessed. guess: that the right clip is better; None: it had none."""
    if guess is None:
        return "none"
    if guess == 0.5:
        return "could not tell"
    side = "right" if guess > 0.5 else "left"
    return f"expected {side}, {max(guess, 1.0 - guess):.0%}".replace("%", " %")


def span(seconds: float) -> str:
    """A stretch of time in the unit that suits it: "3 s", "5 min", "2 h", "4 days"."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
