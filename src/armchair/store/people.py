"""Who may come in: invitations, sessions and annotators. Tokens are stored as their SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from armchair.errors import InvalidInput, check_choice
from armchair.runs.home import home_of
from armchair.store.database import Database
from armchair.store.rows import admission, answers
from armchair.store.rows.annotators import check_name, register
from armchair.store.rows.binds import IDS, NOW
from armchair.store.rows.names import check_person
from armchair.store.schema import annotators, given, invites, sessions

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
    """An annotator: a person, a simulated teacher, a model, or the name under which answers were imported."""

    name: str
    kind: str  # person, simulated, imported, model
    role: Role
    excluded: bool
    created: float  # s since the epoch
    answers: int  # in force


class Invited(NamedTuple):
    """Somebody who has a link that nobody has used yet."""

    name: str
    role: Role
    created: float  # s since the epoch
    expires: float  # s since the epoch


class Open(NamedTuple):
    """A session as its owner may see it: whose it is, not its token."""

    name: str
    role: Role
    created: float  # s since the epoch
    expires: float  # s since the epoch


class People:
    """The part of a store that knows its people: `store.people`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since the epoch."""
        self._database, self._clock = database, clock

    @cached_property
    def _home(self) -> str | None:
        """What marks this database as one of this installation: see `rows.admission`."""
        return home_of(str(self._database.where)) if self._database.is_file else None

    # ---- coming in

    def invite(self, annotator: str, role: Role = "annotator", *, seconds: float = INVITE_SECONDS) -> str:
        """A token that lets one browser in under this name, once, within `seconds`.

        Links for this name with another role work no more. Raises InvalidInput for a name that cannot be an
        annotator's, reads like another's, is no person's, or is an owner's who would be one no more.
        """
        check_choice("role", role, ROLES)
        if not seconds > 0:
            raise InvalidInput(f"an invitation must last for some time, got {seconds} seconds")
        check_name(annotator)
        check_person(annotator)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.write() as conn:
            now = self._clock()
            admission.move_in(conn, self._home)
            admission.forget_expired(conn, now)
            admission.check_invited(conn, annotator, role)
            admission.withdraw_others(conn, annotator, role)
            row = {"annotator": annotator, "role": role, "created": now, "expires": now + seconds}
            conn.execute(invites.insert().values(token_hash=_hash(token), **row))
        return token

    def redeem(self, token: str, *, seconds: float = SESSION_SECONDS) -> Session | None:
        """Exchange an invitation for a session; None for one that is unknown, used, expired or outdated.

        A wrong token costs a look into the database: whoever guesses takes no turn among those who write.
        """
        usable = sa.and_(invites.c.token_hash == _hash(token), invites.c.used.is_(None))
        with self._database.read() as conn:
            this = sa.and_(usable, invites.c.expires > self._clock())
            if conn.execute(sa.select(invites.c.annotator).where(this)).first() is None:
                return None
        with self._database.write() as conn:
            now = self._clock()
            this = sa.and_(usable, invites.c.expires > now)
            row = conn.execute(sa.select(invites).where(this)).one_or_none()
            if row is None or not admission.is_at_home(conn, self._home):
                return None
            conn.execute(invites.update().where(this).values(used=now))
            register(conn, row.annotator, "person", now)
            if not admission.take_role(conn, row.annotator, row.role):
                return None
            session = Session(secrets.token_urlsafe(TOKEN_BYTES), row.annotator, row.role, now + seconds)
            kept = {"annotator": session.annotator, "created": now, "expires": session.expires}
            conn.execute(sessions.insert().values(token_hash=_hash(session.token), **kept))
        return session

    def session(self, token: str) -> SessionInfo | None:
        """Whose session this is; None for an unknown or expired one, or one that was begun elsewhere."""
        return self.sessions_of([token]).get(token)

    def sessions_of(self, tokens: Sequence[str]) -> dict[str, SessionInfo]:
        """Whose sessions these are, by token, in one look; without those of which `session` finds none."""
        hashed = {_hash(token): token for token in tokens}
        with self._database.read() as conn:
            rows = conn.execute(_SESSIONS, {"ids": list(hashed), "now": self._clock()}).all()
            if not rows or not admission.is_at_home(conn, self._home):
                return {}
        return {hashed[found]: SessionInfo(*who) for found, *who in rows}

    # ---- going out

    def end_session(self, token: str) -> None:
        """Forget a session; an unknown one is harmless."""
        with self._database.write() as conn:
            conn.execute(sessions.delete().where(sessions.c.token_hash == _hash(token)))

    def sign_out(self, annotator: str) -> int:
        """End all sessions of somebody. -> how many."""
        with self._database.write() as conn:
            return conn.execute(sessions.delete().where(sessions.c.annotator == annotator)).rowcount

    def withdraw(self, annotator: str) -> int:
        """Have the links made for somebody, and not used yet, let nobody in. -> how many."""
        with self._database.write() as conn:
            unused = sa.and_(invites.c.annotator == annotator, invites.c.used.is_(None))
            return conn.execute(invites.delete().where(unused)).rowcount

    # ---- looking

    def people(self) -> list[Person]:
        """Everyone who was ever to answer, by name."""
        columns = [annotators.c[field] for field in Person._fields[:-1]]
        everyone = (
            sa.select(*columns, sa.func.coalesce(given.c.in_force, 0))
            .outerjoin(given, given.c.annotator == annotators.c.name)
            .order_by(annotators.c.name)
        )
        with self._database.read() as conn:
            return [Person(*row) for row in conn.execute(everyone)]

    def invited(self) -> list[Invited]:
        """The links that still let somebody in, by name."""
        columns = [invites.c.annotator, *(invites.c[field] for field in Invited._fields[1:])]
        unused = sa.and_(invites.c.used.is_(None), invites.c.expires > self._clock())
        return sorted(Invited(*row) for row in self._admitting(sa.select(*columns).where(unused)))

    def sessions(self) -> list[Open]:
        """The sessions that are open, by name."""
        columns = (annotators.c.name, annotators.c.role, sessions.c.created, sessions.c.expires)
        mine = sa.select(*columns).join(annotators, sessions.c.annotator == annotators.c.name)
        return sorted(Open(*row) for row in self._admitting(mine.where(sessions.c.expires > self._clock())))

    def foreign(self) -> int:
        """How many sessions and links came with this database from elsewhere; they let nobody in."""
        with self._database.read() as conn:
            if admission.is_at_home(conn, self._home):
                return 0
            number = sa.select(sa.func.count())
            unused = number.select_from(invites).where(invites.c.used.is_(None))
            counted = (number.select_from(sessions), unused)
            return sum(conn.execute(count).scalar_one() for count in counted)

    def _admitting(self, wanted: sa.Executable) -> Sequence[sa.Row[Any]]:
        """Rows that let somebody in here; none where they came from elsewhere."""
        with self._database.read() as conn:
            return conn.execute(wanted).all() if admission.is_at_home(conn, self._home) else []

    def exclude(self, annotator: str, excluded: bool = True) -> None:
        """Have an annotator's answers count no longer, or (False) again; the position grows.

        Their answers stay in the database. Questions that only they answered are open again, and what they
        hold is free for others. Raises StoreError for an unknown annotator.
        """
        with self._database.write() as conn:
            answers.exclude(conn, annotator, excluded, self._clock())


_SESSIONS = (
    sa.select(sessions.c.token_hash, *(annotators.c[name] for name in ("name", "role", "excluded")))
    .add_columns(sessions.c.expires)
    .join(sessions, sessions.c.annotator == annotators.c.name)
    .where(sessions.c.token_hash.in_(IDS), sessions.c.expires > NOW)
)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
