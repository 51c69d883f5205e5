"""Films drawn by a command: drawing needs torch and OpenGL, which the page's server does without."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from armchair.errors import MissingDependency
from armchair.web.options import Films

TIMEOUT = 120.0  # s
LOOK = 0.1  # s between two looks whether the film is still wanted


def films_by(command: Sequence[str]) -> Films:
    """What draws clips by a command that gets a clip's id and writes its MP4 to standard output.

    What is returned raises MissingDependency, with the last line of its errors, when it cannot.
    """

    def film(clip: str, /, wanted: Callable[[], bool] = lambda: True) -> bytes:
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen([*command, clip], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise MissingDependency(f"clip {clip} cannot be drawn: {error.strerror}") from None
        with process:
            made, errors = _until_done(process, clip, wanted)
        if process.returncode == 0:
            return made
        lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
        raise MissingDependency(f"clip {clip} cannot be drawn: {lines[-1].removeprefix('armchair: ')}")

    return film


def _until_done(
    process: subprocess.Popen[bytes], clip: str, wanted: Callable[[], bool]
) -> tuple[bytes, bytes]:
    """What it writes to standard output and error. It is killed when it takes too long or is not wanted."""
    end = time.monotonic() + TIMEOUT
    try:
        while True:
            try:
                return process.communicate(timeout=LOOK)
            except subprocess.TimeoutExpired:
                if not wanted():
                    raise MissingDependency(f"clip {clip} is not drawn: nobody waits for it") from None
                if time.monotonic() > end:
                    why = f"clip {clip} took longer than {TIMEOUT:.0f} s to draw"
                    raise MissingDependency(why) from None
    except BaseException:
        process.kill()
        raise
