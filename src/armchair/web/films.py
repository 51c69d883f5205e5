"""Films drawn by a command: drawing needs torch and OpenGL, which the page's server does without."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from armchair.errors import MissingDependency
from armchair.web.options import Films

TIMEOUT = 120.0  # s


def films_by(command: Sequence[str]) -> Films:
    """What draws clips by a command that gets a clip's id and writes its MP4 to standard output.

    What is returned raises MissingDependency, with the last line of its errors, when it cannot.
    """

    def film(clip: str) -> bytes:
        try:
            made = subprocess.run([*command, clip], capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise MissingDependency(f"clip {clip} took longer than {TIMEOUT:.0f} s to draw") from None
        except OSError as error:
            raise MissingDependency(f"clip {clip} cannot be drawn: {error.strerror}") from None
        if made.returncode == 0:
            return made.stdout
        lines = made.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise MissingDependency(f"clip {clip} cannot be drawn: {lines[-1].removeprefix('armchair: ')}")

    return film
