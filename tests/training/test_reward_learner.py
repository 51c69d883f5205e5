"""The reward model of a run, and what is said of answers that teach little."""

from __future__ import annotations

import pytest
import torch

from armchair.config.teach import TeachConfig
from armchair.training.reward_learner import RewardLearner
from armchair.types import PreferenceBatch, VisibleLayout


def answers(ties: int, of: int) -> PreferenceBatch:
    clips = torch.randn(2, of, 5, 6, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([0.5] * ties + [1.0] * (of - ties))
    no = torch.zeros(of, dtype=torch.bool)
    return PreferenceBatch(clips[0], clips[1], target, torch.ones(of), no, torch.arange(of))


def test_first_answers_that_are_mostly_ties_are_told_of_once(
    short: TeachConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    learner = RewardLearner(short, VisibleLayout(("hand", "goal"), ()))
    learner.fit(answers(4, 6), 1, 0)
    learner.fit(answers(6, 6), 2, 0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("armchair: 4 of the first 6 answers are ties") and "queries.clip_length" in line


def test_half_of_them_may_be_ties(short: TeachConfig, capsys: pytest.CaptureFixture[str]) -> None:
    RewardLearner(short, VisibleLayout(("hand", "goal"), ())).fit(answers(3, 6), 1, 0)
    assert not capsys.readouterr().err
