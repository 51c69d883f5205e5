"""Tasks, policies and pictures with arms from files."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium
import pytest
import torch
from tests.arms.conftest import Write, six, three

from armchair.arms import Arm, load_arm
from armchair.cli import main
from armchair.engines.display.clip_picture import header_of
from armchair.engines.display.scene_file import read_scene
from armchair.envs.arm_check import check_arm, share_of_layouts
from armchair.envs.arm_env import make_env
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidInput
from armchair.runs.folder import RunDir
from armchair.tasks import get_task

WORDS = (
    "home: [0, -0.32, 1.16, 0, 2.3, 0]\nworkspace: {low: [.2, -.4, .01], high: [.6, .4, .6]}\n"
    "goals: {low: [.3, -.2, .08], high: [.46, .2, .35]}\nspawn: {low: [.31, -.15], high: [.45, .15]}"
)


@pytest.fixture
def file(write: Write) -> Path:
    return write(six(), WORDS)


@pytest.fixture
def arm(file: Path) -> Arm:
    return load_arm(file)


@pytest.mark.parametrize("task", ["reach", "push", "pick_place", "stack"])
def test_the_scripted_solvers_use_it(arm: Arm, task: str) -> None:
    env = make_env(get_task(task, arm=arm), num_envs=32, seed=0)
    env.reset()
    for _ in range(env.horizon - 1):
        success = env.step(env.script()).success
    assert env.diverged == 0
    assert success.double().mean() >= (0.9 if task == "stack" else 0.95)


def test_fewer_joints_reach_and_pick_nothing_up(write: Write) -> None:
    """Positions alone; a task that needs a gripper says so."""
    own = load_arm(write(three()))
    env = make_env(get_task("reach", arm=own), num_envs=16, seed=0)
    env.reset()
    for _ in range(env.horizon - 1):
        success = env.step(env.script()).success
    assert success.all()
    with pytest.raises(InvalidInput, match="stack needs a gripper, and made has none: it can reach, push"):
        get_task("stack", arm=own)


def test_out_of_reach_is_said_before_it_is_taught(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Boxes that the arm does not reach: refused below half of them, told of below nearly all."""
    assert share_of_layouts(get_task("reach", arm=load_arm(write(six(), WORDS))), 100) > 0.98
    far = WORDS.replace("high: [.46, .2, .35]", "high: [.72, .2, .35]")
    check_arm(get_task("reach", arm=load_arm(write(six(), far))), "mujoco")
    assert "% of 1000 layouts of reach" in capsys.readouterr().err
    hopeless = far.replace("low: [.3, -.2, .08]", "low: [.7, -.2, .08]")
    with pytest.raises(InvalidInput, match=r"made reaches \d+ % of 1000 layouts of reach"):
        resolve_task("reach").check(EnvConfig(arm=str(write(six(), hopeless))))


def test_its_scene_has_its_bodies(arm: Arm) -> None:
    """What the page draws: a row a body, the tool where the kinematics have it, blocks and goal in sight."""
    env = make_env(get_task("push", arm=arm), record_poses=True)
    env.reset()
    asset = env.scene_asset()
    header, scene = header_of(asset), read_scene(asset)
    assert len(scene.bodies) == len(env.body_names) == env.poses().shape[1] - 1
    assert env.body_names[int(str(header["tool_body"]))] == "hand"
    assert sum(len(parts) > 0 for parts in scene.bodies) >= 8
    assert header["matters"] == [env.body_names.index("hand"), len(env.body_names) - 1, len(env.body_names)]


@pytest.mark.gl
def test_it_can_be_seen(arm: Arm) -> None:
    """A picture differs where the arm has moved."""
    env = make_env(get_task("reach", arm=arm), record_poses=True)
    env.reset()
    with env.renderer(64, 64) as renderer:
        before = renderer.render(env.poses()[0])
        for _ in range(15):
            env.step(env.script())
        after = renderer.render(env.poses()[0])
    assert before.std() > 10 and (before != after).any()


