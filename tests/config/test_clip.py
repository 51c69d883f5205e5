"""Over which time one judges."""

from __future__ import annotations

import pytest

from armchair.config.clip import clip_length
from armchair.errors import InvalidInput


def test_words_and_steps() -> None:
    """Half the usual but never too short to see motion, the usual, all of an episode, or as many as typed."""
    assert [clip_length(word, 25, 75) for word in ("moment", "usual", "episode", "30")] == [12, 25, 75, 30]
    assert [clip_length("moment", usual, 75) for usual in (5, 3)] == [4, 3]


@pytest.mark.parametrize(("word", "said"), [("week", "moment, usual, episode"), ("episode", "is not known")])
def test_what_makes_no_sense(word: str, said: str) -> None:
    """One line that says what would have been right."""
    with pytest.raises(InvalidInput, match=said):
        clip_length(word, 25, None)
