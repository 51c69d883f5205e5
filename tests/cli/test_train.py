from __future__ import annotations

import json
from pathlib import Path

import pytest

from armchair.agents.saved import load_policy
from armchair.cli import main
from armchair.runs.folder import RunDir

Capture = pytest.CaptureFixture[str]
SHORT = ("--steps", "400", "--num-envs", "8")


def summary(capsys: Capture) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_run_is_kept_and_can_be_evaluated(tmp_path: Path, capsys: Capture) -> None:
    argv = ["train", "reach", *SHORT, "--seed", "3", "--control", "joint", "--runs", str(tmp_path), "--json"]
    assert main(argv) == 0
    told = summary(capsys)
    assert told["command"] == "train"
    assert (told["task"], told["engine"], told["control"], told["seed"]) == ("reach", "mujoco", "joint", 3)
    assert (told["episodes"], told["env_steps"]) == (100, 512)  # 4 rollouts of 16 steps in 8 copies
    assert 0.0 <= float(str(told["success"])) <= 1.0

    run = RunDir.open(Path(str(told["run"])))
    assert run.path == tmp_path / "reach-001"
    assert run.config()["practice"]["num_envs"] == 8
    assert len(list((run.path / "tensorboard").iterdir())) == 1
    assert [line["env_steps"] for line in run.metrics()] == [128, 256, 384, 512, 512]

    assert main(["evaluate", str(run.path), "--episodes", "10", "--json"]) == 0
    told = summary(capsys)
    assert (told["command"], told["task"], told["control"], told["episodes"]) == (
        "evaluate",
        "reach",
        "joint",
        10,
    )


def rewards_of(path: Path) -> list[float]:
    return [float(str(line["reward"])) for line in RunDir.open(path).metrics() if "reward" in line]


def test_a_saved_reward_takes_the_place_of_the_tasks_own(
    taught: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    file = taught.checkpoints / "reward.safetensors"
    asked = tmp_path / "asked.yaml"
    asked.write_text(f"env_name: KukaReach-v0\nreward_model_path: {file}\nppo: {{gamma: 0.9}}\nrollout: 16\n")
    found: list[list[float]] = []
    ways = (("--reward", taught.path), ("--reward", file), ("--config", asked))
    for number, (flag, path) in enumerate(ways, start=1):
        assert main(["train", "reach", *SHORT, flag, str(path), "--runs", str(tmp_path), "--json"]) == 0
        run = tmp_path / f"reach-{number:03d}"
        assert summary(capsys)["run"] == str(run)
        assert str(RunDir.open(run).config()["reward_model"]) in (str(taught.path), str(file))
        found.append(rewards_of(run))
    assert main(["train", "reach", *SHORT, "--runs", str(tmp_path)]) == 0
    own = rewards_of(tmp_path / "reach-004")
    assert found[0] == found[1]
    assert found[2][0] == found[0][0]  # before the first update nothing of the settings shows
    assert found[2] != found[0]
    assert found[0][0] != own[0]  # the same actions in the same places, another reward
    ppo = RunDir.open(tmp_path / "reach-003").config()["ppo"]
    assert isinstance(ppo, dict)
    assert ppo["gamma"] == 0.9


def test_a_policy_goes_on_where_it_stood(taught: RunDir, tmp_path: Path, capsys: Capture) -> None:
    argv = [
        "train",
        "reach",
        "--steps",
        "200",
        "--policy",
        str(taught.path),
        "--runs",
        str(tmp_path),
        "--json",
    ]
    assert main(argv) == 0
    run = RunDir.open(Path(str(summary(capsys)["run"])))
    before, after = load_policy(taught)[0], load_policy(run)[0]
    assert after.updates == before.updates + 2  # 200 steps are two rollouts of the smoke preset
    assert run.config()["practice"]["rollout"] == 16
    moved = (after.net.actor.theta - before.net.actor.theta).abs().max()
    assert 0.0 < float(moved) < 0.1


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("push", "--reward", "RUN"), "is a run of reach, not of push: train reach on it instead"),
        (("push", "--reward", "RUN/checkpoints/reward.safetensors"), "is of reach, not of push"),
        (("reach", "--reward", "RUN/config.yaml"), "config.yaml is no reward model"),
        (("push", "--policy", "RUN"), "has a policy for reach, not for push"),
        (
            ("reach", "--policy", "RUN", "--control", "joint"),
            "a policy for tool control: leave out --control",
        ),
        (("reach", "--reward", "RUNN"), "did you mean"),
    ],
)
def test_what_does_not_fit_is_answered_in_one_line(
    argv: tuple[str, ...], expected: str, taught: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    given = [word.replace("RUN", str(taught.path)) for word in argv]
    assert main(["train", *given, "--runs", str(tmp_path / "runs")]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_teaching_says_that_it_learns_its_own_reward(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armchair.cli.teaching.teach_run", lambda *args, **kwargs: 0)
    asked = tmp_path / "asked.yaml"
    asked.write_text("task: reach\nreward_model_path: there.safetensors\n")
    assert (
        main(["teach", "reach", "--teacher", "oracle", "--config", str(asked), "--runs", str(tmp_path)]) == 0
    )
    assert "`armchair train reach --reward there.safetensors`" in capsys.readouterr().err


def test_progress_is_for_people_only_without_json(tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", "reach", *SHORT, "--runs", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "512 of 512 steps" in captured.out
    assert f"saved in {tmp_path / 'reach-001'}" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["train", "raech"], "did you mean 'reach'?"),
        (["train", "reach", "--steps", "0"], "--steps must be at least 1"),
        (["train", "reach", "--num-envs", "0"], "num_envs must be at least 1"),
        (["evaluate", "nowhere-001"], "no run in nowhere-001"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_leaves_no_run(
    argv: list[str], expected: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_some_episodes_may_begin_along_a_solution_but_not_those_that_are_evaluated(
    tmp_path: Path, capsys: Capture
) -> None:
    argv = ["train", "pick_place", *SHORT, "--starts", "0.5", "--runs", str(tmp_path), "--json"]
    assert main(argv) == 0
    told = summary(capsys)
    assert RunDir.open(Path(str(told["run"]))).config()["demonstrations"]["starts"] == 0.5
    assert float(str(told["success"])) < 0.1, "an untrained arm solves nothing from ordinary starts"
    assert main(["train", "reach", *SHORT, "--starts", "2", "--runs", str(tmp_path)]) == 2
    assert "starts must be at least 0 and at most 1" in capsys.readouterr().err
    assert main(["train", "gymnasium:Pendulum-v1", *SHORT, "--starts", "0.5", "--runs", str(tmp_path)]) == 2
    assert "nobody has written a solution" in capsys.readouterr().err


@pytest.mark.slow
def test_a_policy_that_begins_with_demonstrations_is_ahead_of_one_that_does_not(
    tmp_path: Path, capsys: Capture
) -> None:
    argv = ["train", "reach", *SHORT, "--runs", str(tmp_path), "--json"]
    assert main(argv) == 0
    alone = float(str(summary(capsys)["success"]))
    assert main([*argv, "--demos", "scripted:8"]) == 0
    told = summary(capsys)
    assert float(str(told["success"])) > alone + 0.5
    assert RunDir.open(Path(str(told["run"]))).config()["demonstrations"]["source"] == "scripted:8"
    assert main(["train", "push", *SHORT, "--demos", str(tmp_path), "--runs", str(tmp_path / "no")]) == 2
    assert f"{tmp_path} holds no demonstrations" in capsys.readouterr().err
