"""Films drawn by a command: what it writes, or why it could not."""

from __future__ import annotations

import sys
import time

import pytest

from armchair.errors import MissingDependency
from armchair.web.films import films_by


def test_films_by_a_command() -> None:
    script = "import sys; sys.stdout.write('film of ' + sys.argv[1])"
    assert films_by([sys.executable, "-c", script])("c1") == b"film of c1"
    with pytest.raises(MissingDependency, match="clip c1 cannot be drawn: no OpenGL"):
        films_by([sys.executable, "-c", "raise SystemExit('no OpenGL')"])("c1")
    with pytest.raises(MissingDependency, match="clip c1 cannot be drawn"):
        films_by(["no-such-command"])("c1")


def test_a_film_that_nobody_waits_for_is_not_drawn_to_the_end() -> None:
    began = time.monotonic()
    with pytest.raises(MissingDependency, match="nobody waits"):
        films_by([sys.executable, "-c", "import time; time.sleep(60)"])("c1", lambda: False)
    assert time.monotonic() - began < 20
