"""Who may answer which question until when, within a transaction that the caller holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows import repeats, wishes
from armchair.store.rows.binds import ANNOTATOR, ID, IDS, LIVE
from armchair.store.rows.clips import chunks, to_question
from armchair.store.rows.kept import tallies
from armchair.store.rows.wishes import EVERY
from armchair.store.schema import SETTLING, in_force, leases, questions
from armchair.types import Question

_Row = sa.Row[tuple[object, ...]]
_MINE = leases.c.annotator == ANNOTATOR


class _Free(NamedTuple):
    """The questions with that many answers that an annotator may be given, the best first."""

    plain: sa.Select[tuple[object, ...]]  # SQLite, where one writes at a time, needs no locks
    unlocked: sa.Select[tuple[object, ...]]  # those that nobody has locked; they are locked now


def _free(about: sa.ColumnElement[bool]) -> _Free:
    """about: which questions."""
    number, overlap = sa.bindparam("answered", type_=sa.Integer), sa.bindparam("overlap", type_=sa.Integer)
    here = leases.c.question == questions.c.id
    others = sa.select(sa.func.count()).where(here, LIVE).correlate(questions).scalar_subquery()
    held_now, room = sa.select(leases.c.question).where(LIVE), overlap - number
    own_answer = sa.exists().where(in_force.c.question == questions.c.id, in_force.c.annotator == ANNOTATOR)
    own_lease = sa.exists().where(here, LIVE, leases.c.annotator == ANNOTATOR)
    best = (
        sa.select(questions)
        .where(questions.c.state == "open", questions.c.answered == number, about)
        .where(sa.or_(questions.c.only_for.is_(None), questions.c.only_for == ANNOTATOR))
        # few are held of the many: their list is made once, and only what is on it is looked at closely
        .where(sa.or_(questions.c.id.not_in(held_now), sa.and_(room > 1, ~own_lease, others < room)))
        .where(sa.or_(number == 0, ~own_answer))
        .order_by(questions.c.priority.desc(), questions.c.policy_step.desc(), questions.c.seq)
        .limit(sa.bindparam("n", type_=sa.Integer))
    )
    return _Free(best, best.with_for_update(of=questions, key_share=True, skip_locked=True))


_FREE, _FREE_ONE = _free(sa.true()), _free(questions.c.id == ID)
# two in place of "is not distinct from", of which PostgreSQL expects next to nothing and makes a bad plan
_FREE_OF_SKILL, _FREE_OF_WISH = (
    _free(questions.c.wish.is_(None)),
    _free(questions.c.wish == sa.bindparam("wish", type_=sa.String)),
)
_HELD = (
    sa.select(questions, leases.c.expires)
    .join(leases, leases.c.question == questions.c.id)
    .where(_MINE, LIVE)
)  # in no order: SQLite would begin with all questions, which are in it
_LEASES = sa.select(leases.c.question, leases.c.annotator).where(leases.c.question.in_(IDS))
_LOCK = sa.select(questions.c.id).where(questions.c.id.in_(IDS)).with_for_update(key_share=True)
_END = leases.delete().where(leases.c.question == sa.bindparam("of", type_=sa.String), _MINE)
_HOLDERS = sa.select(leases.c.question).where(leases.c.question.in_(IDS), LIVE)
_RELEASE = leases.delete().where(_MINE, leases.c.question.in_(IDS))
_END_EXPIRED = leases.delete().where(leases.c.question.in_(IDS), ~LIVE)


class Terms(NamedTuple):
    """On what terms questions are given out."""

    overlap: int  # how many annotators may answer the same question
    repeat_share: float  # of the questions of a person, those put to them a second time
    now: float  # s since the epoch
    expires: float  # when others may have them
    kind: str  # of annotator, one of `annotators.KINDS`


def free(conn: sa.Connection, annotator: str, n: int, terms: Terms) -> list[Question]:
    """The n questions that an annotator would be given first, of all wishes and without repeats."""
    asked = _Asked(annotator, n, terms.now, terms.overlap, EVERY)
    return [to_question(row) for row in _best(conn, _FREE.plain, asked)]


def claim(
    conn: sa.Connection, annotator: str, n: int, terms: Terms, only: str | None = None
) -> list[Question] | None:
    """Lease up to n questions to an annotator: highest priority first, then newest behaviour.

    A question is free while fewer than `overlap` others have answered it or hold it. Where there are wishes,
    people get those of one of them in blocks: see `wishes.turns`. None: all that were free have just been
    taken, and there may be others; to be called again in another transaction. only: the id of a question,
    which is then the one that is leased, or none is.
    """
    if n < 1:  # where others' locks are waited for, one would be taken
        return []
    if only is not None:
        return _take(conn, annotator, 1, terms, _Only(only))
    if terms.kind != "person" or not wishes.any_there(conn):
        return _take(conn, annotator, n, terms, EVERY)
    held = _held(conn, annotator, terms.now)
    turns, taken = wishes.turns(conn, annotator, held), list[Question]()
    while True:
        before = len(taken)
        for wish, room in turns:
            if len(taken) < n:
                more = _take(conn, annotator, min(room, n - len(taken)), terms, wish, wait=not taken)
                if more is None:
                    return taken or None
                taken += more
        if len(taken) in (before, n):
            return taken
        turns = [turn._replace(room=wishes.BLOCK) for turn in turns]


def _take(
    conn: sa.Connection,
    annotator: str,
    n: int,
    terms: Terms,
    wish: str | _Only | None,
    *,
    wait: bool = True,
) -> list[Question] | None:
    """Lease up to n questions of a wish, of all, or one; see `claim`. wait: for what others have locked."""
    rows = _find_free(conn, _Asked(annotator, n, terms.now, terms.overlap, wish), wait)
    if rows is None:
        return None
    found = [(to_question(row), float(row.priority)) for row in rows]
    share = 0.0 if isinstance(wish, _Only) or terms.kind != "person" else terms.repeat_share
    taken = repeats.mix(conn, annotator, found, share, terms.now)
    for chunk in chunks(question.id for question in taken):
        conn.execute(_END_EXPIRED, {"ids": chunk, "now": terms.now})
    if taken:
        mine = {"annotator": annotator, "expires": terms.expires}
        first = {str(row.id) for row in rows if row.answered == 0 and row.strategy != SETTLING}
        conn.execute(
            leases.insert(), [mine | {"question": one.id, "waits": one.id in first} for one in taken]
        )
    return taken


def _find_free(conn: sa.Connection, asked: _Asked, wait: bool) -> list[_Row] | None:
    """The best free questions; on PostgreSQL locked until the transaction ends. None: see `claim`.

    There, several claim at once, and everyone passes over the questions that others have locked. Where that
    leaves none, one is waited for, since it may stay free (overlap, a rollback). Whoever waits has locked no
    question, so that nobody waits in a circle.
    """
    if isinstance(asked.wish, _Only):
        wanted = _FREE_ONE
    elif asked.wish is None:
        wanted = _FREE_OF_SKILL
    else:
        wanted = _FREE if asked.wish == EVERY else _FREE_OF_WISH
    if conn.dialect.name != "postgresql":
        return _best(conn, wanted.plain, asked)
    locked = _best(conn, wanted.unlocked, asked)
    if not locked and wait:
        there = _best(conn, wanted.plain, asked._replace(n=1), first=True)
        if not there:
            return []
        # by its name: a statement that looks and waits keeps locked what no longer fits once it has waited
        lock(conn, [str(there[0].id)])
        locked = _best(conn, wanted.unlocked, asked)
        if not locked:
            return None
    if not locked:
        return []
    # a statement does not see the leases that were committed after it began, so they are counted again
    holders = conn.execute(_HOLDERS, {"ids": [row.id for row in locked], "now": asked.now})
    held_now = Counter(holders.scalars())
    return [row for row in locked if held_now[row.id] < asked.overlap - row.answered] or None


class _Only(NamedTuple):
    """In the place of a wish: one question."""

    id: str


class _Asked(NamedTuple):
    """What is looked for."""

    annotator: str
    n: int
    now: float
    overlap: int
    wish: str | _Only | None


def _best(
    conn: sa.Connection, statement: sa.Select[tuple[object, ...]], asked: _Asked, *, first: bool = False
) -> list[_Row]:
    """What a statement of `_Free` finds, over all numbers of answers, the best first.

    first: only those with the least number that there are.
    """
    values = {name: value for name, value in asked._asdict().items() if value != EVERY}
    if isinstance(asked.wish, _Only):
        values |= {"id": asked.wish.id}
        del values["wish"]
    rows: list[_Row] = []
    for answered in range(asked.overlap):  # one by one, because each walks along an index and stops early
        rows += conn.execute(statement, values | {"answered": answered})
        if rows and first:
            break
    return sorted(rows, key=lambda row: (-row.priority, -row.policy_step, row.seq))[: asked.n]


def held(conn: sa.Connection, annotator: str, now: float) -> list[Question]:
    """The questions that an annotator holds a live lease on, those of one wish together."""
    return [to_question(row) for row in wishes.in_blocks(conn, annotator, _held(conn, annotator, now))]


def _held(conn: sa.Connection, annotator: str, now: float) -> list[_Row]:
    """Questions with when they `expires`, in the order in which they were put."""
    return sorted(conn.execute(_HELD, {"annotator": annotator, "now": now}), key=lambda row: row.seq)


def grant(conn: sa.Connection, question: str, annotator: str, expires: float) -> None:
    """Lease one question, in place of any lease this annotator had on it."""
    release(conn, annotator, [question])
    conn.execute(leases.insert().values(question=question, annotator=annotator, expires=expires))
    tallies.mark_held(conn, [question])


def holders(conn: sa.Connection, names: Sequence[str]) -> set[tuple[str, str]]:
    """Who was given which of these questions (ids), and nobody else took it over since: (question, who).

    A lease that has run out still serves until someone else claims the question or it is retired: the
    answer of a slow person is not thrown away.
    """
    return {(row.question, row.annotator) for row in conn.execute(_LEASES, {"ids": list(names)})}


def lock(conn: sa.Connection, names: Sequence[str]) -> None:
    """Have nobody claim questions while this transaction lasts; one that is being claimed is waited for.

    On SQLite, where one writes at a time, there is nothing to do.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"ids": list(names)})


