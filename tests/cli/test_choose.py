"""`armchair choose`, `--wish-weight`, and every command that loads a policy, of one that has wishes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from armchair.agents.choosing import weights_of
from armchair.agents.saved import load_policy
from armchair.cli import main
from armchair.cli.training import policy_to_continue
from armchair.playback import replay_html
from armchair.runs.curve import Curve, Row, read_curve, write_curve
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
Give = Callable[..., None]
FEW = ("--episodes", "6", "--num-envs", "6")


@pytest.fixture
def two(wished: RunDir, taught: RunDir, give_wishes: Give) -> RunDir:
    """The same with two wishes."""
    shutil.rmtree(wished.path)
    shutil.copytree(taught.path, wished.path)
    give_wishes(wished, ("carry_high", "smooth"))
    return wished


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_curve_is_a_table_with_what_is_chosen(wished: RunDir, capsys: Capture) -> None:
    assert main(["choose", str(wished.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'carry_high: "Which one does carry_high more?"'
    assert lines[1].split() == ["carry_high", "task", "done", "success", "reward", "of", "carry_high"]
    cells = [line.split() for line in lines[2:-1]]
    assert cells == [
        ["0", "100.0%", "?", "0.000"],
        ["0.3", "100.0%", "?", "0.548"],
        ["chosen", "0.6", "90.0%", "?", "0.775"],
        ["1", "50.0%", "?", "1.000"],
    ]
    assert lines[-1] == "chosen: carry_high 0.6"


def test_a_weight_is_set_and_shown_between_what_was_measured(wished: RunDir, capsys: Capture) -> None:
    assert main(["choose", str(wished.path), "--wish-weight", "0.8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["chosen,", "about", "0.8", "70.0%", "?", "0.887"] in [line.split() for line in lines]
    assert lines[-1] == "chosen now: carry_high 0.8"
    assert weights_of(wished) == {"carry_high": 0.8}
    curve = read_curve(wished)
    assert curve is not None and curve.chosen == (0.8,)
    assert main(["choose", str(wished.path), "--json"]) == 0
    told = summary(capsys)
    assert told["chosen"] == {"carry_high": 0.8} and told["wishes"] == ["carry_high"]
    assert isinstance(told["rows"], list) and len(told["rows"]) == 4
    assert main(["doctor", str(wished.path)]) == 0, capsys.readouterr().out


def test_of_several_wishes_one_is_named(two: RunDir, capsys: Capture) -> None:
    assert main(["choose", str(two.path), "--wish-weight", "smooth=1", "carry_high=0"]) == 0
    assert "chosen now: carry_high 0, smooth 1" in capsys.readouterr().out
    assert main(["choose", str(two.path), "--wish-weight", "0.5"]) == 2
    assert "write carry_high=0.5" in capsys.readouterr().err
    assert weights_of(two) == {"carry_high": 0.0, "smooth": 1.0}


def test_a_run_without_a_curve_and_one_with_that_of_others(wished: RunDir, capsys: Capture) -> None:
    (wished.path / "curve.json").unlink()
    assert main(["choose", str(wished.path), "--wish-weight", "carry_high=0.5"]) == 0
    assert "no curve yet" in capsys.readouterr().out and weights_of(wished) == {"carry_high": 0.5}
    write_curve(wished, Curve(("soft",), ("Softer?",), (0.5,), (Row((0.5,), 1.0, 1.0, (0.0,)),)))
    assert main(["choose", str(wished.path)]) == 2
    assert "has a curve of soft, its policy has carry_high" in capsys.readouterr().err


BAD = [
    (["1.2"], "the weight of carry_high is a number from 0 to 1, got 1.2"),
    (["-1"], "from 0 to 1"),
    (["carry_high=nan"], "from 0 to 1, got nan"),
    (["carry_high=much"], "a number from 0 to 1, got 'much'"),
    (["carry_hgih=0.5"], "did you mean 'carry_high'"),
    (["0.5", "carry_high=0.6"], "names carry_high twice"),
    (["=0.5"], "unknown wish ''"),
]


@pytest.mark.parametrize("command", ["choose", "evaluate", "play"])
@pytest.mark.parametrize(("words", "hint"), BAD)
def test_bad_weights_are_one_line_and_exit_2(
    wished: RunDir, command: str, words: list[str], hint: str, capsys: Capture
) -> None:
    given = [f"--wish-weight={words[0]}"] if words[0].startswith("-") else ["--wish-weight", *words]
    assert main([command, str(wished.path), *given]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert hint in line


@pytest.mark.parametrize("command", ["choose", "evaluate", "play"])
def test_a_policy_without_wishes_takes_no_weights(taught: RunDir, command: str, capsys: Capture) -> None:
    assert main([command, str(taught.path), "--wish-weight", "0.5"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "has no wishes to weigh: runs of `armchair teach --wish` have" in line


@pytest.mark.parametrize("words", [["reach"], ["reach", "--policy", "random"]])
def test_nor_do_policies_that_nobody_taught(words: list[str], capsys: Capture) -> None:
    assert main(["play", *words, "--wish-weight", "0.5"]) == 2
    assert "goes with a run's policy" in capsys.readouterr().err


@pytest.mark.slow
def test_a_weight_for_once_changes_what_is_measured_and_nothing_else(wished: RunDir, capsys: Capture) -> None:
    returns = {}
    for words in ([], ["--wish-weight", "0.6"], ["--wish-weight", "carry_high=0"]):
        assert main(["evaluate", str(wished.path), *FEW, *words, "--json"]) == 0
        told = summary(capsys)
        returns[str(words)] = (told["return"], told["weights"])
    chosen, same, other = returns.values()
    assert chosen == same and chosen[1] == {"carry_high": 0.6}
    assert other[1] == {"carry_high": 0.0} and other[0] != chosen[0]
    assert weights_of(wished) == {"carry_high": 0.6}


def test_play_acts_by_the_weight_that_is_typed(
    wished: RunDir, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_html, "template", lambda: f"<p>{replay_html.PLACE}</p>")
    poses = []
    for weight in ("0", "1"):
        file = tmp_path / f"{weight}.html"
        assert main(["play", str(wished.path), "--html", str(file), "--wish-weight", weight, "--json"]) == 0
        assert summary(capsys)["weights"] == {"carry_high": float(weight)}
        data = json.loads(file.read_text().removeprefix("<p>").removesuffix("</p>"))
        assert data["caption"].endswith(f", carry_high {weight}")
        poses.append(data["clips"][0]["poses"])
    assert poses[0] != poses[1]


def test_the_policy_is_exported_at_the_chosen_weights(two: RunDir, tmp_path: Path, capsys: Capture) -> None:
    assert main(["choose", str(two.path), "--wish-weight", "smooth=0.1"]) == 0
    out = tmp_path / "lifting"
    assert main(["export", str(two.path), "--policy", str(out), "--json"]) == 0
    assert summary(capsys)["weights"] == {"carry_high": 0.6, "smooth": 0.1}
    (whole, _), (plain, info) = load_policy(two), load_policy(RunDir.open(out))
    assert info.wishes == () and plain.net.actor.sizes[0] == info.obs_dim
    obs = torch.randn(20, info.obs_dim)
    torch.testing.assert_close(plain.net.best(obs), whole.net.best(obs))
    saved = {path.name for path in (out / "checkpoints").iterdir()}
    assert saved == {"policy.json", "policy.safetensors"}
    about = json.loads((out / "checkpoints" / "policy.json").read_text())
    assert about["weights"] == {"carry_high": 0.6, "smooth": 0.1}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert main(["export", str(two.path), "--policy", str(out)]) == 2
    assert "is there already: name a new folder" in capsys.readouterr().err
    assert main(["play", str(out), "--json"]) == 0
    assert "weights" not in summary(capsys)
    assert main(["evaluate", str(out), *FEW, "--json"]) == 0


def test_another_program_acts_by_the_words_of_the_docs(wished: RunDir, tmp_path: Path) -> None:
    """With NumPy alone, as docs/data.md says it."""
    out = tmp_path / "lifting"
    assert main(["export", str(wished.path), "--policy", str(out)]) == 0
    held = load_file(out / "checkpoints" / "policy.safetensors")
    obs = np.random.default_rng(0).normal(size=(20, len(held["net.normaliser.mean"])))
    x = (obs - held["net.normaliser.mean"]) / np.sqrt(held["net.normaliser.var"] + 1e-6)
    x, k = x.clip(-10, 10), 0
    while f"net.actor.{k}.weight" in held:
        x = x if k == 0 else np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
        x, k = x @ held[f"net.actor.{k}.weight"].T + held[f"net.actor.{k}.bias"], k + 1
    best = load_policy(wished)[0].net.best(torch.tensor(obs, dtype=torch.float32))
    np.testing.assert_allclose(x.clip(-1, 1), best.numpy(), atol=1e-4)


def test_the_policy_of_any_run_is_exported(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    assert main(["export", str(taught.path), "--policy", str(tmp_path / "out")]) == 0
    assert "the policy written to" in capsys.readouterr().out
    obs = torch.randn(5, load_policy(taught)[1].obs_dim)
    before, after = (load_policy(RunDir.open(path))[0].net for path in (taught.path, tmp_path / "out"))
    assert torch.equal(before.best(obs), after.best(obs))
    assert main(["export", str(taught.path), "--policy", "a", "--out", "b"]) == 2
    assert "one of --out FOLDER, --policy FOLDER" in capsys.readouterr().err


COMMANDS = {
    "evaluate": ["{run}", *FEW],
    "relearn": ["{run}", *FEW, "--relearn"],
    "play": ["{run}"],
    "play by name": ["reach", "--policy", "{run}"],
    "compare": ["--config", "smoke", "--steps", "256", "--seeds", "1", "--run", "{run}", "--runs", "{new}"],
    "train": ["reach", "--policy", "{run}", "--steps", "64", "--num-envs", "4", "--runs", "{new}"],
    "train on its reward": [
        "reach",
        "--reward",
        "{run}",
        "--steps",
        "64",
        "--num-envs",
        "4",
        "--runs",
        "{new}",
    ],
    "export": ["{run}", "--out", "{new}"],
    "backup": ["{run}", "--backup", "{new}"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_loads_a_policy_takes_one_with_wishes(
    wished: RunDir, name: str, tmp_path: Path, capsys: Capture
) -> None:
    words = [word.format(run=wished.path, new=tmp_path / "new") for word in COMMANDS[name]]
    command = {"relearn": "evaluate", "backup": "export"}.get(name, name.split()[0])
    assert main([command, *words, "--json"]) == 0, capsys.readouterr().err
    assert summary(capsys)["command"] == command


@pytest.mark.slow
@pytest.mark.gl
def test_it_is_filmed_too(wished: RunDir, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "lift.mp4"
    assert main(["play", str(wished.path), "--video", str(file), "--size", "64", "--json"]) == 0
    assert summary(capsys)["weights"] == {"carry_high": 0.6} and file.stat().st_size > 1000


def test_training_goes_on_from_the_policy_at_its_weights(wished: RunDir) -> None:
    """What is trained on has no wishes; it begins as what was chosen, which a weight of 0 is not."""
    agent = policy_to_continue(wished.path, "reach")[0]
    whole, obs = load_policy(wished)[0].net, torch.randn(50, agent.net.obs_dim)
    assert not len(agent.net.weights)
    torch.testing.assert_close(agent.net.best(obs), whole.best(obs))
    torch.testing.assert_close(agent.net.value(obs), whole.value(obs))
    whole.weights.zero_()
    assert not torch.allclose(agent.net.best(obs), whole.best(obs), atol=0.05)