def test_gymnasium_takes_an_arm(file: Path) -> None:
    env = gymnasium.make("armchair:armchair/KukaPush-v0", arm=str(file), control="joint")
    assert env.action_space.shape == (6,)
    env.reset(seed=0)
    assert env.step(env.action_space.sample())[0].shape == env.observation_space.shape
    env.close()


def test_checking_tells_all_and_writes_it(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["arm", "check", file.name, "--episodes", "8", "--output", "all.yaml", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["joints"][0] == "pan" and told["tasks"]["reach"] == {
        "reached": 1.0,
        "solved": 1.0,
        "lacks": None,
    }
    assert load_arm("all.yaml").home == pytest.approx(load_arm(file).home, abs=1e-4)
    assert main(["arm", "check", "nowhere.xml"]) == 2
    assert "there is no arm nowhere.xml" in capsys.readouterr().err
    Path("far.yaml").write_text(
        Path("all.yaml")
        .read_text(encoding="utf-8")
        .replace("low: [0.3, -0.2, 0.08]", "low: [2.3, -0.2, 0.08]")
        .replace("high: [0.46, 0.2, 0.35]", "high: [2.5, 0.2, 0.35]"),
        encoding="utf-8",
    )
    assert main(["arm", "check", "far.yaml", "--episodes", "0"]) == 1


@pytest.mark.slow
def test_teach_keeps_the_arm_and_play_takes_another(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run knows its arm; its policy of control tool is tried on the built-in one, one of joints is not."""
    monkeypatch.setattr("armchair.cli.teaching.draw_film", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    base = ["teach", "reach", "--teacher", "oracle", "--config", "smoke", "--arm", file.name, "--json"]
    assert main(base) == 0
    run = RunDir.open(Path("runs/reach-001"))
    assert run.config()["env"]["arm"] == str(file.resolve())  # type: ignore[index]
    assert run.header("policy")[1]["arm"] == str(file.resolve())
    assert main(["evaluate", "runs/reach-001", "--episodes", "4", "--json"]) == 0
    assert main(["play", "runs/reach-001", "--arm", "", "--html", "out.html"]) == 0
    assert main(["export", "runs/reach-001", "--policy", "out"]) == 0
    assert b"slide_left" not in Path("out/policy.onnx").read_bytes()
    assert b"pan,lift,elbow,roll,pitch,turn" in Path("out/policy.onnx").read_bytes()
    capsys.readouterr()
    assert main([*base, "--control", "joint"]) == 0
    assert main(["evaluate", "runs/reach-002", "--arm", "", "--episodes", "4"]) == 2
    assert "knows the joints of its own arm alone" in capsys.readouterr().err
    assert main(["teach", "gymnasium:Pendulum-v1", "--arm", file.name, "--teacher", "oracle"]) == 2
    assert "env.arm is for armchair's own tasks" in capsys.readouterr().err


def test_the_pages_commands_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/arms.md, from an MJCF that is there to a taught run."""
    import re
    import shlex

    monkeypatch.setattr("armchair.cli.teaching.draw_film", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    Path("my_arm.xml").write_text(six(), encoding="utf-8")
    text = (Path(__file__).parents[2] / "docs" / "arms.md").read_text(encoding="utf-8")
    lines = [
        shlex.split(line)
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    assert [words[1] for words in lines] == ["arm", "teach"]
    assert main([*lines[0][1:], "--episodes", "4"]) == 0
    assert main([*lines[1][1:], "--config", "smoke"]) == 0
    told = capsys.readouterr().out
    assert "places reached" in told and Path("runs/reach-001/summary.json").exists()
    env = gymnasium.make("armchair:armchair/KukaReach-v0", arm="my_arm.yaml")
    env.reset(seed=0)
    env.close()
    assert torch.isfinite(torch.tensor(load_arm("my_arm.yaml").home)).all()
