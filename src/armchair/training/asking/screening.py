"""What of a run's candidate pairs is put to those who may err: see `armchair.feedback.screening`."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.envs.spec import TaskSpec
from armchair.feedback.screening import Pairs, screen
from armchair.feedback.teachers import Teacher
from armchair.feedback.viewer import QUARTILE, Eyesight, Sight, difference
from armchair.rollout.clips import CandidatePairs
from armchair.store.store import Store
from armchair.types import VisibleLayout

EYES = Eyesight()  # of whoever answers: how well they see is not known


class Screening:
    """Remembers what was asked; all that matters of it is in the store, so a resumed run goes on exactly."""

    def __init__(
        self, spec: TaskSpec, layout: VisibleLayout, store: Store, teacher: Teacher | None, least: float = 1.0
    ) -> None:
        """teacher: None where people answer. least: by how many JNDs clips must differ."""
        self._store, self._spec, self._least = store, spec, QUARTILE * least
        self._never = teacher is not None and not teacher.params.errs
        sight = Sight(layout.points, spec.cues)
        self._sight = sight if spec.cues and (teacher is None or teacher.by_task) else None
        self._clips: dict[str, Tensor] = {}  # what is visible in those that were asked about

    def sift(self, pairs: CandidatePairs, count: int) -> CandidatePairs:
        """Those worth asking about, at least `count` if there are as many; all of them for an oracle."""
        if self._never or not len(pairs.left):
            return pairs
        given = Pairs(pairs.left, pairs.right)
        return pairs.select(screen(given, self._asked(given), self._told(given), count))

    def _told(self, pairs: Pairs) -> Tensor | None:
        """How far clips differ by what the task is about, over what they must; None for another wish."""
        question = self._store.board.settings().question
        if not self._least or self._sight is None or question not in ("", self._spec.question):
            return None
        return difference(self._sight, pairs.left, pairs.right, EYES).abs() / self._least

    def _asked(self, like: Pairs) -> Pairs:
        """The questions that wait or were answered."""
        found = [(question.left, question.right) for question in self._store.put()]
        names = dict.fromkeys(name for pair in found for name in pair if name not in self._clips)
        self._clips |= {clip.id: clip.visible for clip in self._store.clips(list(names))}
        none = like.left[:0]
        left, right = ([self._clips[pair[side]] for pair in found] for side in (0, 1))
        return Pairs(torch.stack(left), torch.stack(right)) if found else Pairs(none, none)
