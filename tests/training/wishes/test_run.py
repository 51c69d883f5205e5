"""A run of wishes through the command, small: what it leaves, what it keeps, and that it goes on the same."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest
import torch

from armchair.agents.saved import load_policy
from armchair.cli import main
from armchair.runs.checkpoint import newest
from armchair.runs.curve import read_curve
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.described import open_run
from armchair.training.setup import teach

SMALL = ("--labels", "8", "--updates", "4")


def wish(skill: Path, runs: Path, *more: str) -> RunDir:
    """Teach wishes of a simulated teacher. -> the run."""
    command = ["teach", "--policy", str(skill), "--teacher", "oracle", *SMALL, "--runs", str(runs), *more]
    assert main(command) == 0
    return RunDir.open(runs / "reach-001")


@pytest.mark.slow
def test_a_run_of_two_wishes_leaves_all_that_is_needed_of_it(skill: Path, tmp_path: Path) -> None:
    """Questions of either wish, a policy with two weights, the curve, and the skill itself."""
    run = wish(skill, tmp_path, "--style", "smooth", "left_of_goal", "--wish-weight", "smooth=0.3")
    with Store.open(run.store) as store:
        assert [one.name for one in store.wishes()] == ["smooth", "left_of_goal"]
        asked = {name: store.counts(wish=name).asked for name in ("smooth", "left_of_goal")}
        assert sum(asked.values()) == store.counts().asked == 8 and min(asked.values()) >= 3
        assert not len(store.preferences(wish=None).target), "nothing is said of the skill"
    agent, info = load_policy(run)
    curve = read_curve(run)
    assert info.wishes == ("smooth", "left_of_goal") and curve is not None
    assert curve.questions[0] == "Which one moves more smoothly?" and curve.chosen[0] == pytest.approx(0.3)
    torch.testing.assert_close(agent.net.weights, torch.tensor(curve.chosen))
    told = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    assert told["weights"] == dict(zip(curve.wishes, curve.chosen, strict=True))
    assert told["success"] in [row.success for row in curve.rows] and told["return"] is None
    assert curve.rows[0].weights == (0.0, 0.0) and 0.0 <= curve.rows[0].done <= 1.0
    own = (run.path / "skill" / "checkpoints" / "reward.safetensors").read_bytes()
    assert own == (skill / "checkpoints" / "reward.safetensors").read_bytes()
    assert main(["evaluate", str(run.path), "--episodes", "4", "--wish-weight", "smooth=0"]) == 0


def test_it_goes_on_the_same_where_it_was_stopped_and_needs_no_other_folder(
    skill: Path, tmp_path: Path
) -> None:
    """Stopped in the middle, with the skill's own run gone: every tensor is as without the stop."""
    elsewhere = tmp_path / "skills" / "reach-001"
    shutil.copytree(skill, elsewhere)
    whole = wish(elsewhere, tmp_path / "whole", "--style", "slow_start")
    parts = tmp_path / "parts"
    parts.mkdir()
    run = RunDir.create(parts, "reach", whole.config())
    config, teacher = open_run(run)
    going = teach(config, run, teacher)
    list(itertools.islice(going, 3))
    going.close()
    shutil.rmtree(elsewhere)
    assert main(["resume", str(run.path)]) == 0
    states = [newest(one) for one in (whole, run)]
    one, other = (state.load("state")[0] for state in states if state is not None)
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    assert not different, different
    assert read_curve(run) == read_curve(whole)


@pytest.mark.slow
def test_a_wish_on_a_wish_begins_at_the_chosen_weights(skill: Path, tmp_path: Path) -> None:
    """What was wished before stays in the policy; the skill's reward is still the skill's."""
    first = wish(skill, tmp_path / "first", "--style", "smooth", "--wish-weight", "1")
    second = wish(first.path, tmp_path / "second", "--style", "left_of_goal")
    assert load_policy(second)[1].wishes == ("left_of_goal",)
    kept = second.path / "skill" / "checkpoints" / "reward.safetensors"
    assert kept.read_bytes() == (skill / "checkpoints" / "reward.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--wish", "Which one is nicer?"], "oracle cannot read"),
        (["--style", "smoth"], "smooth"),
        (["--style", "smooth", "--style-weight", "1"], "two steps"),
        (["--style", "smooth", "--wish-weight", "2"], "from 0 to 1"),
        (["--style", "smooth", "--wish-weight", "calm=0.5"], "smooth"),
        (["--style", "smooth", "--demos", "scripted:3"], "a folder in which somebody shows"),
        (["--style", "smooth", "slow_start", "--demos", "some"], "one wish"),
        (["--style", "smooth", "--demos", "no/such"], "a folder of demonstrations"),
        (["--style", "carry_high"], "block_a"),
        (["--style", "smooth", "--config", "push"], "--config"),
        (["push", "--style", "smooth"], "run of reach"),
        (["--wish-weight", "0.5"], "--wish-weight"),
        (["--style", "smooth", "--clip", "week"], "moment, usual, episode"),
        (["--style", "smooth", "--clip", "51"], "at most 50"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    skill: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, a line that says what would have been right, and no run."""
    runs = tmp_path / "runs"
    task = [words.pop(0)] if not words[0].startswith("-") else []
    command = ["teach", *task, "--policy", str(skill), "--teacher", "oracle", "--runs", str(runs), *words]
    assert main(command) == 2
    told = capsys.readouterr().err.strip()
    assert said in told and "\n" not in told, told
    assert not runs.exists()


def test_a_wish_needs_a_skill_that_has_learned_a_reward(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a policy the line says the two steps; a run of `armchair train` has no reward to keep."""
    assert main(["teach", "reach", "--wish", "Which one is calmer?", "--runs", str(tmp_path)]) == 2
    assert "armchair teach reach` first" in capsys.readouterr().err
    assert main(["train", "reach", "--steps", "500", "--runs", str(tmp_path)]) == 0
    policy = next(tmp_path.iterdir())
    assert main(["teach", "--policy", str(policy), "--wish", "Which one is calmer?"]) == 2
    assert "no reward model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("wishes: {asked: {smooth: 'Which one moves more smoothly?'}}", "wishes.asked needs policy"),
        ("wishes: {weights: {smooth: 2}}", "wishes.weights.smooth must be a number from 0 to 1, got 2"),
        ("wishes: {asked: smooth}", "wishes.asked must be {smooth: 'Which one moves more smoothly?'}"),
    ],
)
def test_a_file_that_asks_for_wishes_wrongly_is_one_line(
    more: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would have been right, before there is a run."""
    file = tmp_path / "mine.yaml"
    file.write_text(f"task: reach\n{more}\n", encoding="utf-8")
    command = ["teach", "--config", str(file), "--teacher", "oracle", "--runs", str(tmp_path / "runs")]
    assert main(command) == 2
    told = capsys.readouterr().err.strip()
    assert said in told and "\n" not in told, told
    assert not (tmp_path / "runs").exists()
