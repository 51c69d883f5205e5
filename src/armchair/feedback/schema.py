"""The tables of a store, and the check that this version of armchair can read them.

Nothing is ever changed in `clips` and `answers`. An answer that is taken back or flipped stays; a later
row names it in `supersedes`, and what counts is `in_force`: rows with a choice that no row supersedes.
"""

from __future__ import annotations

import sqlalchemy as sa

import armchair
from armchair.errors import StoreError

SCHEMA_VERSION = 1
CHOICES = ("left", "right", "tie", "both_bad", "cant_tell")

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""schema, written_by (a version of armchair), clip_length, visible_dim."""

annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # person, simulated, imported
    sa.Column("created", sa.Double, nullable=False),
)

clips = sa.Table(
    "clips",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("arrays", sa.LargeBinary, nullable=False),  # safetensors: visible, action, reward, poses
    sa.Column("frames", sa.LargeBinary),  # an MP4
    sa.Column("sha256", sa.String(64), nullable=False),  # of arrays and frames
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("episode", sa.BigInteger, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("reward_known", sa.Boolean, nullable=False),
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("left_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("right_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("strategy", sa.String(64), nullable=False),
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Double, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open (answered or not) or retired
    sqlite_autoincrement=True,
)
sa.Index("questions_to_ask", questions.c.state, questions.c.priority, questions.c.policy_step)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("question", sa.ForeignKey("questions.id"), primary_key=True),
    sa.Column("annotator", sa.ForeignKey("annotators.name"), primary_key=True),
    sa.Column("expires", sa.Double, nullable=False),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("question", sa.ForeignKey("questions.id"), nullable=False, index=True),
    sa.Column("annotator", sa.ForeignKey("annotators.name"), nullable=False, index=True),
    sa.Column("choice", sa.String(16)),  # empty: this row takes the superseded one back
    sa.Column("strength", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("supersedes", sa.ForeignKey("answers.id"), unique=True),
    sa.CheckConstraint(sa.column("choice").in_(CHOICES), name="choice_is_known"),
    sqlite_autoincrement=True,
)

_later = answers.alias("later")
in_force = (
    sa.select(answers)
    .where(answers.c.choice.is_not(None))
    .where(~sa.exists().where(_later.c.supersedes == answers.c.id))
    .subquery("in_force")
)


def prepare(conn: sa.Connection, where: str) -> None:
    """Make the tables in an empty database, or check the version of the ones there are.

    Raises StoreError when the database holds something else or was written by a newer armchair.
    """
    tables = set(sa.inspect(conn).get_table_names())
    if not tables:
        metadata.create_all(conn)
        rows = {"schema": str(SCHEMA_VERSION), "written_by": armchair.__version__}
        conn.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows.items()])
        return
    if "meta" not in tables:
        raise StoreError(f"{where} is a database, but not a store of armchair: name another file")
    found = get_meta(conn, "schema")
    if found is None or not found.isdecimal():
        raise StoreError(f"{where} does not say which schema it has: it is not a store of armchair")
    if int(found) != SCHEMA_VERSION:
        writer = get_meta(conn, "written_by")
        raise StoreError(
            f"{where} has schema {found}, written by armchair {writer}; this is armchair "
            f"{armchair.__version__}, which reads schema {SCHEMA_VERSION}: install armchair {writer}"
            + (" or newer" if int(found) > SCHEMA_VERSION else "")
        )


def get_meta(conn: sa.Connection, key: str) -> str | None:
    """A value of the meta table, or None."""
    return conn.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def set_meta(conn: sa.Connection, key: str, value: str) -> None:
    """Write a value that the meta table does not have yet."""
    conn.execute(meta.insert().values(key=key, value=value))
