"""`armchair look`: the table, the configuration that teaching takes, the picture, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.config.read import load_config

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "envs" / "foreign" / "points"))
    monkeypatch.chdir(tmp_path)


def test_what_it_proposes_can_be_taught(tmp_path: Path, capsys: Capture) -> None:
    assert main(["look", "arms_with_points:hand", "--output", "mine.yaml"]) == 0
    out = capsys.readouterr().out
    assert "hand    0     -   " in out and "goal    7     -   0.000 to 0.000" in out
    assert "scalar    from  is  lies between" in out and "number_3  3     -   -0.9" in out
    assert "no picture: render_mode must be 'rgb_array'" in out
    assert "`armchair teach arms_with_points:hand --config mine.yaml` goes on from here" in out
    config = load_config("mine.yaml")
    assert config.task == "arms_with_points:hand"
    assert config.env.points == {"hand": 0, "object": 4, "goal": 7}
    assert config.env.scalars == {"number_3": 3}
    assert not (tmp_path / "points.png").exists()


@pytest.mark.gl
def test_the_picture_of_a_model(tmp_path: Path, capsys: Capture) -> None:
    assert main(["look", "arms_with_points:mjcf", "--picture", "seen.png", "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["points"] == {"hand": "site:grip", "goal": "site:goal"}
    assert told["picture"] == "seen.png"
    assert told["goal_observed"] is False
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")
    assert "sites: grip, goal" in captured.err
    assert "points: {hand: 'site:grip', goal: 'site:goal'}\n  differences: true" in captured.err


def test_an_environment_without_a_model_gives_its_own_picture(tmp_path: Path, capsys: Capture) -> None:
    assert main(["look", "arms_with_points:drawn", "--picture", "seen.png"]) == 0
    assert "\npicture: seen.png" in capsys.readouterr().out
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_declared_points_are_looked_at(capsys: Capture) -> None:
    assert main(["look", "arms_with_points:hand", "--points", "hand=0", "far=7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["points"] == {"hand": 0, "far": 7}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["reach"],
            "reach is not of the form gymnasium:ID or module:factory; armchair's own tasks have points",
        ),
        (["arms_with_points:hand", "--points", "hand=9"], "env.points.hand asks for the numbers 9, 10, 11"),
        (["arms_with_points:hand", "--points", "hand"], "--points takes NAME=SOURCE"),
        (["arms_with_points:foot"], "'arms_with_points' has no function 'foot'"),
        (["arms_with_points:hand", "--output", "none/mine.yaml"], "there is no folder"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line(argv: list[str], message: str, capsys: Capture) -> None:
    assert main(["look", *argv]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
