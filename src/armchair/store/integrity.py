"""Whether a store holds what was put into it: database, clips, answers, audit chain. It changes nothing."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import ArmchairError, StoreError
from armchair.store.database import Database
from armchair.store.kinds import wrong_kinds, wrong_tables
from armchair.store.migrations import open_database
from armchair.store.people import People
from armchair.store.rows import audit as chain
from armchair.store.rows import objects
from armchair.store.rows.codec import check_digest, read_head
from armchair.store.rows.kept import tallies
from armchair.store.schema import (
    annotators,
    answers,
    assets,
    clips,
    exclusions,
    questions,
    times_answered,
    wishes,
)

SHOWN = 5  # findings of one kind that are told one by one

Checked = tuple[list[str], str]
"""What is wrong, and what to say where nothing is."""


class Finding(NamedTuple):
    """What one of the checks came to."""

    name: str
    ok: bool
    found: str


def check_store(url_or_path: str | Path) -> Iterator[Finding]:
    """All checks of a store, each yielded as soon as it is done; a store that cannot be opened gets one."""
    try:
        database = open_database(url_or_path, create=False)
    except StoreError as error:
        yield Finding("database", False, str(error))
        return
    several = {"database": _database, "clips": _clips, "assets": _assets}
    several |= {"answers": _answers, "audit chain": _chain}
    with database:
        for name, check in several.items():
            try:
                with database.read() as conn:
                    wrong, sound = check(conn)
            except StoreError as error:
                wrong, sound = [str(error)], ""
            except (ValueError, TypeError, OverflowError) as error:  # of values that are of no right kind
                wrong, sound = [f"what is there cannot be read: {error}"], ""
            more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            yield Finding(name, not wrong, "; ".join(wrong[:SHOWN]) + more if wrong else sound)
        yield _people(database)


def _people(database: Database) -> Finding:
    """Who may come in here: owners first, with how many sessions and links."""
    people = People(database, time.time)
    try:
        sessions = Counter(session.name for session in people.sessions())
        links = Counter(link.name for link in people.invited())
        roles = {person.name: person.role for person in people.people() if person.kind == "person"}
        roles |= {link.name: link.role for link in people.invited()}
        foreign = people.foreign()
    except ArmchairError as error:
        return Finding("people", False, str(error))
    told: list[str] = []
    for name, role in sorted(roles.items(), key=lambda row: (row[1] != "owner", row[0])):
        if not foreign and (role == "owner" or sessions[name] or links[name]):
            told.append(f"{role} {name} ({sessions[name]} sessions, {links[name]} links)")
    if foreign:
        owners = ", ".join(name for name, role in roles.items() if role == "owner") or "nobody"
        told.append(f"{foreign} sessions and links from elsewhere, of {owners}: none lets in here")
    return Finding("people", True, "; ".join(told) or "nobody may come in: `armchair label RUN` makes a link")


def _database(conn: sa.Connection) -> Checked:
    """What SQLite finds when it reads all its pages and compares the tables with their copies.

    A PostgreSQL server does the like by its own means.
    """
    if conn.dialect.name != "sqlite":
        return [], "opens; its server keeps its own checksums"
    wrong = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
    wrong += wrong_tables(conn) + wrong_kinds(conn)
    for row in conn.exec_driver_sql("PRAGMA foreign_key_check"):
        wrong.append(f"row {row[1]} of {row[0]} speaks of something in {row[2]} that is not there")
    return wrong, "opens, every page of it can be read, and every value is what was written"


def _clips(conn: sa.Connection) -> Checked:
    """Each clip has the bytes that were stored, and they can be read."""
    wrong: list[str] = []
    number = 0
    columns = (clips.c.id, clips.c.elsewhere, clips.c.arrays, clips.c.frames, clips.c.sha256)
    for row in conn.execution_options(yield_per=10).execute(sa.select(*columns)):
        number += 1
        try:
            arrays, frames = objects.whole(conn, row)
            check_digest(row.id, arrays, frames, row.sha256)
            read_head(row.id, arrays)
        except ArmchairError as error:
            wrong.append(str(error))
    return wrong, f"{number} clips, each as it was stored"


def _assets(conn: sa.Connection) -> Checked:
    """Each file has the bytes that were stored."""
    wrong: list[str] = []
    number = 0
    for row in conn.execution_options(yield_per=1).execute(sa.select(assets)):
        number += 1
        if hashlib.sha256(row.data).hexdigest() != row.sha256:
            wrong.append(f"{row.name} is damaged: its bytes are not the ones that were stored")
    return wrong, f"{number} files, each as it was stored"


def _answers(conn: sa.Connection) -> Checked:
    """Answers point to questions, these to clips; what is counted beside them is right."""
    wrong: list[str] = []
    there = sa.select(clips.c.id)
    for side in (questions.c.left_clip, questions.c.right_clip):
        lost = sa.select(questions.c.id, side).where(side.not_in(there))
        wrong += [f"question {row[0]} shows clip {row[1]}, which is not there" for row in conn.execute(lost)]
    lost = sa.select(answers.c.id).where(answers.c.question.not_in(sa.select(questions.c.id)))
    wrong += [f"the question of answer {name} is not there" for name in conn.execute(lost).scalars()]
    lost = questions.c.wish.is_not(None), questions.c.wish.not_in(sa.select(wishes.c.name))
    strange = sa.select(questions.c.id, questions.c.wish).where(*lost)
    wrong += [
        f"question {row[0]} is of the wish {row[1]!r}, which is not there" for row in conn.execute(strange)
    ]
    off = sa.select(questions.c.id).where(questions.c.answered != times_answered)
    wrong += [f"question {name} counts its answers wrongly" for name in conn.execute(off).scalars()]
    wrong += tallies.differences(conn)
    total = conn.execute(sa.select(sa.func.count()).select_from(answers)).scalar_one()
    return wrong, f"{total} answers, flips and undos, each about clips that are there"


def _chain(conn: sa.Connection) -> Checked:
    """Nothing was altered, removed or put in between; who is excluded is who was excluded last."""
    wrong = chain.verify(conn)
    last: dict[str | None, bool] = {}
    for row in conn.execute(sa.select(exclusions).order_by(exclusions.c.seq)):
        last[row.annotator] = bool(row.excluded)
    if None not in last:  # else some were excluded when it was not yet kept who
        for row in conn.execute(sa.select(annotators.c.name, annotators.c.excluded)):
            if bool(row.excluded) != last.get(row.name, False):
                told = "excluded" if row.excluded else "included"
                wrong.append(f"{row.name} is marked {told}, which nobody recorded")
    end = chain.head(conn)
    return wrong, f"unbroken over {end.seq} changes, ends with {end.hash[:16]}"
