"""One GPU: what the engine warp keeps of its contract there, and its speed beside this host's cores.

`benchmarks/gpu.sh` runs it. It takes at most `--minutes`, leaves out what it has no time for, and says what
that was. With `--device cpu` and small numbers it tries the whole way on Warp's CPU backend.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version

import torch

from armchair.agents.ppo import PPOConfig, update
from armchair.config.gpu import MINIBATCH
from armchair.engines import Engine, EngineChoice
from armchair.engines.warp import WarpEngine
from armchair.envs.arm_env import ArmEnv, make_env
from armchair.jsonable import Json
from armchair.maths import generator
from armchair.rollout.collect import Running, collect
from armchair.training.fixed_reward import new_agent

MINUTES = 8  # `armchair bench` runs what takes minutes only when it is named
TASKS = ("reach", "pick_place", "stack")
ROLLOUT = 32  # control steps between two updates
PPO = PPOConfig(hidden=(128, 128), epochs=5, minibatch=MINIBATCH)
TOOL = 0.01  # m, farthest that the tools of both engines may be apart after a second of free motion


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--copies", default="1024,4096,8192", help="numbers of copies, with commas")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement, after a warm-up")
    parser.add_argument("--rounds", type=int, default=3, help="measurements, of which the median is told")
    parser.add_argument("--episodes", type=int, default=1024, help="scripted ones")
    parser.add_argument("--minutes", type=float, default=MINUTES - 0.5)
    parser.add_argument("--teach", default="reach;stack --demos scripted:20", help="what to teach, with ;")
    return parser.parse_args()


class Clock:
    """The time there is, and what came of each stage."""

    def __init__(self, minutes: float, device: str) -> None:
        self._end, self._device = time.perf_counter() + 60.0 * minutes, device
        self.found: dict[str, Json] = {}
        self.left_out: list[str] = []
        self.failed: dict[str, str] = {}

    @property
    def left(self) -> float:
        """Seconds."""
        return self._end - time.perf_counter()

    def stage(self, name: str, least: float, work: Callable[[], Json]) -> None:
        """Do it, if there are `least` seconds for it; a stage that fails does not keep others from theirs."""
        if self.left < least:
            self.left_out.append(name)
            return
        began = time.perf_counter()
        try:
            self.found[name] = work()
        except Exception as error:  # each is told: the machine is there only once
            self.failed[name] = f"{type(error).__name__}: {str(error)[:300]}"
        told = self.found.get(name, self.failed.get(name))
        print(f"{name} ({time.perf_counter() - began:.1f} s): {told}", flush=True)

    def wait(self) -> None:
        """Until the device has done all that was asked of it."""
        if self._device == "cuda":
            torch.cuda.synchronize()


def machine(device: str) -> Json:
    """What it runs on."""
    card = torch.cuda.get_device_name() if device == "cuda" else None
    names = ("torch", "mujoco", "mujoco-warp", "warp-lang", "numpy")
    cores = len(os.sched_getaffinity(0))
    return {"card": card, "cores": cores, **{name: version(name) for name in names}}


# ---- the contract


def sweep(engine: Engine, home: torch.Tensor, steps: int, *, start: int = 0) -> torch.Tensor:
    """Steps that open and shut the hand while the joints move about home (N, J). -> the last snapshot."""
    for k in range(start, start + steps):
        rng = torch.Generator().manual_seed(k)
        joints = home + 0.15 * (2.0 * torch.rand(home.shape, generator=rng) - 1.0)
        opening = torch.full((len(home), 1), 0.08 * ((k // 8) % 2))
        engine.step(torch.cat((joints, opening), 1).to(engine.device))
    return engine.snapshot().cpu()


def contract(device: str) -> Json:
    """Equal calls give equal bits; what was kept replays to the bit; a copy that diverges does so alone."""
    first, second = (
        make_env("stack", num_envs=64, engine=EngineChoice("warp", device)).engine for _ in range(2)
    )
    assert isinstance(first, WarpEngine) and isinstance(second, WarpEngine)
    home = first.state().joint_pos.cpu()
    second.restore(torch.arange(64), first.snapshot())
    equal = torch.equal(sweep(first, home, 40), sweep(second, home, 40))
    kept = first.snapshot()
    once = sweep(first, home, 20, start=40)
    first.restore(torch.arange(64), kept)
    replays = torch.equal(once, sweep(first, home, 20, start=40))
    first._arrays.v[5, -6] = 1e6
    targets = torch.cat((home, torch.zeros(64, 1)), 1).to(first.device)
    diverged = first.step(targets).nonzero().flatten().tolist()
    return {"equal": equal, "replays": replays, "diverges_alone": diverged == [5]}


def agreement(device: str) -> Json:
    """Farthest that the tools are apart after a second of equal actions at reach, beside MuJoCo."""
    places = []
    for engine, where in (("mujoco", "cpu"), ("warp", device)):
        env = make_env("reach", num_envs=64, engine=EngineChoice(engine, where), seed=0)
        env.reset(seed=0)
        rng = torch.Generator().manual_seed(0)
        for _ in range(20):
            env.step((2.0 * torch.rand(64, env.action_dim, generator=rng) - 1.0).to(env.device))
        places.append(env.state.tool_pos.cpu())
    worst = float((places[0] - places[1]).norm(dim=1).max())
    return {"worst_mm": round(1000.0 * worst, 4), "ok": worst <= TOOL}


def scripted(device: str, episodes: int) -> Json:
    """Share of episodes in which the scripted solver stacks, on warp and on MuJoCo."""
    shares: dict[str, Json] = {}
    for engine, where in (("warp", device), ("mujoco", "cpu")):
        env = make_env("stack", num_envs=episodes, engine=EngineChoice(engine, where), seed=0, threads=0)
        env.reset(seed=0)
        for _ in range(env.horizon - 1):
            env.step(env.script())
        shares[engine] = round(float(env.step(env.script()).success.float().mean()), 4)
        shares[f"{engine}_diverged"] = env.diverged
        env.close()
    return shares


# ---- speed


def speed(clock: Clock, env: ArmEnv, args: argparse.Namespace, *, learn: bool) -> Json:
    """Environment steps a second, all copies together: the median of some measurements, and all of them."""
    agent = new_agent(env, PPO, 0)
    noise, order = (generator(0, name, device=env.device) for name in ("act", "learn"))
    running, net = Running(env.reset(0, stagger=True)), agent.net
    rates: list[float] = []
    for turn in range(args.rounds + 1):  # the first one compiles, and does not count
        clock.wait()
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < (args.seconds if turn else 0.0) or not steps:
            rollout, _ = collect(env, lambda obs: net.sample(obs, noise), ROLLOUT, running, reward="task")
            if learn:
                update(agent, rollout, PPO, order)
            steps += ROLLOUT * env.num_envs
            clock.wait()
        rates.append(steps / (time.perf_counter() - began))
    return {"median": round(statistics.median(rates[1:])), "all": [round(rate) for rate in rates[1:]]}


def measured(clock: Clock, args: argparse.Namespace, task: str, copies: int, learn: bool) -> Json:
    """The same of the engine warp on the device."""
    env = make_env(task, num_envs=copies, engine=EngineChoice("warp", args.device))
    try:
        return speed(clock, env, args, learn=learn)
    finally:
        env.close()


def freely(clock: Clock, args: argparse.Namespace, copies: int) -> Json:
    """Stack where equal runs need not be equal to the bit."""
    env = make_env("stack", num_envs=copies, engine=EngineChoice("warp", args.device, deterministic=False))
    return speed(clock, env, args, learn=False)


def host(clock: Clock, args: argparse.Namespace, task: str, copies: int, learn: bool) -> Json:
    """The same of MuJoCo on all cores of this host; learning is on all of them, too."""
    env, before = make_env(task, num_envs=copies, threads=0), torch.get_num_threads()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    try:
        return speed(clock, env, args, learn=learn)
    finally:
        torch.set_num_threads(before)
        env.close()


def teach(clock: Clock, device: str, words: str) -> Json:
    """A run of teaching from beginning to end, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "armchair.cli", "teach", *words.split(), "--teacher", "oracle"]
        command += ["--engine", "warp", "--device", device, "--runs", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=max(1.0, clock.left - 5.0))
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no word"])[-1])
        told = json.loads(done.stdout.strip().splitlines()[-1])
    return {"seconds": round(time.perf_counter() - began, 1), "success": told.get("success")}


