"""Where training runs: what may be chosen, what that changes, and what stays on the CPU."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from armchair.config.checks import check
from armchair.config.gpu import COPIES, MINIBATCH
from armchair.config.read import preset_for, with_flags
from armchair.config.teach import TeachConfig
from armchair.engines import check_engine, cpu_engine
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.errors import InvalidChoice, InvalidInput
from armchair.offers import extras

GPU = {"engine": "warp", "device": "cuda"}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is there, as far as anybody looks."""
    monkeypatch.setattr(extras, "_is_there", lambda module: True)


def test_a_device_that_is_not_there_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInput, match=r"^device cuda: PyTorch \S+ .*: leave out --device$"):
        check_engine("warp", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_engine("warp", "cuda")
    with pytest.raises(InvalidInput, match="device cuda needs the engine warp, mujoco runs on the CPU"):
        check_engine("mujoco", "cuda")
    with pytest.raises(InvalidChoice, match="cuda"):
        check_engine("warp", "gpu")


def test_an_environment_of_others_and_wishes_stay_on_the_cpu() -> None:
    config = EnvConfig(engine="warp", device="cuda")
    with pytest.raises(InvalidInput, match="Pendulum-v1 runs on the CPU"):
        resolve_task("gymnasium:Pendulum-v1").check(config)
    whole = TeachConfig(env=config, policy="runs/reach-001")
    check(whole)
    asked = replace(whole.wishes, asked={"smooth": "Which one moves more smoothly?"})
    with pytest.raises(InvalidInput, match="wishes are taught on the CPU"):
        check(replace(whole, wishes=asked))


def test_a_gpu_takes_copies_and_gradients_of_its_size() -> None:
    base = preset_for("stack", None, None, people=False, pointed=False)
    config = with_flags(base, GPU)
    assert (config.practice.num_envs, config.ppo.minibatch) == (COPIES, MINIBATCH)
    assert (config.env.engine, config.env.device) == ("warp", "cuda")
    assert config.ppo.epochs == base.ppo.epochs and config.practice.rollout == base.practice.rollout
    assert with_flags(base, {**GPU, "num_envs": 512}).practice.num_envs == 512
    assert with_flags(base, {"engine": "warp", "device": "cpu"}).practice == base.practice


def test_what_is_shown_and_measured_is_on_mujoco() -> None:
    assert [cpu_engine(name) for name in ("mujoco", "bullet", "warp")] == ["mujoco", "bullet", "mujoco"]
    config = EnvConfig(engine="warp", device="cuda", control="joint", motion=True)
    assert config.on_cpu() == EnvConfig(control="joint", motion=True)
    env = resolve_task("reach").make(2, config.on_cpu())
    assert env.device.type == "cpu"
    env.close()
