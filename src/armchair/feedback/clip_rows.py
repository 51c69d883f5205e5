"""Clips and questions in the database, within a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
import torch

from armchair.errors import InvalidInput, StoreError
from armchair.feedback.codec import MAX_BYTES, check_clip, decode, digest, encode
from armchair.feedback.schema import clips, get_meta, questions, set_meta
from armchair.ids import check_id
from armchair.types import Clip, Question

CHUNK = 500  # ids in one statement


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
    missing = [name for name in ids if name not in found]
    if missing:
        raise StoreError(f"there is no clip {missing[0]} in the store")
    return [found[name] for name in ids]


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


def find_question(conn: sa.Connection, name: str) -> Question | None:
    """The question of this id, or None."""
    row = conn.execute(sa.select(questions).where(questions.c.id == name)).one_or_none()
    return None if row is None else to_question(row)


def question_row(question: Question) -> dict[str, str | int | float]:
    """The columns of a question."""
    return {
        "id": question.id,
        "left_clip": question.left,
        "right_clip": question.right,
        "strategy": question.strategy,
        "policy_step": question.policy_step,
    }


def to_question(row: sa.Row[tuple[object, ...]]) -> Question:
    """A row of `questions`."""
    return Question(row.id, row.left_clip, row.right_clip, row.strategy, row.policy_step)


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Lists of at most CHUNK ids: databases limit how many a statement takes."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
