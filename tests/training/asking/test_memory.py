"""What the arm did before is among what may be asked about, if it is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from armchair.config.read import as_yaml, load_config, with_flags
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.rollout.clips import CandidatePairs
from armchair.runs.folder import RunDir
from armchair.training.asking.screening import Screening
from armchair.training.setup import teach

COPIES = 6
FEW = {
    "queries.film_envs": COPIES,
    "queries.first": 6,
    "queries.labels": 30,
    "schedule.session": 4,
    "schedule.session_every": 1,
    "schedule.updates": 8,
    "evaluation.every": 100,
}


@pytest.mark.parametrize(("memory", "remembers"), [(3, False), (12, True)])
def test_pairs_are_cut_from_what_is_remembered(
    memory: int, remembers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[CandidatePairs] = []
    sift = Screening.sift

    def watched(screening: Screening, pairs: CandidatePairs, count: int) -> CandidatePairs:
        offered.append(pairs)
        return sift(screening, pairs, count)

    monkeypatch.setattr(Screening, "sift", watched)
    config = with_flags(load_config("smoke"), {**FEW, "queries.memory": memory})
    run = RunDir.create(tmp_path, "run", as_yaml(config))
    list(teach(config, run, make_teacher("mistake", {"mistake": 0.1}, generator(0, "teacher"))))
    films = len(offered)
    assert films > 5
    last = offered[-1]
    latest = COPIES * (films - 3)  # the first episode of the three latest films
    old = (last.left_at.number < latest) | (last.right_at.number < latest)
    assert bool(old.any()) == remembers
    assert old.float().mean() < 0.4, "most pairs are about what the arm does now"
