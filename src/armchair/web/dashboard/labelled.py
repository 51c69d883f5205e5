"""Answers next to each other: who was answered otherwise by others, by the model, by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from armchair.store.rows.records import Record
from armchair.types import Choice

Disagreement = Literal["any", "people", "model", "self"]
MIRRORED: dict[Choice, Choice] = {"left": "right", "right": "left"}
WORDS: dict[Choice, str] = {
    "left": "Left",
    "right": "Right",
    "tie": "Tie",
    "both_bad": "Both bad",
    "cant_tell": "Can't tell",
}


class Labelled(NamedTuple):
    """An answer, and who says otherwise."""

    record: Record
    at_odds: set[Disagreement]  # people: someone else, of the same pair; self: the same person, another time


def labelled(records: Sequence[Record]) -> list[Labelled]:
    """The answers with what they are at odds with, in the order given.

    "Can't tell" is at odds with nothing. A tie is at odds with neither guess of the model.
    """
    given: dict[str, list[tuple[str, Choice]]] = defaultdict(list)
    for record in records:
        if record.answer.choice != "cant_tell":
            given[_pair_of(record)].append((record.answer.annotator, _on_pair(record)))
    return [Labelled(record, _at_odds(record, given[_pair_of(record)])) for record in records]


def _at_odds(record: Record, given: Sequence[tuple[str, Choice]]) -> set[Disagreement]:
    """given: who answered what about the same pair, in the sides of `_on_pair`."""
    answer, guess = record.answer, record.question.guess
    found: set[Disagreement] = set()
    if answer.choice != "cant_tell":
        others = {name for name, choice in given if choice != _on_pair(record)}
        found |= {"self" if name == answer.annotator else "people" for name in others}
    if guess is not None and guess != 0.5 and answer.choice == ("left" if guess > 0.5 else "right"):
        found.add("model")
    return found


def _pair_of(record: Record) -> str:
    """The question that an answer is about; of a repeated one the question that was first put."""
    return record.question.repeat_of or record.question.id


def _on_pair(record: Record) -> Choice:
    """The answer in the sides of `_pair_of`: a repeated question has its sides swapped."""
    choice = record.answer.choice
    return MIRRORED.get(choice, choice) if record.question.repeat_of else choice


def filtered(
    rows: Sequence[Labelled],
    annotators: Collection[str] = (),
    choices: Collection[Choice] = (),
    strategies: Collection[str] = (),
    disagreement: Disagreement = "any",
) -> list[Labelled]:
    """The answers that pass; an empty collection lets all pass."""
    return [
        row
        for row in rows
        if (not annotators or row.record.answer.annotator in annotators)
        and (not choices or row.record.answer.choice in choices)
        and (not strategies or row.record.question.strategy in strategies)
        and disagreement in ("any", *row.at_odds)
    ]
