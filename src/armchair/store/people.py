"""Who may come in: invitations, sessions and annotators. Tokens are stored as their SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Literal, NamedTuple

import sqlalchemy as sa

from armchair.errors import InvalidInput, check_choice
from armchair.store.database import Database
from armchair.store.rows import answers
from armchair.store.rows.annotators import check_name, register
from armchair.store.rows.binds import ID, NOW
from armchair.store.schema import annotators, in_force, invites, sessions

Role = Literal["owner", "annotator"]
ROLES = ("owner", "annotator")
INVITE_SECONDS = 7 * 86400.0
SESSION_SECONDS = 30 * 86400.0
TOKEN_BYTES = 32


class Session(NamedTuple):
    """A session that has just begun; the only place where its token is."""

    token: str
    annotator: str
    role: Role
    expires: float  # s since the epoch


class SessionInfo(NamedTuple):
    """Whose session it is."""

    annotator: str
    role: Role
    excluded: bool
    expires: float  # s since the epoch


class Person(NamedTuple):
    """An annotator: a person, a simulated teacher or the name under which answers were imported."""

    name: str
    kind: str  # person, simulated, imported
    role: Role
    excluded: bool
    created: float  # s since the epoch
    answers: int  # in force


class Invited(NamedTuple):
    """Somebody who was invited and has not come yet."""

    name: str
    role: Role
    expires: float  # s since the epoch


class People:
    """The part of a store that knows its people: `store.people`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since the epoch."""
        self._database, self._clock = database, clock

    def invite(self, annotator: str, role: Role = "annotator", *, seconds: float = INVITE_SECONDS) -> str:
        """A token that lets one browser in under this name, once, within `seconds`.

        Raises InvalidInput for a name that cannot be an annotator's, or that is the owner's or no person's.
        """
        check_choice("role", role, ROLES)
        if not seconds > 0:
            raise InvalidInput(f"an invitation must last for some time, got {seconds} seconds")
        check_name(annotator)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.write() as conn:
            now = self._clock()
            _check_invited(conn, annotator, role)
            conn.execute(sessions.delete().where(sessions.c.expires <= now))
            conn.execute(invites.delete().where(invites.c.expires <= now))
            row = {"annotator": annotator, "role": role, "created": now, "expires": now + seconds}
            conn.execute(invites.insert().values(token_hash=_hash(token), **row))
        return token

    def redeem(self, token: str, *, seconds: float = SESSION_SECONDS) -> Session | None:
        """Exchange an invitation for a session; None for one that is unknown, used or expired."""
        this = sa.and_(
            invites.c.token_hash == _hash(token), invites.c.used.is_(None), invites.c.expires > self._clock()
        )
        with self._database.read() as conn:  # whoever guesses takes no turn among those who write
            if conn.execute(sa.select(invites.c.role).where(this)).first() is None:
                return None
        with self._database.write() as conn:
            now = self._clock()
            row = conn.execute(sa.select(invites).where(this)).one_or_none()
            if row is None or not conn.execute(invites.update().where(this).values(used=now)).rowcount:
                return None
            register(conn, row.annotator, "person", now)
            named = annotators.c.name == row.annotator
            conn.execute(annotators.update().where(named).values(role=row.role))
            session = Session(secrets.token_urlsafe(TOKEN_BYTES), row.annotator, row.role, now + seconds)
            kept = {"annotator": session.annotator, "created": now, "expires": session.expires}
            conn.execute(sessions.insert().values(token_hash=_hash(session.token), **kept))
        return session

    def session(self, token: str) -> SessionInfo | None:
        """Whose session this is; None for an unknown or expired one."""
        with self._database.read() as conn:
            row = conn.execute(_SESSION, {"id": _hash(token), "now": self._clock()}).one_or_none()
        return None if row is None else SessionInfo(*row)

    def end_session(self, token: str) -> None:
        """Forget a session; an unknown one is harmless."""
        with self._database.write() as conn:
            conn.execute(sessions.delete().where(sessions.c.token_hash == _hash(token)))

    def people(self) -> list[Person]:
        """Everyone who was ever to answer, by name."""
        number = sa.select(in_force.c.annotator, sa.func.count().label("n")).group_by(in_force.c.annotator)
        given = number.subquery()
        columns = [annotators.c[field] for field in Person._fields[:-1]]
        everyone = (
            sa.select(*columns, sa.func.coalesce(given.c.n, 0))
            .outerjoin(given, given.c.annotator == annotators.c.name)
            .order_by(annotators.c.name)
        )
        with self._database.read() as conn:
            return [Person(*row) for row in conn.execute(everyone)]

    def invited(self) -> list[Invited]:
        """Who has an invitation that still lets in and was never here, by name."""
        came = sa.select(annotators.c.name)
        columns = (invites.c.annotator, invites.c.role, sa.func.max(invites.c.expires))
        waiting = (
            sa.select(*columns)
            .where(
                invites.c.used.is_(None), invites.c.expires > self._clock(), invites.c.annotator.not_in(came)
            )
            .group_by(invites.c.annotator, invites.c.role)
            .order_by(invites.c.annotator)
        )
        with self._database.read() as conn:
            return [Invited(*row) for row in conn.execute(waiting)]

    def exclude(self, annotator: str, excluded: bool = True) -> None:
        """Have an annotator's answers count no longer, or (False) again; the position grows.

        Their answers stay in the database. Questions that only they answered are open again, and what they
        hold is free for others. Raises StoreError for an unknown annotator.
        """
        with self._database.write() as conn:
            answers.exclude(conn, annotator, excluded, self._clock())


_SESSION = (
    sa.select(annotators.c.name, annotators.c.role, annotators.c.excluded, sessions.c.expires)
    .join(sessions, sessions.c.annotator == annotators.c.name)
    .where(sessions.c.token_hash == ID, sessions.c.expires > NOW)
)


def _check_invited(conn: sa.Connection, annotator: str, role: Role) -> None:
    """An invitation lets in under a name that may have answers and rights already."""
    row = conn.execute(sa.select(annotators).where(annotators.c.name == annotator)).one_or_none()
    if row is None:
        return
    if row.kind != "person":
        raise InvalidInput(f"{annotator!r} is {row.kind}, no person: invite under another name")
    if row.role == "owner" and role != "owner":
        raise InvalidInput(f"{annotator!r} owns this run: invite others under names of their own")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
