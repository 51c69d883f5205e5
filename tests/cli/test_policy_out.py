"""`armchair export --policy` for other programs, its model card, and `armchair play FILE.onnx`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import onnxruntime
import pytest
import torch
import yaml

from armchair.agents.saved import load_policy
from armchair.cli import main
from armchair.cli.playing.args import Args
from armchair.cli.playing.cast import choose
from armchair.cli.playing.live import about, actor_of, run_of
from armchair.exchange.deploy.playing import OnnxPolicy
from armchair.offers import extras
from armchair.playback.live import Stage, check_live
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.fixture(scope="module")
def out(taught: RunDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that was exported."""
    folder = tmp_path_factory.mktemp("policies") / "out"
    assert main(["export", str(taught.path), "--policy", str(folder)]) == 0
    return folder


def test_the_folder_has_what_others_run(out: Path, taught: RunDir) -> None:
    files = {path.name for path in out.iterdir()}
    assert files == {
        *("README.md", "policy.onnx", "policy.pt2", "policy.safetensors", "reward.onnx"),
        *("config.yaml", "checkpoints"),
    }
    obs = torch.randn(100, load_policy(taught)[1].obs_dim)
    best = load_policy(taught)[0].net.best(obs)
    torch.testing.assert_close(OnnxPolicy(out / "policy.onnx")(obs), best, atol=1e-5, rtol=0)
    texts = onnxruntime.InferenceSession(out / "policy.onnx").get_modelmeta().custom_metadata_map
    assert texts["joint_names"].split(",")[0] == "link1"
    assert texts["action_scale"] == "0.03,0.03,0.03,1"


