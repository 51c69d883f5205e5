from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from armchair.rewards.metrics import agreement, ece, plot_reliability, reliability, spearman, spread


def test_agreement_worked_by_hand() -> None:
    found = agreement(torch.tensor([0.9, 0.2, 0.6, 0.5]), torch.tensor([1.0, 0.0, 0.0, 0.5]))
    assert found.answers == 4
    assert found.accuracy == pytest.approx(2 / 3)
    expected = -(math.log(0.9) + math.log(0.8) + math.log(0.4) + math.log(0.5)) / 4
    assert found.nll == pytest.approx(expected, rel=1e-5)


def test_an_undecided_prediction_counts_half_and_ties_not_at_all() -> None:
    assert agreement(torch.tensor([0.5]), torch.tensor([1.0])).accuracy == 0.5
    assert math.isnan(agreement(torch.tensor([0.9]), torch.tensor([0.5])).accuracy)


def test_ece_of_a_calibrated_and_an_overconfident_model() -> None:
    target = torch.tensor([1.0] * 75 + [0.0] * 25)
    assert ece(torch.full((100,), 0.75), target) == pytest.approx(0.0, abs=1e-6)
    assert ece(torch.full((100,), 0.95), target) == pytest.approx(0.20, abs=1e-5)


def test_reliability_bins_the_predicted_side() -> None:
    found = reliability(torch.tensor([0.02, 0.97, 0.55]), torch.tensor([0.0, 0.0, 1.0]))
    assert found.answers.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 2]  # 0.55 sits on the edge of the second bin
    assert found.confidence[9].item() == pytest.approx(0.975)
    assert found.accuracy[9].item() == 0.5
    assert math.isnan(found.accuracy[0].item())


def test_spearman_ranks_with_ties() -> None:
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert spearman(x, x.exp()) == pytest.approx(1.0)
    assert spearman(x, -x) == pytest.approx(-1.0)
    # ranks 1.5, 1.5, 3, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 · 5)
    assert spearman(torch.tensor([5.0, 5.0, 6.0, 7.0]), x) == pytest.approx(math.sqrt(0.9))


def test_spread_is_between_members() -> None:
    assert spread(torch.tensor([[0.0, 5.0], [2.0, 5.0]])) == pytest.approx(0.5)


def test_plot(tmp_path: Path) -> None:
    path = tmp_path / "reliability.png"
    plot_reliability(reliability(torch.rand(50), torch.rand(50).round()), path)
    assert path.read_bytes().startswith(b"\x89PNG")
