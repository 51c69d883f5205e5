"""Clips and questions in the database, within a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError
from armchair.ids import check_id
from armchair.store.rows import objects, wishes
from armchair.store.rows.binds import ID
from armchair.store.rows.codec import (
    MAX_BYTES,
    check_clip,
    check_digest,
    decode,
    digest,
    encode,
    knows_reward,
    read_head,
)
from armchair.store.rows.kept import tallies
from armchair.store.rows.meta import get_meta, set_meta
from armchair.store.schema import clips, questions
from armchair.types import Clip, Question

CHUNK = 500  # ids in one statement
MOST_DIGITS = 9  # of a clip's length
HEAD = 4096  # bytes at the beginning of a clip's arrays that surely hold their header

QUESTION_COLUMNS = ("id", "left_clip", "right_clip", *Question._fields[3:])
"""The columns that hold the fields of a `Question`, in their order."""

_SHA256 = sa.select(clips.c.sha256).where(clips.c.id == ID)
_QUESTION = sa.select(questions).where(questions.c.id == ID)


class ClipInfo(NamedTuple):
    """What there is to show of a clip."""

    steps: int  # L
    bodies: int  # B, 0 where there are no poses
    film: bool  # whether an MP4 is stored
    policy_step: int  # environment steps the policy had been trained for


class Replay(NamedTuple):
    """What is needed to show a clip."""

    steps: int  # L
    bodies: int  # B, 0 where there are no poses
    poses: bytes | None  # float32, little-endian (L, B, 7): position, quaternion; the goal's marker last
    film: bytes | None  # an MP4
    policy_step: int
    episode: int
    start: int


def insert_clips(conn: sa.Connection, given: Iterable[Clip], reward_known: bool) -> None:
    """Store clips; the same clip again is harmless. Raises InvalidInput for one that does not fit."""
    kept, place = stored_shape(conn), objects.place_of(conn)
    for clip in given:
        check_clip(clip)
        length, width = clip.visible.shape
        if kept is None:
            set_meta(conn, "clip_length", str(length))
            set_meta(conn, "visible_dim", str(width))
        elif kept != (length, width):  # they could not be compared nor stacked
            raise InvalidInput(
                f"clip {clip.id} has {length} steps of {width} visible numbers; the clips of this store "
                f"have {kept[0]} steps of {kept[1]}: cut clips of that length, or begin a new store"
            )
        kept = (length, width)
        arrays = encode(clip)
        row = {name: getattr(clip, name) for name in ("id", "frames", "policy_step", "episode", "start")}
        row |= {"arrays": arrays, "sha256": digest(arrays, clip.frames).hex()}
        row["reward_known"] = reward_known and knows_reward(clip)
        known = conn.execute(_SHA256, {"id": clip.id}).scalar_one_or_none()
        if known is None:
            if (
                place is not None
            ):  # it has been put there before this transaction began, and then this is quick
                place.put(row["sha256"], arrays + (clip.frames or b""))
                row |= {"elsewhere": True, "arrays": objects.header_of(arrays)}
                row["frames"] = None if clip.frames is None else b""
            conn.execute(clips.insert(), row)
        elif known != row["sha256"]:
            raise StoreError(f"another clip already has the id {clip.id}: give every clip an id of its own")


def put_elsewhere(place: objects.Objects, given: Sequence[Clip]) -> None:
    """Have the bytes of clips where they are kept, before others wait for a transaction that names them."""
    made: list[tuple[str, bytes]] = []
    for clip in given:
        check_clip(clip)
        arrays = encode(clip)
        made.append((digest(arrays, clip.frames).hex(), arrays + (clip.frames or b"")))
    objects.put_all(place, made)


def stored_shape(conn: sa.Connection) -> tuple[int, int] | None:
    """Length and visible width of the store's clips, or None before the first."""
    length, width = get_meta(conn, "clip_length"), get_meta(conn, "visible_dim")
    if length is None or width is None:
        return None
    if not (length + width).isdecimal() or len(length + width) > 2 * MOST_DIGITS:
        raise StoreError("the store does not say how long its clips are: it is damaged")
    return int(length), int(width)


def load_clips(conn: sa.Connection, ids: Sequence[str]) -> list[Clip]:
    """The clips of these ids, in their order. Raises StoreError for an unknown or damaged one."""
    import torch  # here, because the page's server never loads a clip as tensors

    found: dict[str, Clip] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        size = sa.func.length(clips.c.arrays) + sa.func.coalesce(sa.func.length(clips.c.frames), 0)
        large = sa.select(clips.c.id).where(clips.c.id.in_(chunk), size > 2 * MAX_BYTES).limit(1)
        if (name := conn.execute(large).scalar_one_or_none()) is not None:
            raise StoreError(f"clip {name} is damaged: it has more than {2 * MAX_BYTES} bytes")
        for row in conn.execute(sa.select(clips).where(clips.c.id.in_(chunk))):
            none, (arrays, frames) = torch.empty(0), objects.whole(conn, row)
            empty = Clip(row.id, none, none, none, None, frames, row.policy_step, row.episode, row.start)
            found[row.id] = decode(empty, arrays, row.sha256)
    _check_found(ids, found)
    return [found[name] for name in ids]


