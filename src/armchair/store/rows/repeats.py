"""Questions put again to the same person, sides exchanged, to see how steady their answers are.

Which of the questions that someone claims gives way to a repeat is decided by a digest of who claims and
how much they were given so far: it looks like chance, and is the same in every repetition of a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from armchair.ids import id_from
from armchair.store.rows.binds import ANNOTATOR, LIVE
from armchair.store.rows.clips import find_question, insert_questions, to_question
from armchair.store.schema import given, in_force, leases, questions
from armchair.types import Question

STRATEGY = "repeat"
LATER = 10  # answers that lie between an answer and the repeat of its question, at least
LATEST = 50  # of the questions answered before, so many are considered


_SAID = sa.select(sa.func.coalesce(sa.func.max(given.c.said), 0)).where(given.c.annotator == ANNOTATOR)
_HELD = sa.select(sa.func.count()).where(leases.c.annotator == ANNOTATOR, LIVE)
_GIVEN = sa.select(_SAID.scalar_subquery() + _HELD.scalar_subquery())
"""How much an annotator was given so far: grows with every question."""


def mix(
    conn: sa.Connection, annotator: str, free: Sequence[tuple[Question, float]], share: float, now: float
) -> list[Question]:
    """Put repeats, which are made here, in the place of that share of questions (with their priorities).

    They are of questions of the same wish, of which all of these are. Never repeated are repeats, what was
    repeated to them before, and "can't tell".
    """
    taken = [question for question, _ in free]
    if not taken or not share:
        return taken
    number = conn.execute(_GIVEN, {"annotator": annotator, "now": now}).scalar_one()
    turns = [k for k, question in enumerate(taken) if _chance(annotator, number + k, question.id) < share]
    known = _repeatable(conn, annotator, taken[0].wish) if turns else []
    for k in turns:
        name = id_from(_digest("repeat", annotator, str(number + k)))
        if not known or find_question(conn, name) is not None:
            continue
        old = known.pop(int(_chance(annotator, number + k, name) * len(known)))
        guess = None if old.guess is None else 1.0 - old.guess
        step = taken[k].policy_step
        taken[k] = Question(name, old.right, old.left, STRATEGY, step, guess, old.id, annotator, old.wish)
        insert_questions(conn, [taken[k]], free[k][1])
    return taken


def _repeatable(conn: sa.Connection, annotator: str, wish: str | None) -> list[Question]:
    """What an annotator answered about a wish long enough ago and not again since, the latest first."""
    mine = in_force.c.annotator == annotator
    late = sa.select(in_force.c.seq).where(mine).order_by(in_force.c.seq.desc()).offset(LATER - 1).limit(1)
    before = conn.execute(late).scalar_one_or_none()
    if before is None:
        return []
    again = questions.alias("again")
    repeated = sa.exists().where(again.c.repeat_of == questions.c.id, again.c.only_for == annotator)
    chosen = (
        sa.select(questions)
        .join(in_force, in_force.c.question == questions.c.id)
        .where(mine, in_force.c.seq < before, in_force.c.choice != "cant_tell")
        .where(
            questions.c.repeat_of.is_(None),
            ~repeated,
            questions.c.wish.is_(None) if wish is None else questions.c.wish == wish,
        )
        .order_by(in_force.c.seq.desc())
        .limit(LATEST)
    )
    return [to_question(row) for row in conn.execute(chosen)]


def _chance(annotator: str, number: int, name: str) -> float:
    """A number in [0, 1) that is as good as drawn."""
    return int.from_bytes(_digest("chance", annotator, str(number), name)[:6], "big") / 2**48


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
