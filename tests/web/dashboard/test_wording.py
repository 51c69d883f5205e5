from __future__ import annotations

import math

import pytest
from streamlit.testing.v1 import AppTest

from armchair.web.dashboard.wording import expected, figure, plain, span


def test_texts_of_others_are_no_markdown() -> None:
    assert plain("![x](http://a.b/c.png)\n**b**") == r"\!\[x\]\(http\:\/\/a\.b\/c\.png\) \*\*b\*\*"
    assert plain("Zoë 3") == "Zoë 3"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 days")]
)
def test_span(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_unknown_figures_are_a_dash() -> None:
    assert (figure(math.nan, ".0%"), figure(math.nan)) == ("–", "–")
    assert (figure(0.256, ".0%"), figure(1234.4)) == ("26%", "1,234")


def test_names_with_marks_are_shown_as_they_are() -> None:
    script = (
        "import streamlit as st\nfrom armchair.web.dashboard.wording import plain\nst.markdown(plain('a*b*'))"
    )
    assert AppTest.from_string(script).run().markdown[0].value == r"a\*b\*"


@pytest.mark.parametrize(
    ("guess", "text"),
    [(0.28, "expected left, 72 %"), (0.9, "expected right, 90 %"), (0.5, "could not tell"), (None, "none")],
)
def test_a_guess_names_the_side_that_was_expected(guess: float | None, text: str) -> None:
    assert expected(guess) == text
