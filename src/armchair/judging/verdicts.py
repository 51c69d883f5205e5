"""What a model said of each question: a file in the run's folder, one JSON object a line.

    judge-NAME.jsonl

A line is on disk before the answer is in the store, so that after a crash no question is asked, and paid for,
again. The last line of a question counts.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, get_args

from armchair.errors import InvalidInput, RunError
from armchair.jsonable import Json
from armchair.judging.deciding import FATES, Better, Fate
from armchair.reading.limits import METRICS_BYTES, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs import locks
from armchair.runs.files import open_to_append
from armchair.types import Choice

SIDES: tuple[Choice, ...] = ("left", "right", "tie")
_BETTER = get_args(Better)


class Verdict(NamedTuple):
    """What a model said of a question, and what became of it."""

    question: str  # id
    wish: str | None
    model: str  # what the server calls it
    first: Better  # the left clip shown first
    second: Better  # the right clip shown first
    why: tuple[str, str]  # in a sentence each
    guess: float | None  # of the reward model, P(right is better)
    choice: Choice | None  # in which both orders agree
    fate: Fate
    answer: str | None  # the id of the answer that was submitted, or is to be
    tokens: int  # of both requests
    seconds: float  # that both took
    created: float  # s since the epoch


class VerdictFile:
    """The file of one annotator, open and locked; a context manager."""

    def __init__(self, folder: Path, annotator: str) -> None:
        """Raises RunError where it cannot be read or written, or another process judges under this name."""
        self.path = folder / f"judge-{re.sub(r'[^A-Za-z0-9._-]+', '-', annotator)}.jsonl"
        self.annotator = annotator
        try:
            self._file = open_to_append(self.path)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror or error}") from None
        try:
            if not locks.take(self._file.fileno()):
                raise RunError(f"another `armchair judge` is at work as {annotator!r}: end it, or use --name")
            self.said = self._read()
        except BaseException:
            self._file.close()
            raise

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict, durably. Raises RunError where it cannot be written."""
        line = json.dumps({"annotator": self.annotator, **verdict._asdict()}, ensure_ascii=False)
        try:
            if self._file.tell():
                self._file.seek(-1, os.SEEK_END)
                if self._file.read(1) != b"\n":  # a crash cut the last line short
                    line = f"\n{line}"
            self._file.write(f"{line}\n".encode("utf-8", "backslashreplace"))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror or error}") from None
        self.said[verdict.question] = verdict

    def __enter__(self) -> VerdictFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _read(self) -> dict[str, Verdict]:
        """The verdicts by question, in the order in which they came, less lines that a crash cut short."""
        self._file.seek(0)
        content = self._file.read(METRICS_BYTES + 1)
        if len(content) > METRICS_BYTES:
            raise RunError(f"{self.path} has more than {METRICS_BYTES} bytes: move it away, or use --name")
        found: dict[str, Verdict] = {}
        for line in content.splitlines():
            with suppress(InvalidInput):
                told = parse_object(line, "a line", TOLD_BYTES)
                if told.get("annotator") != self.annotator:
                    raise RunError(f"{self.path} is of {told.get('annotator')!r}: use another --name")
                verdict = _verdict(told)
                found[verdict.question] = verdict
        return found


def _verdict(told: dict[str, Json]) -> Verdict:
    """A line, read. Raises InvalidInput for what is none."""
    why = told.get("why")
    fields = (told.get("first"), told.get("second"), told.get("fate"), told.get("choice"))
    first, second, fate, choice = fields
    good = (
        isinstance(told.get("question"), str)
        and first in _BETTER
        and second in _BETTER
        and fate in FATES
        and (choice is None or choice in SIDES)
        and isinstance(why, list)
        and len(why) == 2
    )
    if not good:
        raise InvalidInput(f"no verdict: {told}")
    return Verdict(
        question=str(told["question"]),
        wish=_text(told, "wish"),
        model=_text(told, "model") or "",
        first=first,  # pyright: ignore[reportArgumentType]
        second=second,  # pyright: ignore[reportArgumentType]
        why=tuple(map(str, why)),  # pyright: ignore[reportArgumentType]
        guess=None if told.get("guess") is None else _number(told, "guess"),
        choice=choice,  # pyright: ignore[reportArgumentType]
        fate=fate,  # pyright: ignore[reportArgumentType]
        answer=_text(told, "answer"),
        tokens=int(_number(told, "tokens")),
        seconds=_number(told, "seconds"),
        created=_number(told, "created"),
    )


def _text(told: dict[str, Json], name: str) -> str | None:
    found = told.get(name)
    return found if isinstance(found, str) else None


def _number(told: dict[str, Json], name: str) -> float:
    found = told.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
