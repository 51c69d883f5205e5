"""Who may answer which question until when, within a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from armchair.errors import InvalidInput, check_choice
from armchair.feedback.clip_rows import chunks, to_question
from armchair.feedback.schema import annotators, in_force, leases, questions
from armchair.types import Question

KINDS = ("person", "simulated", "imported")


def register(conn: sa.Connection, annotator: str, kind: str, now: float) -> None:
    """Make an annotator known; one who is known already stays as they are."""
    check_choice("kind of annotator", kind, KINDS)
    if not 0 < len(annotator) <= 200 or not annotator.isprintable():
        raise InvalidInput(f"an annotator needs a name of 1 to 200 printable characters, got {annotator!r}")
    known = sa.select(annotators.c.name).where(annotators.c.name == annotator)
    if conn.execute(known).first() is None:
        conn.execute(annotators.insert().values(name=annotator, kind=kind, created=now))


def claim(
    conn: sa.Connection, annotator: str, *, n: int, overlap: int, now: float, expires: float
) -> list[Question]:
    """Lease up to n questions to an annotator: highest priority first, then newest behaviour.

    A question is free while fewer than `overlap` others have answered it or hold it.
    """
    answered = _count(in_force.c.question, None)
    held = _count(leases.c.question, leases.c.expires > now)
    own_answer = sa.exists().where(in_force.c.question == questions.c.id, in_force.c.annotator == annotator)
    own_lease = sa.exists().where(
        leases.c.question == questions.c.id, leases.c.annotator == annotator, leases.c.expires > now
    )
    free = (
        sa.select(questions)
        .where(questions.c.state == "open", ~own_answer, ~own_lease, answered + held < overlap)
        .order_by(questions.c.priority.desc(), questions.c.policy_step.desc(), questions.c.seq)
        .limit(n)
    )
    taken = [to_question(row) for row in conn.execute(free)]
    for chunk in chunks(question.id for question in taken):
        conn.execute(leases.delete().where(leases.c.question.in_(chunk), leases.c.expires <= now))
    if taken:
        rows = [{"question": question.id, "annotator": annotator, "expires": expires} for question in taken]
        conn.execute(leases.insert(), rows)
    return taken


def _count(question: sa.ColumnElement[str], also: sa.ColumnElement[bool] | None) -> sa.ScalarSelect[int]:
    counted = sa.select(sa.func.count()).where(question == questions.c.id)
    return (counted if also is None else counted.where(also)).correlate(questions).scalar_subquery()


def held(conn: sa.Connection, annotator: str, now: float) -> list[Question]:
    """The questions that an annotator holds a live lease on."""
    mine = sa.select(leases.c.question).where(leases.c.annotator == annotator, leases.c.expires > now)
    rows = conn.execute(sa.select(questions).where(questions.c.id.in_(mine)).order_by(questions.c.seq))
    return [to_question(row) for row in rows]


def give(conn: sa.Connection, question: str, annotator: str, expires: float) -> None:
    """Lease one question, in place of any lease this annotator had on it."""
    drop(conn, annotator, [question])
    conn.execute(leases.insert().values(question=question, annotator=annotator, expires=expires))


def has_lease(conn: sa.Connection, question: str, annotator: str) -> bool:
    """Whether the annotator was given this question and nobody else took it over since.

    A lease that has run out still serves until someone else claims the question or it is retired: the
    answer of a slow person is not thrown away.
    """
    mine = sa.select(leases.c.expires).where(leases.c.question == question, leases.c.annotator == annotator)
    return conn.execute(mine).first() is not None


def drop(conn: sa.Connection, annotator: str, names: Sequence[str]) -> None:
    """Give questions back; those not held are left alone."""
    for chunk in chunks(names):
        conn.execute(leases.delete().where(leases.c.annotator == annotator, leases.c.question.in_(chunk)))


def retire(conn: sa.Connection, older_than: int, now: float) -> int:
    """Close the open questions about behaviour from before a policy step; not those in someone's hands."""
    answered = sa.select(in_force.c.question)
    live = sa.select(leases.c.question).where(leases.c.expires > now)
    stale = sa.select(questions.c.id).where(
        questions.c.state == "open",
        questions.c.policy_step < older_than,
        questions.c.id.not_in(answered),
        questions.c.id.not_in(live),
    )
    names = list(conn.execute(stale).scalars())
    for chunk in chunks(names):
        conn.execute(leases.delete().where(leases.c.question.in_(chunk)))
        conn.execute(questions.update().where(questions.c.id.in_(chunk)).values(state="retired"))
    return len(names)


def count_questions(conn: sa.Connection, now: float) -> tuple[int, int, int, int]:
    """How many questions were put, wait for a first answer, wait in someone's hands, were retired."""
    answered = questions.c.id.in_(sa.select(in_force.c.question))
    live = questions.c.id.in_(sa.select(leases.c.question).where(leases.c.expires > now))
    is_open = questions.c.state == "open"
    wanted = (sa.true(), is_open & ~answered, is_open & ~answered & live, questions.c.state == "retired")
    counted = [sa.select(sa.func.count()).select_from(questions).where(which) for which in wanted]
    put, waiting, leased, retired = (conn.execute(select).scalar_one() for select in counted)
    return put, waiting, leased, retired
