"""No module that a run names is imported before its owner says so, whichever command reads the run."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml

from armchair.agents.agent import Agent
from armchair.agents.networks import ActorCritic
from armchair.agents.saved import PolicyInfo, save_policy
from armchair.cli import COMMANDS, main
from armchair.config.read import as_yaml, with_flags
from armchair.config.teach import TeachConfig
from armchair.errors import StoreError
from armchair.rewards.saved import read_reward
from armchair.runs import trust
from armchair.runs.folder import RunDir
from armchair.runs.home import state_folder
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
PLANTED = "from pathlib import Path\nPath(__file__).with_name('it-ran').touch()\n"
WORKS = "from gymnasium.envs.classic_control import PendulumEnv\nfrom gymnasium.wrappers import TimeLimit\n"
WORKS += "def make():\n    return TimeLimit(PendulumEnv(), 20)\n"
EVIL = "planted_module:make"
SMALL = """queries: {labels: 2, first: 2, clip_length: 5, film_envs: 2}
schedule: {updates: 1}
evaluation: {every: 1, episodes: 2}
env: {frames: false}
practice: {num_envs: 2, rollout: 8}
"""
FLAT = {
    f"{group}.{key}": value for group, keys in yaml.safe_load(SMALL).items() for key, value in keys.items()
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module in it, from where commands are run and it could be imported."""
    (tmp_path / "planted_module.py").write_text(PLANTED + WORKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("planted_module", None)


def plant(root: Path, *, config: str = EVIL, policy: str = EVIL) -> RunDir:
    """A run as somebody hostile would hand it over."""
    whole = {**as_yaml(with_flags(TeachConfig(), FLAT)), "task": config, "teacher": {"name": "oracle"}}
    run = RunDir.create(root, "handed", whole)
    agent = Agent(ActorCritic(3, 1, (8,), 1.0, torch.Generator()), 1e-3)
    save_policy(run, agent, PolicyInfo(policy, "mujoco", "tool", 3, 1, (8,), 100))
    (run.path / "dumps").mkdir()
    into = run.at(run.path / "dumps")
    about: dict[str, Any] = {"what": "dump", "task": policy, "num_envs": 1, "copy": 0, "engine": "mujoco"}
    about |= {"control": "tool", "not_finite": "reward", "updates": 1, "env_steps": 1}
    into.save("001", {"env.copy.0": torch.zeros(1), "rollout.action": torch.zeros(1, 1, 1)}, about)
    Store.open(run.store_file).close()
    (run.path / "more.yaml").write_text(f"task: {config}\n{SMALL}")
    (run.path / "less.yaml").write_text(SMALL)
    varied = "seeds: 1\nsettings: {queries.labels: [2]}\n"
    (run.path / "sweep.yaml").write_text(f"task: {config}\nconfig: {run.path}/less.yaml\n{varied}")
    (run.path / "swept.yaml").write_text(f"config: {run.path}/more.yaml\n{varied}")
    return run


Words = Callable[[str], list[list[str]]]
READING: dict[str, Words] = {
    "serve": lambda run: [["--no-open", "--port", "0", "--runs", str(Path(run).parent)]],
    "teach": lambda run: [
        ["--config", f"{run}/more.yaml", "--teacher", "oracle"],
        ["--config", f"{run}/config.yaml", "--teacher", "oracle"],
        ["reach", "--policy", run, "--teacher", "oracle"],
    ],
    "resume": lambda run: [[run, "--no-open", "--port", "0"], [run, "--no-page"]],
    "label": lambda run: [[run, "--no-open", "--port", "0"]],
    "judge": lambda run: [[run, "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--once"]],
    "annotators": lambda run: [[run]],
    "train": lambda run: [
        ["reach", "--reward", run, "--steps", "64"],
        ["reach", "--policy", run, "--steps", "64"],
        ["reach", "--demos", run, "--steps", "64"],
    ],
    "evaluate": lambda run: [[run, "--episodes", "1"], [run, "--relearn"]],
    "choose": lambda run: [[run], [run, "--wish-weight", "0.5"]],
    "compare": lambda run: [
        ["--config", f"{run}/more.yaml", "--seeds", "1", "--steps", "64"],
        ["--join", run],
        ["--config", "small.yaml", "--run", run, "--seeds", "1", "--steps", "64"],
    ],
    "sweep": lambda run: [[f"{run}/sweep.yaml"], [f"{run}/swept.yaml"]],
    "export": lambda run: [
        [run, "--out", f"{run}/../out"],
        [run, "--backup", f"{run}/../copy"],
        [run, "--policy", f"{run}/../alone"],
    ],
    "import": lambda run: [[run]],
    "play": lambda run: [
        [run, "--json"],
        ["reach", "--policy", run, "--json"],
        [f"{run}/dumps/001.safetensors", "--json"],
        [run, "--html", f"{run}/out.html"],
    ],
    "look": lambda run: [[run]],
    "arm": lambda run: [["check", run]],
    "envs": lambda run: [[]],
    "doctor": lambda run: [[run]],
    "bench": lambda run: [[run]],
}


def test_every_command_is_walked() -> None:
    assert set(READING) == set(COMMANDS)


def walk(root: Path, config: str, policy: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The exit codes of every command over a hostile run, which each gets anew."""

    def listen(create: Any, options: Any, **_: Any) -> None:
        app = create(options)
        found = getattr(app.state.context, "listing", None)
        assert found is None or found.rows()  # which reads every run

    monkeypatch.setattr("armchair.web.serve.listen", listen)
    monkeypatch.setattr("armchair.cli.teaching._draw", lambda *_: [])
    statuses: dict[str, list[int]] = {}
    for command, ways in READING.items():
        run = plant(root / command, config=config, policy=policy)
        statuses[command] = [main([command, *words]) for words in ways(str(run.path))]
    return statuses


@pytest.mark.parametrize(
    ("config", "policy"),
    [
        (EVIL, EVIL),
        ("reach", EVIL),
        ("planted_module:Evil-v0", "planted_module:Evil-v0"),
        ("gymnasium:planted_module:make", "gymnasium:planted_module:make"),
    ],
)
def test_no_command_imports_what_a_run_names(
    here: Path, config: str, policy: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (here / "small.yaml").write_text(f"task: reach\n{SMALL}")
    statuses = walk(here, config, policy, monkeypatch)
    assert not (here / "it-ran").exists() and "planted_module" not in sys.modules
    assert all(status == 2 for name in ("evaluate", "play") for status in statuses[name]), statuses
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("words", [["evaluate", "{run}", "--episodes", "2"], ["play", "{run}", "--json"]])
def test_its_owner_says_so_once(here: Path, words: list[str], capsys: Capture) -> None:
    run = plant(here / "runs")
    named = [word.format(run=run.path) for word in words]
    assert main(named) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert EVIL in line and "--trust" in line
    assert main([*named, "--trust"]) == 0 and (here / "it-ran").exists()
    assert main(named) == 0  # remembered
    moved = shutil.copytree(run.path, here / "runs" / "copy")
    assert main([word.format(run=moved) for word in words]) == 2  # but not of a copy
    saved = yaml.safe_load(run.config_file.read_text())
    run.config_file.write_text(yaml.safe_dump({**saved, "task": "other_module:make"}))
    assert main(named) == 2  # nor once it names something else
    assert "other_module:make" in capsys.readouterr().err


def test_what_is_remembered_is_nobody_elses_business() -> None:
    trust.remember(Path("/runs/x"), ["a:b"])
    kept = state_folder() / trust.FOLDER
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept.iterdir()} == {0o600}
    assert trust.is_remembered(Path("/runs/x"), ["a:b"])
    assert not trust.is_remembered(Path("/runs/x"), ["a:b", "c:d"])
    assert not trust.is_remembered(Path("/runs/y"), ["a:b"])


def test_damaged_memory_trusts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    trust.remember(tmp_path, ["a:b"])
    (file,) = (state_folder() / trust.FOLDER).iterdir()
    for text in ("", "null", "[" * 100_000, '{"names": ["a:b"]}'):
        file.write_text(text)
        assert not trust.is_remembered(tmp_path, ["a:b"])
    monkeypatch.setenv("XDG_STATE_HOME", "relative/path")  # means nothing, by the standard
    assert state_folder() == Path.home() / ".local" / "state" / "armchair"


def test_what_is_typed_is_trusted_and_so_is_the_run_it_makes(here: Path, capsys: Capture) -> None:
    (here / "small.yaml").write_text(SMALL)
    words = ["teach", EVIL, "--config", "small.yaml", "--teacher", "oracle", "--json"]
    assert main(words) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert main(["evaluate", run, "--episodes", "2"]) == 0
    assert main(["resume", run]) == 0


def test_a_file_that_names_a_module_is_asked_about_too(here: Path, capsys: Capture) -> None:
    (here / "mine.yaml").write_text(f"task: {EVIL}\n")
    assert main(["teach", "--config", "mine.yaml", "--teacher", "oracle"]) == 2
    assert "--trust" in capsys.readouterr().err and not (here / "it-ran").exists()
    assert main(["look", EVIL, "--output", "mine.yaml", "--picture", "a.png"]) == 0  # typed
    trusted = SimpleNamespace(**yaml.safe_load((here / "mine.yaml").read_text()))
    assert trust.is_remembered(here / "mine.yaml", [trusted.task])


@pytest.mark.parametrize(
    "name",
    [
        "gymnasium:Pendulum-v1",
        "gymnasium_robotics:FetchReach-v4",
        "metaworld:button-press-topdown-wall-v3",
        "gymnasium:phys2d/CartPole-v0",
    ],
)
def test_packages_that_armchair_knows_are_not_asked_about(name: str) -> None:
    assert trust.is_known(name) and not trust.named_in({"task": name})


@pytest.mark.parametrize(
    "name",
    [
        "gymnasium:make",
        "gymnasium.vector:make",
        "gymnasium:planted:X-v0",
        "gymnasium2:Pendulum-v1",
        "gymnasium.evil:Pendulum-v1",
        "gymnasium:X-v0\n",
        "gymnasium:os/../X-v0:y",
        "metaworld:exec",
        ":X-v0",
    ],
)
def test_what_only_looks_like_one_is_asked_about(name: str) -> None:
    assert not trust.is_known(name) and trust.named_in({"task": name}) == [name]


@pytest.mark.parametrize("command", ["label", "annotators", "export", "doctor", "resume", "compare"])
def test_a_database_that_a_run_names_is_not_connected_to(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    run = plant(here / "runs", config="reach", policy="reach")
    (here / "small.yaml").write_text(f"task: reach\n{SMALL}")
    saved = yaml.safe_load(run.config_file.read_text())
    run.config_file.write_text(yaml.safe_dump({**saved, "store": f"sqlite:///{here}/private.db"}))
    walked = READING[command](str(run.path))[-1:]
    monkeypatch.setattr("armchair.store.database.Database.__init__", _never)
    for words in walked:
        main([command, *words])
    err = capsys.readouterr()
    assert "private.db" in err.err + err.out and "--trust" in err.err + err.out


def test_a_cluster_that_a_run_or_a_file_names_is_not_connected_to(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Whoever has a Ray cluster's port gets what is sent there to be run, and answers with pickles."""
    named = "task: gymnasium:Pendulum-v1\nenv: {ray: 'evil.example:1', workers: 2}\n"
    assert trust.named_in(yaml.safe_load(named)) == ["ray evil.example:1"]
    run = plant(here / "runs", config="gymnasium:Pendulum-v1")
    saved = yaml.safe_load(run.config_file.read_text())
    saved["env"]["ray"] = "evil.example:1"
    run.config_file.write_text(yaml.safe_dump(saved))
    (here / "mine.yaml").write_text(named)
    (here / "sweep.yaml").write_text("config: mine.yaml\nsettings: {queries.labels: [2]}\n")
    (here / "varied.yaml").write_text(
        "task: gymnasium:Pendulum-v1\nsettings: {env.ray: ['evil.example:1']}\n"
    )
    monkeypatch.setattr("armchair.parallel.cluster.connected", _unconnected)
    monkeypatch.setattr("armchair.envs.foreign.processes.cluster.connected", _unconnected)
    for words in (
        ["resume", str(run.path)],
        ["evaluate", str(run.path)],
        ["teach", "--config", "mine.yaml", "--teacher", "oracle"],
        ["teach", "gymnasium:Pendulum-v1", "--config", "mine.yaml", "--teacher", "oracle"],
        ["train", "gymnasium:Pendulum-v1", "--config", "mine.yaml"],
        ["compare", "--config", "mine.yaml"],
        ["sweep", "sweep.yaml"],
    ):
        assert main(words) == 2, words
        told = capsys.readouterr().err
        assert "evil.example:1" in told and "--trust" in told and told.count("\n") == 1, words
    assert main(["sweep", "varied.yaml"]) == 2
    assert "env.ray cannot be varied" in capsys.readouterr().err


def _unconnected(address: str) -> object:
    raise AssertionError(f"{address} was connected to")


def _never(_: object, where: object, **__: object) -> None:
    assert "private.db" not in str(where), "the database that the run names was opened"
    raise StoreError("the run's own file is not looked at in this test")


def test_a_policy_of_another_task_than_its_run_is_refused(here: Path, capsys: Capture) -> None:
    run = plant(here / "runs", config="reach", policy="push")
    assert main(["evaluate", str(run.path)]) == 2
    assert "a run of reach, and the policy in it is for 'push'" in capsys.readouterr().err


def test_a_reward_of_another_task_is_refused(here: Path, taught: RunDir, capsys: Capture) -> None:
    model = read_reward(taught.checkpoints / "reward.safetensors")
    run = RunDir(shutil.copytree(taught.path, here / "copy"))
    for target in (run.checkpoints / "reward.safetensors", here / "alone.safetensors"):
        model.save(target, "push")
        path = run.path if target.is_relative_to(run.path) else target
        assert main(["train", "reach", "--reward", str(path), "--steps", "64", "--runs", "new"]) == 2
        assert "is of push, not of reach" in capsys.readouterr().err
    assert main(["evaluate", str(run.path)]) == 2
