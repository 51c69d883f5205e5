"""Running counts: kept in the transaction that changes what is counted, so that nobody waits for a count.

Of each wish, and of the skill under the name "", a row of `tallies`; of each annotator one of `given`; and a
lease knows whether its question waits. What they must be is what `recount` and `recount_given` find, which
read everything.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa

from armchair.store.rows.binds import IDS
from armchair.store.schema import SETTLING, answers, counted, given, in_force, leases, questions, tallies

Tally = dict[str, int]
SUMS = tuple(column.name for column in tallies.c if column.name not in ("wish", "changed_at"))
SKILL = ""  # in the place of a wish's name
CHUNK = 500  # ids in one statement


class Asked(NamedTuple):
    """What has to be known of a question to keep count of its answers."""

    wish: str | None
    strategy: str
    repeat: bool
    state: str
    answered: int  # answers of it that count


class Given(NamedTuple):
    """How much somebody has answered."""

    said: int  # rows of `answers`, undos too
    in_force: int


# ---- what has to be kept


def add(conn: sa.Connection, wish: str | None, change: Mapping[str, int], changed_at: int = 0) -> None:
    """Add to what is counted of a wish. changed_at: position of the change, where one was recorded."""
    if not changed_at and not any(change.values()):
        return
    values = {"of": wish or SKILL, "at": changed_at} | {f"more_{name}": change.get(name, 0) for name in SUMS}
    if not conn.execute(_ADD, values).rowcount:
        row = {name: change.get(name, 0) for name in SUMS}
        conn.execute(tallies.insert(), row | {"wish": wish or SKILL, "changed_at": changed_at})


def answered(asked: Asked, before: str | None, after: str | None) -> Tally:
    """What is counted otherwise once a choice, where one is, has become another, or been taken back."""
    change: Tally = {}
    for choice, sign in ((before, -1), (after, 1)):
        if choice is not None:
            name = _counted_as(asked, choice)
            change[name] = change.get(name, 0) + sign
    now = asked.answered + (after is not None) - (before is not None)
    if asked.state == "open" and not asked.repeat and asked.strategy != SETTLING:
        change["waiting"] = (now == 0) - (asked.answered == 0)
    return change


def _counted_as(asked: Asked, choice: str) -> str:
    if asked.repeat:
        return "repeats"
    return "settling" if asked.strategy == SETTLING else f"said_{choice}"


def mark_held(conn: sa.Connection, names: Sequence[str]) -> None:
    """Keep, beside the leases on these questions (ids), whether they wait for a first answer."""
    conn.execute(_MARK, {"ids": list(names)})


def say(conn: sa.Connection, added: Mapping[str, Given], known: Collection[str]) -> None:
    """Keep that rows were added to `answers`: by annotator, how many, and by how many more are in force.

    known: those of them who have a row here.
    """
    old = [{"of": name, **more._asdict()} for name, more in added.items() if name in known]
    new = [{"annotator": name, **more._asdict()} for name, more in added.items() if name not in known]
    if old:
        conn.execute(_SAY, old)
    if new:
        conn.execute(given.insert(), new)


@contextmanager
def kept(conn: sa.Connection, names: Iterable[str]) -> Generator[None]:
    """Keep count of whatever the block does to these questions (ids) and to whose answers of them count."""
    wanted = list(dict.fromkeys(names))
    before = _of_questions(conn, wanted)
    yield
    after = _of_questions(conn, wanted)
    for start in range(0, len(wanted), CHUNK):
        mark_held(conn, wanted[start : start + CHUNK])
    for wish in before | after:
        old, new = before.get(wish, {}), after.get(wish, {})
        add(conn, wish, {name: new.get(name, 0) - old.get(name, 0) for name in SUMS})


def _of_questions(conn: sa.Connection, names: Sequence[str]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for start in range(0, len(names), CHUNK):
        for wish, part in _sums(conn, _SOME, {"ids": names[start : start + CHUNK]}).items():
            whole = found.setdefault(wish, {})
            for name, number in part.items():
                whole[name] = whole.get(name, 0) + number
    return found


# ---- counting anew


def recount(conn: sa.Connection) -> dict[str, Tally]:
    """What the rows of `tallies` must be, by wish: counted from questions and answers, all of them."""
    found = _sums(conn, _EVERY, {})
    for wish, last in conn.execute(_CHANGED):
        found.setdefault(wish or SKILL, {})["changed_at"] = last
    return found


def recount_given(conn: sa.Connection) -> dict[str, Given]:
    """What the rows of `given` must be, by annotator."""
    still = {str(row[0]): int(row[1]) for row in conn.execute(_IN_FORCE)}
    return {str(name): Given(number, still.get(name, 0)) for name, number in conn.execute(_SAID)}


def write_anew(conn: sa.Connection) -> None:
    """Replace what is kept by what is counted now."""
    conn.execute(tallies.delete())
    conn.execute(given.delete())
    for wish, tally in recount(conn).items():
        conn.execute(tallies.insert(), dict.fromkeys((*SUMS, "changed_at"), 0) | tally | {"wish": wish})
    conn.execute(_MARK_ALL)
    rows = [{"annotator": name} | found._asdict() for name, found in recount_given(conn).items()]
    if rows:
        conn.execute(given.insert(), rows)


def differences(conn: sa.Connection) -> list[str]:
    """In what the running counts differ from what is counted now, a line each; empty when they are right."""
    names, wrong = (*SUMS, "changed_at"), list[str]()
    kept_now = {str(row["wish"]): dict(row) for row in conn.execute(sa.select(tallies)).mappings()}
    right = recount(conn)
    for wish in sorted(kept_now | right):
        told, true = kept_now.get(wish, {}), right.get(wish, {})
        off = [name for name in names if told.get(name, 0) != true.get(name, 0)]
        whose = f"the wish {wish!r}" if wish else "the skill"
        wrong += [
            f"{name} of {whose} is kept as {told.get(name, 0)} and is {true.get(name, 0)}" for name in off
        ]
    people = {row.annotator: Given(row.said, row.in_force) for row in conn.execute(sa.select(given))}
    true_people = recount_given(conn)
    nothing = Given(0, 0)
    for name in sorted(people | true_people):
        if people.get(name, nothing) != true_people.get(name, nothing):
            wrong.append(f"what {name} answered is counted wrongly")
    lost = conn.execute(_MARKED_WRONGLY).scalar_one()
    return [*wrong, f"of {lost} leases it is wrong whether their question waits"] if lost else wrong


def _sums(conn: sa.Connection, told: _Statements, values: Mapping[str, object]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}

    def more(wish: str | None, name: str, number: int) -> None:
        tally = found.setdefault(wish or SKILL, {})
        tally[name] = tally.get(name, 0) + number

    for wish, state, first, number in conn.execute(told.questions, values):
        more(wish, "put", number)
        if state == "retired":
            more(wish, "retired", number)
        elif first:
            more(wish, "waiting", number)
    for wish, repeat, strategy, choice, number in conn.execute(told.answers, values):
        more(wish, _counted_as(Asked(wish, strategy, bool(repeat), "", 0), choice), number)
    return found


class _Statements(NamedTuple):
    """What is counted, of all questions or of some."""

    questions: sa.Executable
    answers: sa.Executable


def _statements(about: sa.ColumnElement[bool]) -> _Statements:
    repeat, first = questions.c.repeat_of.is_not(None), questions.c.answered == 0
    put = (
        sa.select(questions.c.wish, questions.c.state, first.label("first"), sa.func.count())
        .where(about, questions.c.repeat_of.is_(None), questions.c.strategy != SETTLING)
        .group_by(questions.c.wish, questions.c.state, first)
    )
    keys = (questions.c.wish, repeat.label("repeat"), questions.c.strategy, counted.c.choice)
    said = (
        sa.select(*keys, sa.func.count())
        .join_from(questions, counted, counted.c.question == questions.c.id)
        .where(about)
        .group_by(questions.c.wish, repeat, questions.c.strategy, counted.c.choice)
    )
    return _Statements(put, said)


_EVERY, _SOME = _statements(sa.true()), _statements(questions.c.id.in_(IDS))
_CHANGED = (
    sa.select(questions.c.wish, sa.func.max(answers.c.seq))
    .join_from(answers, questions, answers.c.question == questions.c.id)
    .where(questions.c.strategy != SETTLING)
    .group_by(questions.c.wish)
)
_SAID = sa.select(answers.c.annotator, sa.func.count()).group_by(answers.c.annotator)
_IN_FORCE = sa.select(in_force.c.annotator, sa.func.count()).group_by(in_force.c.annotator)

_WAITING = sa.exists().where(
    questions.c.id == leases.c.question,
    questions.c.state == "open",
    questions.c.answered == 0,
    questions.c.repeat_of.is_(None),
    questions.c.strategy != SETTLING,
)
_MARK_ALL = leases.update().values(waits=_WAITING)
_MARK = _MARK_ALL.where(leases.c.question.in_(IDS))
_MARKED_WRONGLY = sa.select(sa.func.count()).select_from(leases).where(leases.c.waits != _WAITING)

_AT = sa.bindparam("at", type_=sa.Integer)
_ADD = (
    tallies.update()
    .where(tallies.c.wish == sa.bindparam("of", type_=sa.String))
    .values(
        {tallies.c[name]: tallies.c[name] + sa.bindparam(f"more_{name}", type_=sa.Integer) for name in SUMS}
        | {tallies.c.changed_at: sa.case((tallies.c.changed_at < _AT, _AT), else_=tallies.c.changed_at)}
    )
)
_SAY = (
    given.update()
    .where(given.c.annotator == sa.bindparam("of", type_=sa.String))
    .values(
        said=given.c.said + sa.bindparam("said", type_=sa.Integer),
        in_force=given.c.in_force + sa.bindparam("in_force", type_=sa.Integer),
    )
)
