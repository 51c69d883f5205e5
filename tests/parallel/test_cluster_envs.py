"""Copies of environments of others on a Ray cluster: the numbers of local ones, to the bit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from armchair.cli import main
from armchair.envs.foreign.env import ForeignEnv, Running
from armchair.envs.foreign.importing import import_env
from armchair.envs.foreign.processes.cluster import RayCopies
from armchair.errors import ForeignError, InvalidInput, RunError
from armchair.maths import generator
from armchair.runs.trust import gate

SMALL = """\
task: gymnasium:Pendulum-v1
queries: {labels: 8, first: 4, film_envs: 2, clip_length: 8}
schedule: {session: 2, session_every: 1, updates: 2}
practice: {num_envs: 4, rollout: 32}
evaluation: {every: 1, episodes: 2}
reward: {min_updates: 5}
env: {frames: false, poses: false, horizon: 20}
"""


def acted(env: ForeignEnv, steps: int = 30) -> list[torch.Tensor]:
    """All that comes of the same actions, over the end of an episode."""
    rng, found = generator(0, "test"), [env.reset(seed=3)]
    for _ in range(steps):
        step = env.step(2 * torch.rand(env.num_envs, env.action_dim, generator=rng) - 1)
        found += [step.obs, step.reward, step.truncated, step.final_obs]
    env.close()
    return found


def pendulum(running: Running, copies: int = 3) -> ForeignEnv:
    return import_env("gymnasium:Pendulum-v1", num_envs=copies, horizon=20, running=running)


@pytest.mark.slow
def test_numbers_are_those_of_copies_at_home(cluster: SimpleNamespace) -> None:
    home, away = (acted(pendulum(running)) for running in (Running(), Running(2, 60.0, cluster.address)))
    assert len(home) == len(away) == 121
    assert all(torch.equal(a, b) for a, b in zip(home, away, strict=True))


@pytest.mark.slow
def test_a_process_that_is_lost_is_told_of_with_its_copies(cluster: SimpleNamespace) -> None:
    env = pendulum(Running(2, 60.0, cluster.address))
    env.reset(seed=0)
    copies = env._copies
    assert isinstance(copies, RayCopies)
    copies._ray.kill(copies._actors[0].handle)
    with pytest.raises(ForeignError, match="Pendulum-v1, copies 0 to 1: the process or its node was lost: "):
        env.step(torch.zeros(3, 1))
    with pytest.raises(InvalidInput, match="its copies are closed"):
        env.step(torch.zeros(3, 1))
    env.close()


@pytest.mark.slow
def test_an_error_is_told_as_at_home_and_too_many_processes_are_refused(
    cluster: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "envs" / "foreign")
    with pytest.raises(InvalidInput, match=r"env\.workers must be at most 2, the CPUs of the cluster; got 3"):
        pendulum(Running(3, 60.0, cluster.address))
    env = import_env("odd:step_raises", num_envs=2, running=Running(2, 60.0, cluster.address))
    env.reset(seed=0)
    with pytest.raises(ForeignError, match="odd:step_raises, copy 0, step 1"):
        env.step(torch.zeros(2, env.action_dim))


def test_a_file_names_no_cluster_that_nobody_trusts() -> None:
    with gate.closed(), pytest.raises(RunError, match=r"127\.0\.0\.1:1 would be used because a file says so"):
        pendulum(Running(1, 60.0, "127.0.0.1:1"))


@pytest.mark.slow
def test_teaching_with_copies_on_a_cluster_is_equal_to_teaching_at_home(
    cluster: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL)
    argv = ["teach", "gymnasium:Pendulum-v1", "--teacher", "oracle", "--config", "small.yaml"]
    assert main([*argv, "--runs", "home"]) == 0
    assert main([*argv, "--runs", "away", "--workers", "2", "--ray", cluster.address]) == 0
    home, away = (
        Path(root, "gymnasium-Pendulum-v1-001", "metrics.jsonl").read_text().splitlines()
        for root in ("home", "away")
    )
    assert [line.partition('"fit_seconds"')[0] for line in home] == [
        line.partition('"fit_seconds"')[0] for line in away
    ]
