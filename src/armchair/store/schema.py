"""The tables of a store.

Nothing is ever changed in `clips`, `answers` and `exclusions`. An answer that is taken back or flipped
stays; a later row names it in `supersedes`. `in_force` are the rows with a choice that no row supersedes,
`counted` those of them whose annotator is not excluded.
"""

from __future__ import annotations

import sqlalchemy as sa

from armchair.types import Choice

SCHEMA_VERSION = 6
SETTLING = "settling"  # strategy of the comparisons that are put aside for after the budget
CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "cant_tell")

metadata = sa.MetaData()


def _key_and_value() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False)


def _numbered() -> sa.Column[int]:
    """For tables with `sqlite_autoincrement`: no number is ever used again."""
    return sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True)


def _time(name: str) -> sa.Column[float]:
    """Seconds since the epoch."""
    return sa.Column(name, sa.Double, nullable=False)


def _sha256(name: str, *, key: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), primary_key=key, nullable=False, server_default=default)


meta = sa.Table("meta", metadata, *_key_and_value())
"""schema, written_by (a version of armchair), identity, clip_length, visible_dim, head (see `rows.audit`)."""

annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # person, simulated, imported, model
    _time("created"),
    sa.Column("excluded", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("role", sa.String(16), nullable=False, server_default="annotator"),  # owner, annotator
)

