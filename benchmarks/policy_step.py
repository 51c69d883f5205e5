"""A decision of a policy: onnxruntime on policy.onnx against PyTorch, one observation at a time."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _timing import finish, pin, ratio, take_turns

from armchair.agents.networks import ActorCritic
from armchair.agents.presets import preset
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.exchange.deploy.describe import about_of
from armchair.exchange.deploy.modules import PolicyModule, policy_ports
from armchair.exchange.deploy.playing import OnnxPolicy, session_of
from armchair.exchange.deploy.writing import program_of, write_onnx
from armchair.maths import generator

TASK, CALLS, ROWS = "stack", 500, 1000


def make(folder: Path) -> tuple[ActorCritic, Path]:
    """A policy of the task's own widths, in torch and as a file."""
    spec, config, rng = resolve_task(TASK), EnvConfig(), generator(0, "policy")
    about = about_of(spec, config, 0)
    widths = preset(TASK).ppo.hidden
    net = ActorCritic(len(about.observation), len(about.action), widths, 1.0, rng)
    net.actor.theta.mul_(3.0)
    net.normaliser.absorb(torch.randn(500, net.obs_dim, generator=rng))
    ports, file = policy_ports(net), folder / "policy.onnx"
    write_onnx(program_of(PolicyModule(net), ports), ports, about.texts(), file)
    return net, file


def calls(step: Callable[[], object]) -> Callable[[], None]:
    """Many of them, so that the clock is fine enough."""

    def run() -> None:
        for _ in range(CALLS):
            step()

    return run


def main() -> None:
    """Equality over random observations, then time, turn by turn."""
    pin(1)
    with tempfile.TemporaryDirectory() as folder:
        net, file = make(Path(folder))
        many = 3.0 * torch.randn(ROWS, net.obs_dim, generator=generator(1, "obs"))
        apart = float((OnnxPolicy(file)(many) - net.best(many)).abs().max())
        session, row = session_of(file.read_bytes(), file), many[:1]
        feed = {"observation": np.ascontiguousarray(row.numpy())}
        contenders = {
            "onnxruntime": calls(lambda: session.run(["action"], feed)),
            "torch": calls(lambda: net.best(row)),
        }
        with torch.inference_mode():
            times = take_turns(contenders, rounds=15)
    for name, seconds in times.items():
        print(f"{name}: {1e6 * statistics.median(seconds) / CALLS:.1f} µs a decision")
    print(f"farthest apart over {ROWS} observations: {apart:.1e}")
    own = statistics.median(times["onnxruntime"]) / CALLS
    finish(
        {
            "decisions in 0.2 ms": (2e-4 / own, 1.0),
            "torch over onnxruntime": (ratio(times["torch"], times["onnxruntime"]), 1.0),
            "1e-5 over the difference": (1e-5 / max(apart, 1e-12), 1.0),
        }
    )


if __name__ == "__main__":
    main()
