"""The tables of a store.

Nothing is ever changed in `clips`, `answers` and `exclusions`. An answer that is taken back or flipped
stays; a later row names it in `supersedes`. `in_force` are the rows with a choice that no row supersedes,
`counted` those of them whose annotator is not excluded.
"""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = 3
CHOICES = ("left", "right", "tie", "both_bad", "cant_tell")

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""schema, written_by (a version of armchair), clip_length, visible_dim, head (see `chain`)."""

annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # person, simulated, imported
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("excluded", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("role", sa.String(16), nullable=False, server_default="annotator"),  # owner, annotator
)

clips = sa.Table(
    "clips",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    # small columns first: SQLite reads a row from its beginning, and the last two are long
    sa.Column("sha256", sa.String(64), nullable=False),  # of arrays and frames
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("episode", sa.BigInteger, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("reward_known", sa.Boolean, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),  # safetensors: visible, action, reward, poses
    sa.Column("frames", sa.LargeBinary),  # an MP4
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("left_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("right_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("strategy", sa.String(64), nullable=False, index=True),
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Double, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open (answered or not) or retired
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),  # answers of it that are `counted`
    sa.Column("guess", sa.Double),  # of the reward model, when it asked: P(right is better)
    sa.Column("repeat_of", sa.ForeignKey("questions.id"), index=True),
    sa.Column("only_for", sa.String(200)),
    sqlite_autoincrement=True,
)
sa.Index(
    "questions_to_ask",
    questions.c.state,
    questions.c.answered,
    questions.c.priority.desc(),
    questions.c.policy_step.desc(),
    questions.c.seq,
)

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
    sa.Column("annotator", sa.ForeignKey("annotators.name"), nullable=False),
    sa.Column("choice", sa.String(16)),  # empty: this row takes the superseded one back
    sa.Column("strength", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("supersedes", sa.ForeignKey("answers.id"), unique=True),
    sa.Column("swapped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("page", sa.String(64), nullable=False, server_default=""),
    sa.Column("hash", sa.String(64), nullable=False, server_default=""),  # see `chain`
    sa.CheckConstraint(sa.column("choice").in_(CHOICES), name="choice_is_known"),
    sqlite_autoincrement=True,
)
sa.Index("answers_of_annotator", answers.c.annotator, answers.c.seq)

exclusions = sa.Table(
    "exclusions",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),  # numbered together with answers
    sa.Column(
        "annotator", sa.String(200)
    ),  # empty: recorded before schema 3, which did not keep whose it was
    sa.Column("excluded", sa.Boolean, nullable=False),  # false: included again
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),  # SHA-256: the token itself is nowhere
    sa.Column("annotator", sa.ForeignKey("annotators.name"), nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False),
)

invites = sa.Table(
    "invites",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("annotator", sa.String(200), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False),
    sa.Column("used", sa.Double),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)

status = sa.Table(
    "status",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("updated", sa.Double, nullable=False),
)

metrics = sa.Table(
    "metrics",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("line", sa.Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

_later = answers.alias("later")
in_force = (
    sa.select(answers)
    .where(answers.c.choice.is_not(None))
    .where(~sa.exists().where(_later.c.supersedes == answers.c.id))
    .subquery("in_force")
)
_excluded = sa.select(annotators.c.name).where(annotators.c.excluded.is_(sa.true()))
counted = sa.select(in_force).where(in_force.c.annotator.not_in(_excluded)).subquery("counted")


LONGEST_LEASE = 3600.0  # s


def is_live(now: float | sa.ColumnElement[float]) -> sa.ColumnElement[bool]:
    """Whether a lease still runs (s since the epoch).

    One that would run on for longer than any is given for was given before the clock was set back: it has
    ended, or else nobody would get its question until the clock is there again.
    """
    return sa.and_(leases.c.expires > now, leases.c.expires <= now + LONGEST_LEASE)


_META = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("this"))


def get_meta(conn: sa.Connection, key: str) -> str | None:
    """A value of the meta table, or None."""
    return conn.execute(_META, {"this": key}).scalar_one_or_none()


def set_meta(conn: sa.Connection, key: str, value: str) -> None:
    """Write a value of the meta table."""
    if get_meta(conn, key) is None:
        conn.execute(meta.insert().values(key=key, value=value))
    else:
        conn.execute(meta.update().where(meta.c.key == key).values(value=value))