def test_the_card_tells_what_is_known_and_its_code_runs(out: Path) -> None:
    _, head, text = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert yaml.safe_load(head)["library_name"] == "armchair"
    for told in ("| Answers | 6 |", "at the end of 8 episodes", "`reach`", "simulation only"):
        assert told in text, told
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    ran = subprocess.run([sys.executable, "-c", code], cwd=out, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "reach tool 20.0 Hz" in ran.stdout and "(1, 4)" in ran.stdout


def test_it_plays_as_the_run_does(out: Path, taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    seen: list[dict[str, object]] = []
    for what in (str(out / "policy.onnx"), str(taught.path), str(out)):
        assert main(["play", what, "--episodes", "3", "--seed", "4", "--json"]) == 0
        seen.append(summary(capsys))
    assert len({(one["success"], one["env_steps"], one["task"]) for one in seen}) == 1
    replay = tmp_path / "replay.html"
    assert main(["play", "reach", "--policy", str(out / "policy.onnx"), "--html", str(replay)]) == 0
    assert b"Episode 1" in replay.read_bytes()


def test_it_plays_live(out: Path) -> None:
    args = Args(what=str(out / "policy.onnx"))
    cast = choose(args)
    env = check_live(cast.spec.name, cast.spec.make(1, cast.config, seed=0))
    stage = Stage(env, actor_of(cast, env, 0), 0)
    assert about(cast, env)["source"] == "policy.onnx" and run_of(cast) is None
    before = env.state.joint_pos.clone()
    for _ in range(5):
        stage.step()
    assert not torch.equal(env.state.joint_pos, before)
    env.close()


@pytest.mark.slow
@pytest.mark.gl
def test_it_is_filmed(out: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert main(["play", str(out / "policy.onnx"), "--video", str(film), "--size", "64"]) == 0
    assert film.stat().st_size > 1000


@pytest.mark.skipif(find_spec("pybullet") is None, reason="PyBullet is not installed")
def test_it_plays_on_the_other_engine(out: Path, capsys: Capture) -> None:
    assert main(["play", str(out / "policy.onnx"), "--engine", "bullet", "--json"]) == 0
    assert summary(capsys)["engine"] == "bullet"


WRONG = {
    "play {out}/reward.onnx": "is no policy, it holds 'armchair-reward-onnx-1'",
    "play {out}/none.onnx": "cannot be read: No such file",
    "play {out}/policy.onnx --policy random": "is a policy already: leave out --policy random",
    "play push --policy {out}/policy.onnx": "has learnt reach, not push",
    "play {out}/policy.onnx --control joint": "has learnt with --control tool",
    "play {out}/policy.onnx --wish-weight 0.4": "has no wishes to weigh",
    "export {run} --out x --push hub:ann/x": "--push and --open-weights go with --policy FOLDER",
    "export {run} --policy {new} --open-weights": "has no wishes: leave --open-weights out",
    "export {run} --policy {new} --push ann/x": "--push takes hub:USER/NAME",
    "export {run} --policy {new} --push hub:x": "say whose it is",
    "export {run} --policy {new} --push hub:a/b/c": "Repo id must be in the form",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_is_said_in_a_line(
    out: Path, taught: RunDir, words: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    new = tmp_path / "new"
    assert main(words.format(out=out, run=taught.path, new=new).split()) == 2
    told = capsys.readouterr().err.strip()
    assert WRONG[words] in told and "\n" not in told
    assert not new.exists()


def without(*modules: str) -> Callable[[str], bool]:
    return lambda module: module not in modules


def test_without_the_extras_a_line_names_them(
    out: Path, taught: RunDir, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "_is_there", without("onnx", "onnxruntime", "huggingface_hub"))
    assert main(["export", str(taught.path), "--policy", str(tmp_path / "a")]) == 0
    told = capsys.readouterr().err
    assert (
        "no ONNX: policy.onnx needs onnx and onnxruntime; mend it with: pip install 'armchair[onnx]'" in told
    )
    assert (tmp_path / "a" / "policy.pt2").is_file() and not (tmp_path / "a" / "policy.onnx").exists()
    assert "```python" not in (tmp_path / "a" / "README.md").read_text()
    assert main(["play", str(out / "policy.onnx")]) == 2
    assert "pip install 'armchair[onnx]'" in capsys.readouterr().err
    monkeypatch.setattr(extras, "_is_there", without("huggingface_hub"))
    assert main(["export", str(taught.path), "--policy", str(tmp_path / "b"), "--push", "hub:ann/b"]) == 2
    assert "pip install 'armchair[hub]'" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.mark.slow
def test_weights_are_fixed_or_open(wished: RunDir, tmp_path: Path, capsys: Capture) -> None:
    fixed, free = tmp_path / "fixed", tmp_path / "free"
    assert main(["export", str(wished.path), "--policy", str(fixed)]) == 0
    assert main(["export", str(wished.path), "--policy", str(free), "--open-weights"]) == 0
    agent, info = load_policy(wished)
    obs = torch.randn(50, info.obs_dim)
    for folder in (fixed, free):
        policy = OnnxPolicy(folder / "policy.onnx")
        torch.testing.assert_close(policy(obs), agent.net.best(obs), atol=1e-5, rtol=0)
        assert policy.about.wishes == pytest.approx({"carry_high": 0.6})
    agent.net.weights.fill_(0.1)
    policy.weigh({"carry_high": 0.1})
    torch.testing.assert_close(policy(obs), agent.net.best(obs), atol=1e-5, rtol=0)
    capsys.readouterr()
    assert main(["play", str(free / "policy.onnx"), "--wish-weight", "0.1", "--json"]) == 0
    assert summary(capsys)["weights"] == {"carry_high": 0.1}
    assert load_policy(RunDir.open(free))[1].wishes == ("carry_high",)
    (code,) = re.findall(r"```python\n(.*?)```", (free / "README.md").read_text(), re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", code], cwd=free, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
def test_a_policy_of_an_environment_of_others(tmp_path: Path, capsys: Capture) -> None:
    words = ["train", "gymnasium:Pendulum-v1", "--steps", "64", "--num-envs", "2", "--runs", str(tmp_path)]
    assert main([*words, "--json"]) == 0
    run = Path(str(summary(capsys)["run"]))
    assert main(["export", str(run), "--policy", str(tmp_path / "out")]) == 0
    policy = OnnxPolicy(tmp_path / "out" / "policy.onnx")
    assert policy.about.task == "gymnasium:Pendulum-v1"
    assert [one.name for one in policy.about.observation] == ["obs_0", "obs_1", "obs_2"]
    assert policy.about.action[0].scale == 2.0
    capsys.readouterr()
    returns: list[object] = []
    for what in (tmp_path / "out" / "policy.onnx", run):
        assert main(["play", str(what), "--json"]) == 0
        returns.append(summary(capsys)["return"])
    assert returns[0] == pytest.approx(returns[1], rel=1e-3)
    assert "nobody: it learned from the task's own reward" in (tmp_path / "out" / "README.md").read_text()


def test_a_file_that_names_code_of_others_asks_for_trust(
    out: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnx

    model = onnx.load_model_from_string((out / "policy.onnx").read_bytes())
    for one in model.metadata_props:
        if one.key == "armchair":
            one.value = json.dumps({**json.loads(one.value), "task": "no_such_module:make"})
    file = tmp_path / "theirs.onnx"
    file.write_bytes(model.SerializeToString())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no_such_module.py").write_text("raise SystemExit('it ran')")
    assert main(["play", str(file), "--json"]) == 2
    assert "then add --trust" in capsys.readouterr().err
