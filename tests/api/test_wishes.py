"""Wishes on top of a skill, from a program."""

from __future__ import annotations

from pathlib import Path

import pytest

import armchair
from armchair.cli import main
from armchair.errors import ArmchairError

SMALL = {"first": 4, "session": 2, "session_every": 1, "updates": 3, "film_envs": 4}
SLOWLY = "Which one moves more slowly?"


def slower(left: armchair.Clip, right: armchair.Clip) -> str:
    """The one whose tool goes less far."""
    ways = [clip["tool"].diff(dim=0).norm(dim=1).sum() for clip in (left, right)]
    return "left" if ways[0] < ways[1] else "right"


def test_a_wish_is_taught_by_a_function(
    done: armchair.Run, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = armchair.teach_wishes(done, {SLOWLY: slower}, labels=6, config=SMALL, runs=runs)
    next(iter(run))
    run.stop()
    assert main(["resume", str(run.path)]) == 2
    assert "armchair.resume(" in capsys.readouterr().err
    (name,) = run.config.wishes.asked
    gone_on = armchair.resume(run.path, teacher={name: slower}).finish()
    assert set(gone_on.answers["wish"]) == {name} == {"moves_more_slowly"}
    for row in gone_on.answers.to_dict("records"):
        assert row["choice"] == slower(gone_on.clips[row["left"]], gone_on.clips[row["right"]])
    assert set(gone_on.policy.wishes) == {name} and 0.0 <= gone_on.policy.wishes[name] <= 1.0


@pytest.mark.slow
def test_styles_are_simulated_and_weights_are_kept(done: armchair.Run, runs: Path) -> None:
    both = {"from_above": "oracle", SLOWLY: slower}
    weights = {SLOWLY: 0.3}
    run = armchair.teach_wishes(done.path, both, labels=8, weights=weights, config=SMALL, runs=runs).finish()
    assert set(run.answers["wish"]) == {"from_above", "moves_more_slowly"}
    assert run.policy.wishes["moves_more_slowly"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, "name a wish"),
        ({SLOWLY: "oracle"}, "oracle cannot read"),
        ({"from_above": "orakel"}, "did you mean 'oracle'"),
        ({SLOWLY: slower, "from_above": None}, "either people answer"),
    ],
)
def test_what_cannot_be_is_said(
    wishes: dict[str, object], expected: str, done: armchair.Run, runs: Path
) -> None:
    with pytest.raises(ArmchairError, match=expected):
        armchair.teach_wishes(done, wishes, runs=runs)  # pyright: ignore
    with pytest.raises(ArmchairError, match="weights are of wishes"):
        armchair.teach_wishes(done, {SLOWLY: slower}, weights={"fast": 1.0}, runs=runs)
    assert not runs.exists()