def main() -> int:
    """Measure; prints one JSON object at the end, whatever failed."""
    args = arguments()
    if args.device == "cuda" and not torch.cuda.is_available():
        print(json.dumps({"success": False, "why": f"PyTorch {torch.__version__} sees no NVIDIA GPU here"}))
        return 2
    torch.set_num_threads(1)
    clock = Clock(args.minutes, args.device)
    copies, tasks = [int(word) for word in args.copies.split(",")], args.tasks.split(",")
    clock.stage("machine", 0.0, lambda: machine(args.device))
    clock.stage("contract", 30.0, lambda: contract(args.device))
    clock.stage("agreement", 20.0, lambda: agreement(args.device))
    clock.stage("scripted_stack", 20.0, lambda: scripted(args.device, args.episodes))
    one = (args.rounds + 1) * args.seconds + 5.0
    for number in copies[::-1]:
        for task in tasks:
            for learn in (True, False):
                name = f"{task}_{number}" + ("_ppo" if learn else "")
                clock.stage(name, one, lambda: measured(clock, args, task, number, learn))  # noqa: B023
    for task in tasks:
        for learn in (True, False):
            name = f"host_{task}" + ("_ppo" if learn else "")
            clock.stage(name, one, lambda: host(clock, args, task, copies[0], learn))  # noqa: B023
    clock.stage("stack_not_deterministic", one, lambda: freely(clock, args, copies[-1]))
    for words in filter(None, args.teach.split(";")):
        clock.stage(f"teach {words}", 20.0, lambda: teach(clock, args.device, words))  # noqa: B023
    kept = clock.found.get("contract"), clock.found.get("agreement")
    success = not clock.failed and all(isinstance(one, dict) and False not in one.values() for one in kept)
    rest: dict[str, Json] = {"left_out": list(clock.left_out), "failed": dict(clock.failed)}
    print(json.dumps({"success": success, "device": args.device, **clock.found, **rest}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
