"""On a GPU everything is where it should be, and hardly anything is waited for; see `on_a_gpu.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.utils.backend_registration as backends

from armchair.agents.ppo import clip_norm

MINIBATCHES = 8  # of an update there: two epochs of four


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    if not hasattr(backends, "_setup_privateuseone_for_python_backend"):
        pytest.skip(f"PyTorch {torch.__version__} has no device that computes nothing")
    program = [sys.executable, "-W", "error", str(Path(__file__).with_name("on_a_gpu.py"))]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_left_behind(found: dict[str, Any]) -> None:
    assert [name for name, told in found.items() if not told["there"]] == []


@pytest.mark.parametrize("name", ["learn", "learn_shown"])
def test_an_update_asks_for_one_number_with_each_gradient(found: dict[str, Any], name: str) -> None:
    """Those are divergences; then the observations' count, what the critic explained, loss, share, spread."""
    told = found[name]
    assert told["gradients"] == MINIBATCHES
    assert (told["read"], told["fetched"]) == (MINIBATCHES + 5, 0)


@pytest.mark.parametrize("name", ["act", "shrink"])
def test_these_wait_for_nothing(found: dict[str, Any], name: str) -> None:
    assert (found[name]["read"], found[name]["fetched"]) == (0, 0)


def test_a_rollout_waits_once_however_long_it_is(found: dict[str, Any]) -> None:
    """At its end the five fields of its tally are fetched: which episodes ended, and how."""
    for name in ("collect_4", "collect_12", "collect_task"):
        assert (found[name]["read"], found[name]["fetched"]) == (0, 5), name


def test_imitation_asks_for_its_errors_alone(found: dict[str, Any]) -> None:
    assert found["clone"]["read"] == 2


def test_what_is_saved_is_in_the_memory_of_the_cpu(found: dict[str, Any]) -> None:
    assert found["save"]["at_home"]


def test_gradients_are_shrunk_alike_without_asking_for_their_norm() -> None:
    """The formula of other devices beside what the CPU does."""
    first, second = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    shrink = (1.0 / torch.stack([first.norm(), second.norm()]).norm()).clamp(max=1.0)
    torch.testing.assert_close(clip_norm(1.0, first.clone(), second.clone()), first * shrink)