def end(conn: sa.Connection, answered: Iterable[tuple[str, str]]) -> None:
    """Have nobody hold what they have answered: (question, who)."""
    conn.execute(_END, [{"of": question, "annotator": annotator} for question, annotator in answered])


def release(conn: sa.Connection, annotator: str, names: Sequence[str]) -> None:
    """Give questions back; those not held are left alone."""
    for chunk in chunks(names):
        conn.execute(_RELEASE, {"annotator": annotator, "ids": chunk})


def release_all(conn: sa.Connection, annotator: str) -> None:
    """Give back everything that an annotator holds."""
    conn.execute(leases.delete().where(leases.c.annotator == annotator))


def retire(conn: sa.Connection, older_than: int, now: float) -> int:
    """Close the open questions about behaviour from before a policy step; not those in someone's hands."""
    moment = {"now": now}
    stale = sa.select(questions.c.id).where(
        questions.c.state == "open",
        questions.c.answered == 0,
        questions.c.policy_step < older_than,
        questions.c.id.not_in(sa.select(leases.c.question).where(LIVE)),
    )
    # locked, then looked at again: one of them may have been claimed in between
    locked = list(conn.execute(stale.with_for_update(key_share=True, skip_locked=True), moment).scalars())
    names: list[str] = []
    for chunk in chunks(locked):
        names += conn.execute(stale.where(questions.c.id.in_(chunk)), moment).scalars()
    with tallies.kept(conn, names):
        for chunk in chunks(names):
            conn.execute(leases.delete().where(leases.c.question.in_(chunk)))
            conn.execute(questions.update().where(questions.c.id.in_(chunk)).values(state="retired"))
    return len(names)
