"""Clips and questions in the database, within a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from armchair.errors import InvalidInput, StoreError
from armchair.ids import check_id
from armchair.store.rows.codec import MAX_BYTES, check_clip, check_digest, decode, digest, encode, read_head
from armchair.store.schema import clips, get_meta, questions, set_meta
from armchair.types import Clip, Question

CHUNK = 500  # ids in one statement
HEAD = 4096  # bytes at the beginning of a clip's arrays that surely hold their header


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
    for clip in given:
        check_clip(clip)
        _check_shape(conn, clip)
        arrays = encode(clip)
        sha256 = digest(arrays, clip.frames).hex()
        known = conn.execute(sa.select(clips.c.sha256).where(clips.c.id == clip.id)).scalar_one_or_none()
        if known is None:
            conn.execute(
                clips.insert().values(
                    id=clip.id,
                    arrays=arrays,
                    frames=clip.frames,
                    sha256=sha256,
                    policy_step=clip.policy_step,
                    episode=clip.episode,
                    start=clip.start,
                    reward_known=reward_known,
                )
            )
        elif known != sha256:
            raise StoreError(f"another clip already has the id {clip.id}: give every clip an id of its own")


def _check_shape(conn: sa.Connection, clip: Clip) -> None:
    """All clips of a store have one length and one width, so that they can be compared and stacked."""
    shape = tuple(clip.visible.shape)
    kept = stored_shape(conn)
    if kept is None:
        set_meta(conn, "clip_length", str(shape[0]))
        set_meta(conn, "visible_dim", str(shape[1]))
    elif kept != shape:
        raise InvalidInput(
            f"clip {clip.id} has {shape[0]} steps of {shape[1]} visible numbers; the clips of this store "
            f"have {kept[0]} steps of {kept[1]}: cut clips of that length, or begin a new store"
        )


def stored_shape(conn: sa.Connection) -> tuple[int, int] | None:
    """Length and visible width of the store's clips, or None before the first."""
    length, width = get_meta(conn, "clip_length"), get_meta(conn, "visible_dim")
    return None if length is None or width is None else (int(length), int(width))


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
            none = torch.empty(0)
            empty = Clip(row.id, none, none, none, None, row.frames, row.policy_step, row.episode, row.start)
            found[row.id] = decode(empty, row.arrays, row.sha256)
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
    _check_found([name], [] if row is None else [name])
    assert row is not None
    check_digest(name, row.arrays, row.frames, row.sha256)
    head = read_head(name, row.arrays)
    poses = bytes(row.arrays[head.begin : head.end]) if head.bodies else None
    film = None if row.frames is None else bytes(row.frames)
    return Replay(head.steps, head.bodies, poses, film, row.policy_step, row.episode, row.start)


def _check_found(ids: Sequence[str], found: Container[str]) -> None:
    missing = next((name for name in ids if name not in found), None)
    if missing is not None:
        raise StoreError(f"there is no clip {missing} in the store")


def rewards_known(conn: sa.Connection, ids: Sequence[str]) -> bool:
    """Whether the true reward of all these clips is known; imported ones have zeros in its place."""
    for chunk in chunks(dict.fromkeys(ids)):
        unknown = sa.select(clips.c.id).where(clips.c.id.in_(chunk), ~clips.c.reward_known).limit(1)
        if conn.execute(unknown).first() is not None:
            return False
    return True


def insert_questions(conn: sa.Connection, given: Iterable[Question], priority: float) -> None:
    """Store questions; the same one again is harmless and open again if it was retired."""
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
            row = question_row(question) | {"priority": priority, "state": "open"}
            conn.execute(questions.insert().values(row))
        elif (known.left, known.right) != pair:
            raise StoreError(f"another question already has the id {question.id}")
        else:
            conn.execute(questions.update().where(questions.c.id == question.id).values(state="open"))


_QUESTION = sa.select(questions).where(questions.c.id == sa.bindparam("this"))  # made once


def find_question(conn: sa.Connection, name: str) -> Question | None:
    """The question of this id, or None."""
    row = conn.execute(_QUESTION, {"this": name}).one_or_none()
    return None if row is None else to_question(row)


def question_row(question: Question) -> dict[str, str | int | float | None]:
    """The columns of a question."""
    return {
        "id": question.id,
        "left_clip": question.left,
        "right_clip": question.right,
        "strategy": question.strategy,
        "policy_step": question.policy_step,
        "guess": question.guess,
        "repeat_of": question.repeat_of,
        "only_for": question.only_for,
    }


def to_question(row: sa.Row[tuple[object, ...]], name: str | None = None) -> Question:
    """A row of `questions`; `name` where another column holds the question's id."""
    return Question(
        row.id if name is None else name,
        row.left_clip,
        row.right_clip,
        row.strategy,
        row.policy_step,
        row.guess,
        row.repeat_of,
        row.only_for,
    )


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Lists of at most CHUNK ids: databases limit how many a statement takes."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