def clip_info(conn: sa.Connection, ids: Sequence[str]) -> dict[str, ClipInfo]:
    """What there is to show of these clips; reads only where their arrays begin."""
    found: dict[str, ClipInfo] = {}
    columns = (
        clips.c.id,
        sa.func.substr(clips.c.arrays, 1, HEAD).label("head"),
        clips.c.frames.is_not(None).label("film"),
        clips.c.policy_step,
    )
    for chunk in chunks(dict.fromkeys(ids)):
        for row in conn.execute(sa.select(*columns).where(clips.c.id.in_(chunk))):
            head = read_head(row.id, bytes(row.head))
            found[row.id] = ClipInfo(head.steps, head.bodies, bool(row.film), row.policy_step)
    _check_found(ids, found)
    return found


def load_replay(conn: sa.Connection, name: str) -> Replay:
    """What is needed to show a clip. Raises StoreError for an unknown or damaged one."""
    row = conn.execute(sa.select(clips).where(clips.c.id == name)).one_or_none()
    if row is None:
        raise _unknown(name)
    arrays, film = objects.whole(conn, row)
    check_digest(name, arrays, film, row.sha256)
    head = read_head(name, arrays)
    poses = arrays[head.begin : head.end] if head.bodies else None
    return Replay(head.steps, head.bodies, poses, film, row.policy_step, row.episode, row.start)


def _check_found(ids: Sequence[str], found: Container[str]) -> None:
    for name in ids:
        if name not in found:
            raise _unknown(name)


def _unknown(name: str) -> StoreError:
    return StoreError(f"there is no clip {name} in the store")


def rewards_known(conn: sa.Connection, ids: Sequence[str]) -> bool:
    """Whether the true reward of all these clips is known; imported ones have zeros in its place."""
    for chunk in chunks(dict.fromkeys(ids)):
        unknown = sa.select(clips.c.id).where(clips.c.id.in_(chunk), ~clips.c.reward_known).limit(1)
        if conn.execute(unknown).first() is not None:
            return False
    return True


def insert_questions(conn: sa.Connection, given: Sequence[Question], priority: float) -> None:
    """Store questions; the same one again is harmless and open again if it was retired."""
    # repeats are in no count, and those who claim, and make them, take no turn among those who write
    with tallies.kept(conn, [question.id for question in given if question.repeat_of is None]):
        _insert_questions(conn, given, priority)


def _insert_questions(conn: sa.Connection, given: Sequence[Question], priority: float) -> None:
    for wish in dict.fromkeys(question.wish for question in given):
        wishes.check_known(conn, wish)
    for question in given:
        check_id("a question", question.id)
        if question.left == question.right:
            raise InvalidInput(f"question {question.id} compares clip {question.left} with itself")
        if question.guess is not None and not 0.0 <= question.guess <= 1.0:
            raise InvalidInput(f"question {question.id}: a guess is a probability, got {question.guess}")
        pair = (question.left, question.right)
        there = set(conn.execute(sa.select(clips.c.id).where(clips.c.id.in_(pair))).scalars())
        for name in pair:
            if name not in there:
                raise StoreError(f"question {question.id} names clip {name}, which is not in the store")
        known = find_question(conn, question.id)
        if known is None:
            row = dict(zip(QUESTION_COLUMNS, question, strict=True))
            conn.execute(questions.insert(), row | {"priority": priority, "state": "open"})
        elif (known.left, known.right, known.wish) != (*pair, question.wish):
            raise StoreError(f"another question already has the id {question.id}")
        else:
            conn.execute(questions.update().where(questions.c.id == question.id).values(state="open"))


def find_question(conn: sa.Connection, name: str) -> Question | None:
    """The question of this id, or None."""
    row = conn.execute(_QUESTION, {"id": name}).one_or_none()
    return None if row is None else to_question(row)


def put(conn: sa.Connection) -> list[Question]:
    """The questions that wait or were answered, but for repeats, in the order in which they were put."""
    first = sa.select(questions).where(questions.c.state == "open", questions.c.repeat_of.is_(None))
    return [to_question(row) for row in conn.execute(first.order_by(questions.c.seq))]


def to_question(row: sa.Row[tuple[object, ...]], name: str | None = None) -> Question:
    """A row of `questions`; `name` where another column holds the question's id."""
    values = [getattr(row, column) for column in QUESTION_COLUMNS[1:]]
    return Question(row.id if name is None else name, *values)


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Lists of at most CHUNK ids: databases limit how many a statement takes."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
