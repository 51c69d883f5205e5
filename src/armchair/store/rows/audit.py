"""The audit chain: what was said and who was excluded, each change sealed together with the one before it.

Changes are numbered 1, 2, 3, … without a gap: rows of `answers` and of `exclusions`. The hash of a change is
the SHA-256 of the hash before it and of its own content as canonical JSON; to the content of an answer
belong the two clips, their SHA-256 and the wish that was asked about, where it was one. `meta` keeps number
and hash of the last one, the head. Whoever alters, removes or inserts a row breaks the chain there; to hide
it they must compute all later hashes anew, and then the head differs from the one that a backup or a note
holds.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from armchair.errors import StoreError
from armchair.store.rows.binds import IDS
from armchair.store.rows.meta import get_meta, set_meta
from armchair.store.schema import answers, clips, exclusions, questions

MOST_DIGITS = 18  # of a number of a change
Plain = str | int | float | bool | None
Shown = Mapping[str, Any]
"""A question with the ids and the SHA-256 of its clips; by the names of columns."""
SHOWN = ("left", "right", "left_sha256", "right_sha256")  # of the clips; None where there is no such clip
WISH = "wish"  # left out where there is none, as before there were wishes
NUMBERS, FLAGS = ("strength", "seconds", "created"), ("swapped", "excluded")
_OTHERS = ("seq", "id", "question", "annotator", "choice", "supersedes", "swapped", "page")
ANSWER_FIELDS = (*_OTHERS, *NUMBERS, *SHOWN)
EXCLUSION_FIELDS = ("seq", "annotator", "excluded", "created")


class Head(NamedTuple):
    """The last change."""

    seq: int  # 0 before the first
    hash: str

    def followed_by(self, content: Mapping[str, Plain]) -> Head:
        """The head after one more change."""
        return Head(self.seq + 1, seal(self.hash, content))


EMPTY = Head(0, "0" * 64)


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
    if not number.isdecimal() or len(number) > MOST_DIGITS or len(sealed) != len(EMPTY.hash):
        raise StoreError("the store does not say where its audit chain ends: it is damaged")
    return Head(int(number), sealed)


def set_head(conn: sa.Connection, new: Head) -> None:
    """Write down the last change."""
    set_meta(conn, "head", f"{new.seq} {new.hash}")


def find_shown(conn: sa.Connection, names: Sequence[str]) -> dict[str, Shown]:
    """Of questions (ids), those that there are: what an answer to them is sealed with, and counted by."""
    return {row["question"]: dict(row) for row in conn.execute(_SHOWN, {"ids": list(names)}).mappings()}


def add_answers(
    conn: sa.Connection, rows: Iterable[Mapping[str, Plain]], shown: Mapping[str, Shown]
) -> list[int]:
    """Record rows of `answers`, which are given without their numbers and hashes. -> their numbers.

    shown: what `find_shown` finds of their questions.
    """
    last, made = head(conn), list[dict[str, Plain]]()
    for row in rows:
        numbered: dict[str, Plain] = {**row, "seq": last.seq + 1}
        about = shown[str(row["question"])]
        told = numbered | {name: about[name] for name in (*SHOWN, WISH)}
        last = last.followed_by(_content(told, ANSWER_FIELDS))
        made.append(numbered | {"hash": last.hash})
    conn.execute(_INSERT, made)
    set_head(conn, last)
    return [int(str(row["seq"])) for row in made]


def add_exclusion(conn: sa.Connection, annotator: str | None, excluded: bool, now: float) -> None:
    """Record that someone was excluded, or included again."""
    set_head(conn, _insert_exclusion(conn, head(conn), annotator, excluded, now))


def _insert_exclusion(
    conn: sa.Connection, before: Head, annotator: str | None, excluded: bool, now: float
) -> Head:
    row: dict[str, Plain] = {"seq": before.seq + 1, "annotator": annotator}
    row |= {"excluded": excluded, "created": now}
    new = before.followed_by(_content(row, EXCLUSION_FIELDS))
    conn.execute(exclusions.insert(), row | {"hash": new.hash})
    return new


def _content(row: Mapping[str, Plain], names: Iterable[str]) -> dict[str, Plain]:
    """What is sealed of a row, as any database gives it back: floats stay floats where they are whole."""
    out = {name: row[name] for name in names}
    if row.get(WISH) is not None:
        out[WISH] = row[WISH]
    out |= {name: float(str(out[name])) for name in NUMBERS if name in out}
    return out | {name: bool(out[name]) for name in FLAGS if name in out}


def seal(before: str, content: Mapping[str, Plain]) -> str:
    """The hash of a change."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(f"{before} {text}".encode()).hexdigest()


_LEFT, _RIGHT = clips.alias("left_one"), clips.alias("right_one")
_CLIPS = (_LEFT.c.id, _RIGHT.c.id, _LEFT.c.sha256, _RIGHT.c.sha256)
_COLUMNS = [*(column.label(name) for name, column in zip(SHOWN, _CLIPS, strict=True)), questions.c.wish]
_WITH_CLIPS = questions.outerjoin(_LEFT, _LEFT.c.id == questions.c.left_clip).outerjoin(
    _RIGHT, _RIGHT.c.id == questions.c.right_clip
)
_ASKED = (questions.c.strategy, questions.c.repeat_of.is_not(None).label("repeat"), questions.c.state)
_SHOWN = (
    sa.select(questions.c.id.label("question"), *_COLUMNS, *_ASKED, questions.c.answered)
    .select_from(_WITH_CLIPS)
    .where(questions.c.id.in_(IDS))
)
_INSERT = answers.insert()


def links(conn: sa.Connection) -> Iterator[Link]:
    """All recorded changes in their order."""

    def read(rows: sa.Select[tuple[object, ...]], fields: Iterable[str]) -> Iterator[Link]:
        for row in conn.execute(rows).mappings():
            what = f"answer {row['id']}" if "id" in row else "exclusion"
            name = f"{what} of {row['annotator']}"
            yield Link(row["seq"], row["hash"], name, _content(dict(row), fields))

    joined = answers.outerjoin(_WITH_CLIPS, questions.c.id == answers.c.question)
    said = sa.select(answers, *_COLUMNS).select_from(joined).order_by(answers.c.seq)
    excluded = sa.select(exclusions).order_by(exclusions.c.seq)
    both = (read(said, ANSWER_FIELDS), read(excluded, EXCLUSION_FIELDS))
    return heapq.merge(*both, key=lambda link: link.seq)


def verify(conn: sa.Connection) -> list[str]:
    """What is wrong with the chain, a line for each finding; empty when nothing is."""
    found: list[str] = []
    last = EMPTY
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
    last = EMPTY
    for seq in range(1, max([old_position, *there]) + 1):
        if seq in there:
            last = last.followed_by(there[seq].content)
            for table in (answers, exclusions):  # it is in one of them
                conn.execute(table.update().where(table.c.seq == seq).values(hash=last.hash))
        else:
            last = _insert_exclusion(conn, last, None, True, 0.0)
    set_head(conn, last)
