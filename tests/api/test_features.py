"""Own features: functions of what is seen that a reward looks at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import armchair
from armchair.config.teach import TeachConfig
from armchair.errors import InvalidInput
from armchair.rewards.own import OWN


def height(states: armchair.States) -> torch.Tensor:
    """Of the tool over the goal."""
    return states["tool"][..., 2] - states["goal"][..., 2]


def test_a_reward_looks_at_features_of_ones_own(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(teacher="oracle", config=short, features={"height": height}, runs=runs).finish()
    chosen = run.config.reward.chosen
    assert run.config.reward.inputs == "chosen" and "tool-goal:distance" in chosen
    assert chosen[-1] == f"{OWN}height"
    clip = next(iter(run.clips.values()))
    assert torch.isfinite(armchair.load(run.path, features={"height": height}).reward.of(clip)).all()
    program = f"import armchair; armchair.load({str(run.path)!r}).reward"
    alone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "the reward looks at height, a function of the program that began the run" in alone.stderr
    with pytest.raises(InvalidInput, match="give that as features="):
        armchair.resume(run.path)


def test_the_feature_alone_decides_where_nothing_else_could(short: TeachConfig, runs: Path) -> None:
    """The raw inputs of a fit are moved by nothing but what the feature says."""
    from armchair.rewards.relations import Relations
    from armchair.types import VisibleLayout

    armchair.teach(teacher="oracle", config=short, features={"height": height}, runs=runs)
    layout = VisibleLayout(("tool", "goal"), ())
    relations = Relations(layout, "chosen", (f"{OWN}height",))
    seen = torch.tensor([[0.0, 0.0, 0.5, 9.0, 9.0, 0.2]])
    assert relations.size == 1 and relations(seen).item() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"the height": height}, "features are functions by name"),
        ({"height": 3}, "features are functions by name"),
        ({"height": lambda states: 3.0}, "the feature height must be a tensor"),
        ({"height": lambda states: states["tool"].sum()}, "the feature height must be a tensor"),
        ({"height": lambda states: states["tool"][..., 0] / 0.0}, "height is not finite"),
        ({"height": lambda states: states["hand"]}, "unknown point or scalar 'hand'"),
    ],
)
def test_what_is_no_feature_is_said(
    features: dict[str, object], expected: str, short: TeachConfig, runs: Path
) -> None:
    with pytest.raises(InvalidInput, match=expected):
        armchair.teach(teacher="oracle", config=short, features=features, runs=runs)  # pyright: ignore
    assert not runs.exists()
