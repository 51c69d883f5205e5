"""Sessions and invitations in the database, within a transaction that the caller holds.

They let in only where the store is at home: where its mark was made with this installation's secret for just
this file. A store that was copied, restored or handed over has another mark, or none, and whoever wrote its
rows gets in nowhere by them. The first invitation here makes it at home: sessions, invitations and owners
that came with it are removed.
"""

from __future__ import annotations

import sqlalchemy as sa

from armchair.errors import InvalidInput
from armchair.store.rows.meta import get_meta, set_meta
from armchair.store.rows.names import check_distinct
from armchair.store.schema import annotators, invites, sessions

HOME = "home"  # in the meta table


def is_at_home(conn: sa.Connection, home: str | None) -> bool:
    """Whether the rows were written here. home: the mark; None where a server keeps the database."""
    return home is None or get_meta(conn, HOME) == home


def move_in(conn: sa.Connection, home: str | None) -> None:
    """Be at home from now on; what others let in, or were let in by, is removed."""
    if home is not None and not is_at_home(conn, home):
        conn.execute(sessions.delete())
        conn.execute(invites.delete())
        conn.execute(annotators.update().values(role="annotator"))
        set_meta(conn, HOME, home)


def forget_expired(conn: sa.Connection, now: float) -> None:
    """Remove what lets nobody in any more."""
    conn.execute(sessions.delete().where(sessions.c.expires <= now))
    conn.execute(invites.delete().where(invites.c.expires <= now))


def check_invited(conn: sa.Connection, annotator: str, role: str) -> None:
    """Raises InvalidInput for a name that has rights or answers of another kind, or reads like another."""
    known = conn.execute(sa.select(annotators.c.name, annotators.c.kind, annotators.c.role)).all()
    waiting = conn.execute(sa.select(invites.c.annotator).where(invites.c.used.is_(None))).scalars()
    check_distinct(annotator, [*(row.name for row in known), *waiting])
    row = next((row for row in known if row.name == annotator), None)
    if row is None:
        return
    if row.kind != "person":
        raise InvalidInput(f"{annotator!r} is {row.kind}, no person: invite under another name")
    if row.role == "owner" and role != "owner":
        raise InvalidInput(f"{annotator!r} owns this run: invite others under names of their own")


def withdraw_others(conn: sa.Connection, annotator: str, role: str) -> None:
    """Links for the same name with another role were decided earlier: they let nobody in any more."""
    unused = sa.and_(invites.c.annotator == annotator, invites.c.used.is_(None))
    conn.execute(invites.delete().where(unused, invites.c.role != role))


def take_role(conn: sa.Connection, annotator: str, role: str) -> bool:
    """Give somebody the role that their link has. -> False where it would take one away from them.

    Whoever rises does so in the browser that has the new link alone: their other sessions end.
    """
    named = annotators.c.name == annotator
    had = conn.execute(sa.select(annotators.c.role).where(named)).scalar_one()
    if had == role:
        return True
    if had == "owner":
        return False
    conn.execute(annotators.update().where(named).values(role=role))
    conn.execute(sessions.delete().where(sessions.c.annotator == annotator))
    return True
