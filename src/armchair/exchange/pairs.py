"""Pairs of trajectories that were compared elsewhere: made clips, questions and answers of a store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.ids import id_from
from armchair.reading.limits import ARRAYS_BYTES, IMPORT_BYTES
from armchair.store.rows.codec import digest, encode
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

ANNOTATOR = STRATEGY = "imported"
MOST_STEPS = 100_000  # of a clip


class ComparedPair(NamedTuple):
    """Two clips and which was preferred."""

    left: Clip
    right: Clip
    choice: Choice


class Imported(NamedTuple):
    """What an import found."""

    clips: int
    answers: int
    new_answers: int  # those that the store did not have yet


def import_pairs(store: Store, pairs: Iterable[ComparedPair]) -> Imported:
    """Put them into a store, all or nothing; the same ones again change nothing.

    The true reward counts as unknown. Raises InvalidInput unless all clips have one length.
    """
    clips: dict[str, Clip] = {}
    taken = 0
    questions: list[Question] = []
    answers: list[Answer] = []
    for number, (left, right, choice) in enumerate(pairs):
        for clip in (left, right):
            taken += 0 if clip.id in clips else _bytes_of(clip)
            clips[clip.id] = clip
        if taken > IMPORT_BYTES:
            raise InvalidInput(f"the clips take more than {IMPORT_BYTES} bytes: import them in several parts")
        question = id_from(hashlib.sha256(f"{number} {left.id} {right.id}".encode()).digest())
        answer = id_from(hashlib.sha256(f"{question} {choice}".encode()).digest())
        questions.append(Question(question, left.id, right.id, STRATEGY, 0))
        answers.append(Answer(answer, question, ANNOTATOR, choice, 1.0, 0.0, 0.0))
    lengths = sorted({len(clip.visible) for clip in clips.values()})
    if len(lengths) > 1:
        raise InvalidInput(
            f"the trajectories have from {lengths[0]} to {lengths[-1]} steps; clips must have one length: "
            f"say which, such as length={lengths[-1]}"
        )
    new = store.import_answers(list(clips.values()), questions, answers)
    return Imported(len(clips), len(answers), new)


def trajectory_clip(
    obs: Tensor,
    act: Tensor,
    where: str,
    *,
    length: int | None,
    frames: bytes | None = None,
    name: str | None = None,
) -> Clip:
    """A trajectory as a clip whose id follows from its contents and, where it has one, its `name`.

    obs: (L, F); act: (L, A). where: what to call it in an error. length: steps to bring it to. Its reward is
    zeros. Raises InvalidInput for other shapes and for numbers that are not finite.
    """
    if obs.ndim != 2 or act.ndim != 2 or len(obs) != len(act) or not obs.numel():
        raise InvalidInput(f"{where} must hold (L, F) and (L, A), got {(*obs.shape,)} and {(*act.shape,)}")
    if length is not None and not 1 <= length <= MOST_STEPS:
        raise InvalidInput(f"length must be from 1 to {MOST_STEPS}, got {length}")
    taken = (length or len(obs)) * (obs.shape[1] + act.shape[1] + 1) * 4
    if taken > ARRAYS_BYTES:
        raise InvalidInput(f"{where} would take {taken} bytes as a clip, at most {ARRAYS_BYTES}")
    obs, act = obs.detach().to(torch.float32), act.detach().to(torch.float32)
    if not (bool(obs.isfinite().all()) and bool(act.isfinite().all())):
        raise InvalidInput(f"{where} has numbers that are not finite")
    if length is not None:
        obs, act = _fit(obs, length), _fit(act, length)
    unnamed = Clip("", obs, act, torch.zeros(len(obs)), None, frames, 0, 0, 0)
    contents = digest(encode(unnamed), frames)
    if name is not None:
        contents = hashlib.sha256(contents + name.encode()).digest()
    return unnamed._replace(id=id_from(contents))


def _bytes_of(clip: Clip) -> int:
    arrays = 4 * (clip.visible.numel() + clip.action.numel() + clip.reward.numel())
    return arrays + len(clip.frames or b"")


def _fit(values: Tensor, length: int) -> Tensor:
    """The last `length` rows, or all of them and then the last one again and again."""
    missing = max(0, length - len(values))
    return torch.cat((values[-length:], values[-1:].expand(missing, -1)))
