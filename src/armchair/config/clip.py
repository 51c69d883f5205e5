"""Over which time one judges: `--clip`, in words or in control steps."""

from __future__ import annotations

from armchair.errors import InvalidInput

MOMENT, USUAL, EPISODE = "moment", "usual", "episode"
LEAST = 4  # control steps: from fewer no change of a speed can be seen


def clip_length(word: str, usual: int, horizon: int | None) -> int:
    """The control steps of a clip: half the usual, the usual, a whole episode, or as many as are written.

    usual: what the task's settings have; horizon: of an episode, None where that is not known. Raises
    InvalidInput for another word, and for an episode of unknown length. Whether so many fit into an episode
    is checked with all other settings.
    """
    if word == MOMENT:
        return min(usual, max(LEAST, usual // 2))
    if word == USUAL:
        return usual
    if word == EPISODE:
        if horizon is None:
            raise InvalidInput("how long an episode is here is not known: --clip takes control steps then")
        return horizon
    try:
        return int(word)
    except ValueError:
        raise InvalidInput(
            f"--clip is moment, usual, episode, or a number of control steps such as 30; got {word!r}"
        ) from None
