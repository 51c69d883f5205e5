"""The audit chain: what was said and who was excluded, each change sealed together with the one before it.

Changes are numbered 1, 2, 3, … without a gap: rows of `answers` and of `exclusions`. The hash of a change is
the SHA-256 of the hash before it and of its own content as canonical JSON; to the content of an answer
belong the two clips and their SHA-256. `meta` keeps number and hash of the last one, the head. Whoever
alters, removes or inserts a row breaks the chain there; to hide it they must compute all later hashes anew,
and then the head differs from the one that a backup or a note holds.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import StoreError
from armchair.store.schema import answers, clips, exclusions, get_meta, meta, questions

BEGINNING = "0" * 64
Plain = str | int | float | bool | None
ANSWER_FIELDS = (
    "seq",
    "id",
    "question",
    "annotator",
    "choice",
    "strength",
    "seconds",
    "created",
    "supersedes",
    "swapped",
    "page",
)
EXCLUSION_FIELDS = ("seq", "annotator", "excluded", "created")
NUMBERS, FLAGS = ("strength", "seconds", "created"), ("swapped", "excluded")


class Head(NamedTuple):
    """The last change."""

    seq: int  # 0 before the first
    hash: str


class Pair(NamedTuple):
    """The clips that an answer speaks of."""

    left: str | None  # ids; None where there is no such clip
    right: str | None
    left_sha256: str | None
    right_sha256: str | None


class Link(NamedTuple):
    """A recorded change, as `verify` reads it."""

    seq: int
    hash: str
    name: str  # for people
    content: dict[str, Plain]


def head(conn: sa.Connection) -> Head:
    """The last change. Raises StoreError for a store that does not say it."""
    text = get_meta(conn, "head") or ""
    number, _, sealed = text.partition(" ")
    if not number.isdecimal() or len(sealed) != len(BEGINNING):
        raise StoreError("the store does not say where its audit chain ends: it is damaged")
    return Head(int(number), sealed)


def set_head(conn: sa.Connection, new: Head) -> None:
    """Write down the last change."""
    conn.execute(_SET_HEAD, {"new": f"{new.seq} {new.hash}"})


def add_answer(conn: sa.Connection, row: Mapping[str, Plain]) -> None:
    """Record a row of `answers`, which is given without its number and its hash."""
    pair = Pair(*conn.execute(_PAIR, {"this": row["question"]}).one())
    before = head(conn)
    numbered = {**row, "seq": before.seq + 1}
    new = Head(before.seq + 1, seal(before.hash, answer_content(numbered, pair)))
    conn.execute(_INSERT, numbered | {"hash": new.hash})
    set_head(conn, new)


def add_exclusion(conn: sa.Connection, annotator: str | None, excluded: bool, now: float) -> None:
    """Record that someone was excluded, or included again."""
    before = head(conn)
    row: dict[str, Plain] = {"annotator": annotator, "excluded": excluded, "created": now}
    row |= {"seq": before.seq + 1}
    new = Head(before.seq + 1, seal(before.hash, exclusion_content(row)))
    conn.execute(exclusions.insert(), row | {"hash": new.hash})
    set_head(conn, new)


def answer_content(row: Mapping[str, Plain], pair: Pair) -> dict[str, Plain]:
    """What is sealed of an answer."""
    return _plain(row, ANSWER_FIELDS) | pair._asdict()


def exclusion_content(row: Mapping[str, Plain]) -> dict[str, Plain]:
    """What is sealed of an exclusion."""
    return _plain(row, EXCLUSION_FIELDS)


def _plain(row: Mapping[str, Plain], names: Iterable[str]) -> dict[str, Plain]:
    """The values as they come back from any database: a whole number is a float where the column is one."""
    out = {name: row[name] for name in names}
    out |= {name: float(str(out[name])) for name in NUMBERS if name in out}
    return out | {name: bool(out[name]) for name in FLAGS if name in out}


def seal(before: str, content: Mapping[str, Plain]) -> str:
    """The hash of a change."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{before} {text}".encode()).hexdigest()


_LEFT, _RIGHT = clips.alias("left_one"), clips.alias("right_one")
_SHOWN = (
    _LEFT.c.id.label("left_id"),
    _RIGHT.c.id.label("right_id"),
    _LEFT.c.sha256.label("left_sha256"),
    _RIGHT.c.sha256.label("right_sha256"),
)
_WITH_CLIPS = questions.outerjoin(_LEFT, _LEFT.c.id == questions.c.left_clip).outerjoin(
    _RIGHT, _RIGHT.c.id == questions.c.right_clip
)

# made once: they take longer to say than to answer
_PAIR = sa.select(*_SHOWN).select_from(_WITH_CLIPS).where(questions.c.id == sa.bindparam("this"))
_SET_HEAD = meta.update().where(meta.c.key == "head").values(value=sa.bindparam("new"))
_INSERT = answers.insert()


def links(conn: sa.Connection) -> Iterator[Link]:
    """All recorded changes in their order."""
    joined = answers.outerjoin(_WITH_CLIPS, questions.c.id == answers.c.question)
    everything = sa.select(answers, *_SHOWN).select_from(joined).order_by(answers.c.seq)
    said = (
        Link(
            row["seq"],
            row["hash"],
            f"answer {row['id']} of {row['annotator']}",
            answer_content(dict(row), Pair(*(row[column.name] for column in _SHOWN))),
        )
        for row in conn.execute(everything).mappings()
    )
    excluded = (
        Link(row["seq"], row["hash"], f"exclusion of {row['annotator']}", exclusion_content(dict(row)))
        for row in conn.execute(sa.select(exclusions).order_by(exclusions.c.seq)).mappings()
    )
    return heapq.merge(said, excluded, key=lambda link: link.seq)


def verify(conn: sa.Connection) -> list[str]:
    """What is wrong with the chain, a line for each finding; empty when nothing is."""
    found: list[str] = []
    last = Head(0, BEGINNING)
    for link in links(conn):
        if link.seq == last.seq + 1:
            if seal(last.hash, link.content) != link.hash:
                what = f"{link.name}, change {link.seq}, is not what was recorded"
                found.append(f"{what}: it, its question or its clips were altered")
        else:
            found.append(_gap(last.seq + 1, link.seq - 1))
        last = Head(link.seq, link.hash)
    end = head(conn)
    if end.seq > last.seq:
        found.append(_gap(last.seq + 1, end.seq))
    elif end != last:
        found.append(f"the chain ends with change {last.seq}, but the store says {end.seq} with another hash")
    return found


def _gap(first: int, last: int) -> str:
    if last < first:
        return f"change {last + 1} is there twice"
    numbers = f"change {first} is" if first == last else f"changes {first} to {last} are"
    return f"{numbers} missing: rows were removed"


def seal_all(conn: sa.Connection, old_position: int) -> None:
    """Seal the answers of a store from before the chain; numbers that have no row become exclusions."""
    there = {link.seq: link for link in links(conn)}
    last = Head(0, BEGINNING)
    for seq in range(1, max([old_position, *there]) + 1):
        if seq in there:
            last = Head(seq, seal(last.hash, there[seq].content))
            for table in (answers, exclusions):  # it is in one of them
                conn.execute(table.update().where(table.c.seq == seq).values(hash=last.hash))
        else:
            row: dict[str, Plain] = {"seq": seq, "annotator": None, "excluded": True, "created": 0.0}
            last = Head(seq, seal(last.hash, exclusion_content(row)))
            conn.execute(exclusions.insert(), row | {"hash": last.hash})
    set_head(conn, last)
