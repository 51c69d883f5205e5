"""Answers next to each other: who was answered otherwise by others, by the model, by themselves."""

from __future__ import annotations

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
    """An answer, and what it is at odds with."""

    record: Record
    pair: str  # the question; of a repeat the one that it repeats
    said: Choice  # in the sides of that question
    model: Choice | None  # what the model had guessed, in the sides of the answer's own question
    against_people: bool  # someone else answered the same pair otherwise
    against_model: bool
    against_self: bool  # the same person answered it otherwise another time


class Filter(NamedTuple):
    """Which answers to show; an empty collection means all."""

    annotators: Collection[str] = ()
    choices: Collection[Choice] = ()
    strategies: Collection[str] = ()
    disagreement: Disagreement = "any"


def labelled(records: Sequence[Record]) -> list[Labelled]:
    """The answers with what they are at odds with, in the order given.

    "Can't tell" is at odds with nothing. A tie is at odds with neither guess of the model.
    """
    said: dict[str, list[tuple[str, Choice]]] = {}
    for record in records:
        if record.answer.choice != "cant_tell":
            said.setdefault(pair_of(record), []).append((record.answer.annotator, on_pair(record)))
    return [_labelled(record, said.get(pair_of(record), [])) for record in records]


def _labelled(record: Record, said: Sequence[tuple[str, Choice]]) -> Labelled:
    who, choice = record.answer.annotator, on_pair(record)
    told = choice != "cant_tell"
    model = guessed(record)
    return Labelled(
        record=record,
        pair=pair_of(record),
        said=choice,
        model=model,
        against_people=told and any(name != who and other != choice for name, other in said),
        against_model=model is not None and MIRRORED.get(model) == record.answer.choice,
        against_self=told and any(name == who and other != choice for name, other in said),
    )


def kept(rows: Sequence[Labelled], chosen: Filter) -> list[Labelled]:
    """The answers that a filter lets through."""
    return [row for row in rows if _passes(row, chosen)]


def _passes(row: Labelled, chosen: Filter) -> bool:
    answer, question = row.record.answer, row.record.question
    among = (
        (answer.annotator, chosen.annotators),
        (answer.choice, chosen.choices),
        (question.strategy, chosen.strategies),
    )
    at_odds = {
        "any": True,
        "people": row.against_people,
        "model": row.against_model,
        "self": row.against_self,
    }
    return at_odds[chosen.disagreement] and all(not wanted or value in wanted for value, wanted in among)


def pair_of(record: Record) -> str:
    """The question that an answer is about; of a repeated one the question that was first put."""
    return record.question.repeat_of or record.question.id


def on_pair(record: Record) -> Choice:
    """The answer in the sides of `pair_of`: a repeated question has its sides swapped."""
    choice = record.answer.choice
    return MIRRORED.get(choice, choice) if record.question.repeat_of else choice


def guessed(record: Record) -> Choice | None:
    """The side that the reward model held to be better when the question was put; None where it had none."""
    guess = record.question.guess
    return None if guess is None or guess == 0.5 else "right" if guess > 0.5 else "left"
