"""What training does on a GPU that computes nothing: tensors there have shapes and devices, and no numbers.

A program of its own, since PyTorch keeps such a device for good. It prints, by check, what was waited for.
Whatever would mix devices, or must know numbers of many tensors, fails here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import CloningConfig, ImitationTerm, imitate
from armchair.agents.networks import ActorCritic
from armchair.agents.ppo import PPOConfig, clip_norm, make_agent, update
from armchair.maths import generator
from armchair.rewards.ensemble import Normaliser, RewardConfig, RewardEnsemble, init_weights
from armchair.rewards.relations import Relations
from armchair.rollout.collect import Running, collect
from armchair.types import Rollout, Step, VisibleLayout

STEPS, COPIES, OBS, ACTIONS = 4, 32, 6, 3
LAYOUT = VisibleLayout(("tool", "goal"), ("opening",))
CONFIG = PPOConfig(hidden=(8,), epochs=2, minibatch=32)
NONE: Any = None  # a generator: there is none of a device that computes nothing
GPU, CPU = torch.device("privateuseone:0"), torch.device("cpu")


class FakeGpu(TorchDispatchMode):
    """Counts what is waited for; what the program reads of the GPU is 0.01."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()
        self._fake = FakeTensorMode(allow_non_fake_inputs=True)

    def begin(self) -> None:
        """Count from here on."""
        self.read = 0  # numbers that the program goes by
        self.fetched = 0  # tensors copied to the CPU

    def __enter__(self) -> FakeGpu:
        self._fake.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._fake.__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            self.read += 1
            return 0.01
        if func is torch.ops.aten.nonzero.default and args[0].device == CPU:
            return torch.zeros(
                0, args[0].ndim, dtype=torch.int64
            )  # of a GPU's it would be waited for, and fails
        out = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default:
            self.fetched += args[0].device == GPU and out.device == CPU
        return out


def agent() -> Agent:
    net = ActorCritic(OBS, ACTIONS, CONFIG.hidden, CONFIG.std, generator(0, "network"), wishes=2)
    return Agent(net.to(GPU), CONFIG.learning_rate)


def rollout() -> Rollout:
    shape = (STEPS, COPIES)
    obs, action = torch.zeros(*shape, OBS + 2, device=GPU), torch.zeros(*shape, ACTIONS, device=GPU)
    number, no = torch.zeros(shape, device=GPU), torch.zeros(shape, dtype=torch.bool, device=GPU)
    return Rollout(obs, action, number, number, no, no, obs, torch.zeros(*shape, LAYOUT.size, device=GPU))


def learns(gpu: FakeGpu, shown: bool) -> dict[str, Any]:
    """An update of PPO, held to demonstrations or not."""
    learner, seen = agent(), rollout()
    term = ImitationTerm(seen.obs[0], seen.action[0], 0.3, NONE) if shown else None
    gpu.begin()
    stats = update(learner, seen, CONFIG, NONE, imitation=term)
    net = learner.net
    where = {net.actor.theta, net.critic.theta, net.log_std, net.weights, net.normaliser.mean}
    return {"gradients": stats.actor_steps, "there": all(value.device == GPU for value in where)}


def acts(gpu: FakeGpu) -> dict[str, Any]:
    """Actions of a policy, as it explores."""
    net = agent().net
    gpu.begin()
    action, density = net.sample(torch.zeros(COPIES, OBS, device=GPU), NONE)
    return {"there": action.device == density.device == GPU}


class Still:
    """Copies in which nothing happens."""

    num_envs, obs_dim, action_dim, horizon, dt, diverged = COPIES, OBS, ACTIONS, 50, 0.05, 0
    layout, device = LAYOUT, GPU

    def reset(self, seed: int | None = None, *, stagger: bool = False) -> Tensor:
        return torch.zeros(COPIES, OBS, device=GPU)

    def step(self, action: Tensor) -> Step:
        obs, no = self.reset(), torch.zeros(COPIES, dtype=torch.bool, device=GPU)
        return Step(obs, action.sum(1), no, no, obs, no, torch.zeros(COPIES, LAYOUT.size, device=GPU))

    def close(self) -> None:
        pass


def collects(gpu: FakeGpu, steps: int, score: bool) -> dict[str, Any]:
    """A rollout: the environment, the policy, the learned reward of it all."""
    env, net = Still(), make_agent(OBS, ACTIONS, CONFIG, generator(0, "network"), GPU).net
    model = ensemble().to(GPU)
    gpu.begin()
    found, _ = collect(
        env,
        lambda obs: net.sample(obs, NONE),
        steps,
        Running(env.reset()),
        reward=model.mean if score else "task",
    )
    return {"there": all(field.device == GPU for field in found)}


def ensemble() -> RewardEnsemble:
    config, size = RewardConfig(members=2, hidden=4), Relations(LAYOUT).size
    one = torch.ones(config.members, 1)
    norm = Normaliser(torch.zeros(size), torch.ones(size), 0.0 * one, one)
    return RewardEnsemble(LAYOUT, config, init_weights(2, size, 4, generator(0, "reward")), norm)


def clones(gpu: FakeGpu) -> dict[str, Any]:
    """Imitation of demonstrations."""
    learner, config = make_agent(OBS, ACTIONS, CONFIG, generator(0, "network"), GPU), CloningConfig(updates=3)
    obs, action = torch.zeros(9, OBS, device=GPU), torch.zeros(9, ACTIONS, device=GPU)
    gpu.begin()
    imitate(learner, obs, action, config, NONE)
    return {"there": learner.net.actor.theta.device == GPU}


def saves(gpu: FakeGpu) -> dict[str, Any]:
    """What is kept of an agent and of running episodes is on the CPU, and can be gone on from."""
    learner, running = agent(), Running(torch.zeros(COPIES, OBS, device=GPU))
    kept = {**learner.tensors(), **running.tensors()}
    learner.load_tensors(learner.tensors())
    running.load_tensors(running.tensors())
    back = (learner.net.normaliser.mean, learner.net.actor.theta, running.obs, running.length)
    best = learner.net.to(CPU).best(torch.zeros(1, OBS))
    at_home = all(value.device == CPU for value in (*kept.values(), best))
    return {"at_home": at_home, "there": all(value.device == GPU for value in back)}


def shrinks(gpu: FakeGpu) -> dict[str, Any]:
    """Gradients that are clipped."""
    return {"there": clip_norm(1.0, torch.zeros(2, device=GPU), torch.zeros(1, device=GPU)).device == GPU}


CHECKS: dict[str, Callable[[FakeGpu], dict[str, Any]]] = {
    "learn": lambda gpu: learns(gpu, False),
    "learn_shown": lambda gpu: learns(gpu, True),
    "act": acts,
    "collect_4": lambda gpu: collects(gpu, 4, True),
    "collect_12": lambda gpu: collects(gpu, 12, True),
    "collect_task": lambda gpu: collects(gpu, 4, False),
    "clone": clones,
    "save": saves,
    "shrink": shrinks,
}


def main() -> int:
    """Do them all; prints one line of JSON."""
    _setup_privateuseone_for_python_backend()
    found: dict[str, Any] = {}
    for name, check in CHECKS.items():
        with FakeGpu() as gpu:
            told = check(gpu)
        found[name] = {"read": gpu.read, "fetched": gpu.fetched, **told}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
