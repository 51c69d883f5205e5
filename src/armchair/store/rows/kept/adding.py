"""Adding rows to `answers`: sealed in the audit chain and counted, in a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows import audit
from armchair.store.rows.binds import IDS
from armchair.store.rows.kept import tallies
from armchair.store.schema import SETTLING, annotators, given, questions
from armchair.types import Answer, Choice

CHANGED_AT = "changed_at"

_WHO = (
    sa.select(annotators.c.name, annotators.c.excluded, given.c.annotator.is_not(None).label("known"))
    .outerjoin(given, given.c.annotator == annotators.c.name)
    .where(annotators.c.name.in_(IDS))
)
_ANSWER = (
    questions.update()
    .where(questions.c.id.in_(IDS))
    .values(answered=questions.c.answered + sa.bindparam("more", type_=sa.Integer))
)


class Change(NamedTuple):
    """A row that is added."""

    answer: Answer
    choice: Choice | None  # None: taken back
    old: Answer | None  # the answer in force that it supersedes

    @property
    def more(self) -> int:
        """Answers in force, by its annotator to its question."""
        return (self.choice is not None) - (self.old is not None)


def add(conn: sa.Connection, changes: Sequence[Change], shown: Mapping[str, audit.Shown]) -> None:
    """Add rows, of different questions, and keep count. shown: what `audit.find_shown` finds of these."""
    rows = [
        one.answer._asdict() | {"choice": one.choice, "supersedes": one.old.id if one.old else None}
        for one in changes
    ]
    numbers = audit.add_answers(conn, rows, shown)
    said = dict[str, tallies.Given]()
    for one in changes:
        before = said.get(one.answer.annotator, tallies.Given(0, 0))
        said[one.answer.annotator] = tallies.Given(before.said + 1, before.in_force + one.more)
    # no lock: excluding takes its turn among those who write, as this does
    who = {row.name: row for row in conn.execute(_WHO, {"ids": list(said)})}
    tallies.say(conn, said, {name for name, row in who.items() if row.known})
    sums = dict[str | None, tallies.Tally]()
    answered = dict[int, list[str]]()
    waiting: list[str] = []
    for one, seq in zip(changes, numbers, strict=True):
        name, asked = one.answer.question, _asked(shown[one.answer.question])
        total = sums.setdefault(asked.wish, {})
        if asked.strategy != SETTLING:
            total[CHANGED_AT] = max(total.get(CHANGED_AT, 0), seq)
        if who[one.answer.annotator].excluded:
            continue
        change = tallies.answered(asked, one.old.choice if one.old else None, one.choice)
        answered.setdefault(one.more, []).append(name)
        waiting += [name] if change.get("waiting") else []
        for key, number in change.items():
            total[key] = total.get(key, 0) + number
    for more, names in answered.items():
        if more:
            conn.execute(_ANSWER, {"ids": names, "more": more})
    if waiting:
        tallies.mark_held(conn, waiting)
    for wish, total in sums.items():
        tallies.add(conn, wish, total, total.pop(CHANGED_AT, 0))


def _asked(shown: audit.Shown) -> tallies.Asked:
    """What a question was before it was answered."""
    return tallies.Asked(*(shown[name] for name in tallies.Asked._fields))
