"""Copies in processes of their own: equal to those in this one, watched, and ended whatever they do."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch

from armchair.cli import main
from armchair.envs.foreign.env import Running
from armchair.envs.foreign.importing import import_env
from armchair.errors import ForeignError, InvalidInput

HERE = Path(__file__).parent
sys.path.append(str(HERE))


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True) if child.status() != "zombie"}


def acted(workers: int) -> list[torch.Tensor]:
    env = import_env("odd:info_ragged", num_envs=5, running=Running(workers))
    rng = torch.Generator().manual_seed(0)
    rows = [env.reset(seed=3)]
    for _ in range(30):
        step = env.step(2.0 * torch.rand(5, 2, generator=rng) - 1.0)
        rows += [step.obs, step.final_obs, step.reward, step.truncated.float(), step.success.float()]
    env.close()
    return rows


def test_in_processes_they_are_what_they_are_here() -> None:
    before = children()
    for serial, shared in zip(acted(0), acted(2), strict=True):
        assert torch.equal(serial, shared)
    assert children() <= before | resource_tracker()


def resource_tracker() -> set[int]:
    """Python's own helper, which stays as long as this process."""
    from multiprocessing.resource_tracker import _resource_tracker

    pid = _resource_tracker._pid  # type: ignore[attr-defined]
    return set() if pid is None else {pid}


def test_a_process_that_hangs_or_dies_is_told_of_in_a_line_and_nothing_is_left() -> None:
    for source, says in (
        ("odd:sleepy", r"odd:sleepy, copies 0 to 1: no answer for 1 s; env.time_limit is the most"),
        ("odd:dying", r"odd:dying, cop(y 2|ies 0 to 1): its process ended, with exit code 3"),
    ):
        env = import_env(source, num_envs=3, running=Running(2, 0.5))
        env.reset(seed=0)
        with pytest.raises(ForeignError, match=says):
            for _ in range(8):
                env.step(torch.zeros(3, 2))
        with pytest.raises(InvalidInput, match="its copies are closed"):
            env.step(torch.zeros(3, 2))
        assert children() <= resource_tracker()
        env.close()


def test_here_too_what_hangs_is_ended_where_python_runs() -> None:
    env = import_env("odd:sleepy", running=Running(0, 0.3))
    env.reset(seed=0)
    began = time.monotonic()
    with pytest.raises(ForeignError, match=r"odd:sleepy, copy 0, step 5: it has not come back for 0\.3 s"):
        for _ in range(8):
            env.step(torch.zeros(1, 2))
    assert time.monotonic() - began < 5.0


def test_what_cannot_be_made_elsewhere_is_a_line_and_nothing_is_left() -> None:
    from odd import plain

    lock = threading.Lock()  # cannot be copied to another process

    with pytest.raises(ForeignError, match=r"cannot be sent to other processes.*name a function in a module"):
        import_env(lambda: (lock, plain())[1], num_envs=2, running=Running(2))
    with pytest.raises(ForeignError, match=r"odd:step_raises, copy [01], step 1: step.. raised ValueError"):
        env = import_env("odd:step_raises", num_envs=2, running=Running(2))
        env.reset()
        env.step(torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    assert children() <= resource_tracker()


@pytest.mark.slow
def test_workers_go_where_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, os, torch\n"
        f"sys.path.append({str(HERE)!r})\n"
        "from armchair.envs.foreign.env import Running\n"
        "from armchair.envs.foreign.importing import import_env\n"
        "if __name__ == '__main__':\n"
        "    env = import_env('odd:sleepy', num_envs=2, running=Running(2))\n"
        "    env.reset()\n"
        "    print(*[worker.process.pid for worker in env._copies._workers], flush=True)\n"
        "    for _ in range(8): env.step(torch.zeros(2, 2))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(workers) == 2
    time.sleep(0.5)  # they sleep in their fifth step by now
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 20.0
    while any(map(psutil.pid_exists, workers)) and time.monotonic() < until:
        time.sleep(0.2)
    assert not any(map(psutil.pid_exists, workers))


@pytest.mark.slow
def test_teach_with_workers_ends_as_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from test_odd import SMALL

    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL)
    for workers in ("0", "2"):
        argv = [
            "teach",
            "odd:obs_nested",
            "--teacher",
            "oracle",
            "--config",
            "small.yaml",
            "--workers",
            workers,
        ]
        assert main([*argv, "--runs", f"runs{workers}"]) == 0
    first, second = (
        (tmp_path / f"runs{workers}" / "odd-obs_nested-001" / "metrics.jsonl").read_text() for workers in "02"
    )
    assert first == second
