from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.config.read import load_config, with_flags
from armchair.feedback.teachers import make_teacher
from armchair.feedback.viewer import Sight
from armchair.maths import generator
from armchair.store.store import Store
from armchair.training.asking import querying
from armchair.training.setup import make_trainer


def test_questions_are_asked_where_somebody_who_looks_can_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all pairs but the first two of each film beyond telling apart, those two are asked about."""
    torch.set_num_threads(1)
    firsts: list[Tensor] = []

    def errors(sight: Sight, left: Tensor, right: Tensor) -> Tensor:
        assert {cue.point for cue in sight.cues} <= set(sight.points)
        firsts.extend(left[:2])
        return torch.where(torch.arange(len(left)) < 2, 0.0, 0.5)

    monkeypatch.setattr(querying, "error_rate", errors)
    flags = {"queries.strategy": "information", "queries.random_share": 0.0, "queries.labels": 12}
    flags |= {"queries.first": 4, "schedule.session": 2, "schedule.session_every": 2, "schedule.updates": 6}
    config = with_flags(load_config("smoke"), {**flags, "evaluation.every": 100})
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(config, store, make_teacher("oracle", {}, generator(0, "teacher")))
        list(trainer.run())
        trainer.envs.close()
        asked = store.records(strategy="information")
        names = [(record.question.left, record.question.right) for record in asked]
        shown = [clip.visible for pair in names for clip in store.clips(pair)]
    assert len(asked) >= 4
    hits = sum(any(torch.equal(clip, first) for first in firsts) for clip in shown)
    assert hits >= len(asked), "one clip of each pair is the left one of a pair that can be told apart"
