"""What a new run may begin with, as the command line tells it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

from typing_extensions import TypedDict

from armchair.errors import RunError
from armchair.web.processes.launcher import COMMAND

TIMEOUT = 120.0  # s


class Preset(TypedDict):
    """A preset of `armchair teach`."""

    name: str
    task: str
    about: str
    question: str
    labels: int


class Presets:
    """The presets there are, asked for once, by a process that ends again."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """command: the command line of armchair."""
        self._command = command
        self._lock = threading.Lock()
        self._found: list[Preset] | None = None

    def found(self) -> list[Preset]:
        """All of them. Raises RunError where the command line does not tell."""
        with self._lock:
            if self._found is None:
                self._found = self._ask()
            return self._found

    def prepare(self) -> None:
        """Ask for them now, beside everything else, so that nobody has to wait later."""

        def ask() -> None:
            with suppress(RunError):  # whoever wants them is told
                self.found()

        threading.Thread(target=ask, daemon=True).start()

    def _ask(self) -> list[Preset]:
        words = [*self._command, "envs", "--json"]
        try:
            told = subprocess.run(words, capture_output=True, timeout=TIMEOUT, check=True).stdout
            return json.loads(told.splitlines()[-1])["presets"]
        except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
            raise RunError(f"`armchair envs --json` does not tell the presets: {error}") from None