clips = sa.Table(
    "clips",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    # small columns first: SQLite reads a row from its beginning, and the last two are long
    _sha256("sha256"),  # of arrays and frames
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("episode", sa.BigInteger, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("reward_known", sa.Boolean, nullable=False),
    # whether the bytes are in the store of objects, and `arrays` has only their header, `frames` nothing
    sa.Column("elsewhere", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("arrays", sa.LargeBinary, nullable=False),  # safetensors: visible, action, reward, poses
    sa.Column("frames", sa.LargeBinary),  # an MP4
)

questions = sa.Table(
    "questions",
    metadata,
    _numbered(),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("left_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("right_clip", sa.ForeignKey("clips.id"), nullable=False),
    sa.Column("strategy", sa.String(64), nullable=False, index=True),
    sa.Column("policy_step", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Double, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # open (answered or not) or retired
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),  # answers of it that are `counted`
    sa.Column("guess", sa.Double),  # of the reward model, when it asked: P(right is better)
    sa.Column("repeat_of", sa.ForeignKey("questions.id")),
    sa.Column("only_for", sa.String(200)),
    sa.Column("wish", sa.String(64)),  # the name of one of `wishes`; empty: the skill
    sqlite_autoincrement=True,
)
sa.Index(
    "questions_to_ask",
    questions.c.state,
    questions.c.answered,
    questions.c.priority.desc(),
    questions.c.policy_step.desc(),
    questions.c.seq,
    questions.c.id,  # so that SQLite passes over those that are held without reading them
)

_repeats = questions.c.repeat_of.is_not(None)  # few: an index of all would be walked for those that are none
sa.Index(
    "questions_repeated",
    questions.c.repeat_of,
    questions.c.only_for,
    sqlite_where=_repeats,
    postgresql_where=_repeats,
)

wishes = sa.Table(
    "wishes",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("question", sa.String(200), nullable=False),  # in plain words
    sa.Column("weight", sa.Double),  # from 0 to 1; empty: chosen by nobody
    _time("created"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("question", sa.ForeignKey("questions.id"), primary_key=True),
    sa.Column("annotator", sa.ForeignKey("annotators.name"), primary_key=True),
    _time("expires"),
    # whether its question is among those that are `waiting` in `tallies`
    sa.Column("waits", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Index("leases_of_annotator", leases.c.annotator)

answers = sa.Table(
    "answers",
    metadata,
    _numbered(),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("question", sa.ForeignKey("questions.id"), nullable=False, index=True),
    sa.Column("annotator", sa.ForeignKey("annotators.name"), nullable=False),
    sa.Column("choice", sa.String(16)),  # empty: this row takes the superseded one back
    sa.Column("strength", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    _time("created"),
    sa.Column("supersedes", sa.ForeignKey("answers.id"), unique=True),
    sa.Column("swapped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("page", sa.String(64), nullable=False, server_default=""),
    _sha256("hash", default=""),  # see `rows.audit`
    sa.CheckConstraint(sa.column("choice").in_(CHOICES), name="choice_is_known"),
    sqlite_autoincrement=True,
)
sa.Index("answers_of_annotator", answers.c.annotator, answers.c.seq)

exclusions = sa.Table(
    "exclusions",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),  # numbered together with answers
    sa.Column("annotator", sa.String(200)),  # empty: from before schema 3, which did not keep whose it was
    sa.Column("excluded", sa.Boolean, nullable=False),  # false: included again
    _time("created"),
    _sha256("hash"),
)


def _sum(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("wish", sa.String(64), primary_key=True),  # empty: the skill
    _sum("put"),  # questions, but for repeats and comparisons after the budget; so for the next two
    _sum("waiting"),  # open and not answered
    _sum("retired"),
    *(_sum(f"said_{choice}") for choice in CHOICES),  # answers to them that are `counted`
    _sum("repeats"),  # such answers to questions that were put again
    _sum("settling"),  # and to comparisons after the budget
    _sum("changed_at"),  # number of the last row of `answers` that is not about such a comparison
)
"""Running counts: see `rows.kept.tallies`."""

given = sa.Table(
    "given",
    metadata,
    sa.Column("annotator", sa.ForeignKey("annotators.name"), primary_key=True),
    _sum("said"),  # rows of `answers`
    _sum("in_force"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    _sha256("token_hash", key=True),  # the token itself is nowhere
    sa.Column("annotator", sa.ForeignKey("annotators.name"), nullable=False),
    _time("created"),
    _time("expires"),
)

invites = sa.Table(
    "invites",
    metadata,
    _sha256("token_hash", key=True),
    sa.Column("annotator", sa.String(200), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    _time("created"),
    _time("expires"),
    sa.Column("used", sa.Double),
)

settings = sa.Table("settings", metadata, *_key_and_value())  # JSON

status = sa.Table(
    "status",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    sa.Column("value", sa.Text, nullable=False),  # JSON
    _time("updated"),
)

metrics = sa.Table(
    "metrics",
    metadata,
    _numbered(),
    _time("created"),
    sa.Column("line", sa.Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    _sha256("sha256"),
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

COPY = "copy_of_"  # begins the names of the indexes below


def _copy(table: sa.Table, *left_out: str) -> None:
    """An index of a table's values, but for long ones that have a SHA-256 beside them.

    SQLite keeps it equal to the table, and its `integrity_check` finds every value in which the two differ:
    it is the checksum of what has no other. A PostgreSQL server has checksums of its own.
    """
    columns = [column for column in table.c if column.name not in left_out]
    sa.Index(f"{COPY}{table.name}", *columns).ddl_if(dialect="sqlite")


for _table in (meta, annotators, questions, wishes, leases, tallies, given):
    _copy(_table)
for _table in (sessions, invites, settings, status, metrics):
    _copy(_table)
_copy(clips, "arrays", "frames")
_copy(assets, "data")

_later = answers.alias("later")
in_force = (
    sa.select(answers)
    .where(answers.c.choice.is_not(None))
    .where(~sa.exists().where(_later.c.supersedes == answers.c.id))
    .subquery("in_force")
)
_excluded = sa.select(annotators.c.name).where(annotators.c.excluded.is_(sa.true()))
counted = sa.select(in_force).where(in_force.c.annotator.not_in(_excluded)).subquery("counted")
times_answered = (
    sa.select(sa.func.count())
    .where(counted.c.question == questions.c.id)
    .correlate(questions)
    .scalar_subquery()
)
"""What `questions.answered` must be: how many answers to a question are `counted`."""
