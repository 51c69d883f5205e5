"""Simulators behind one narrow waist (`base.Engine`), chosen by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from armchair.engines.base import Engine
from armchair.engines.scene import Scene
from armchair.errors import InvalidInput, MissingDependency, check_choice
from armchair.offers.extras import command, missing, need

if TYPE_CHECKING:
    from armchair.arms import Arm

__all__ = ["ENGINES", "Engine", "EngineChoice", "check_arm_fits", "check_engine", "cpu_engine", "make_engine"]


def _no_bullet(python: tuple[int, int]) -> str:
    """What to do when pybullet cannot be imported, for this version of Python."""
    if python >= (3, 12):
        return (
            "the bullet engine needs pybullet, whose last release (3.2.7) has no wheels for Python "
            f"{python[0]}.{python[1]}: use Python 3.11, or --engine mujoco"
        )
    return f"the bullet engine needs pybullet: {command('bullet')}, or use --engine mujoco"


ENGINES = ("mujoco", "bullet", "warp")
DEVICES = ("cpu", "cuda")


def cpu_engine(name: str) -> str:
    """The engine that does on the CPU what this one does: the same model, and either reads the other's
    snapshots.
    """
    return "mujoco" if name == "warp" else name


def check_engine(name: str, device: str = "cpu") -> None:
    """Raises InvalidChoice for an unknown name, MissingDependency where the simulator is not installed,
    InvalidInput for a device that it does not run on or that is not there.
    """
    if check_choice("engine", name, ENGINES) == "bullet" and missing("bullet"):
        raise MissingDependency(_no_bullet(sys.version_info[:2]))
    if name == "warp":
        need("warp", "the warp engine")
    if check_choice("device", device, DEVICES) == "cuda":
        _check_cuda(name)


def check_arm_fits(name: str, arm: Arm) -> None:
    """Raises InvalidInput where an engine has the built-in arm alone and the arm is another one."""
    if name != "mujoco" and arm.model is not None:
        raise InvalidInput(
            f"the {name} engine has the built-in arm alone: use --engine mujoco for {arm.name}"
        )


def _check_cuda(engine: str) -> None:
    import torch  # not at the top: lists of engines are told without it

    if engine != "warp":
        raise InvalidInput(f"device cuda needs the engine warp, {engine} runs on the CPU: --engine warp")
    if not torch.cuda.is_available():
        why = "is built for the CPU alone" if torch.version.cuda is None else "finds no NVIDIA GPU"
        raise InvalidInput(f"device cuda: PyTorch {torch.__version__} {why}: leave out --device")


class EngineChoice(NamedTuple):
    """An engine, and where it runs."""

    name: str
    device: str = "cpu"  # one of `DEVICES`
    deterministic: bool = True  # whether equal calls give equal bits on a GPU, too, which costs speed


def make_engine(choice: str | EngineChoice, scene: Scene, num_envs: int, threads: int = 1) -> Engine:
    """`num_envs` copies of a scene on an engine, by name or by choice.

    threads: simulation threads, 0 for one a core; an engine that cannot use them ignores it.
    Raises InvalidInput for less than no threads, and what `check_engine` and `check_arm_fits` raise.
    """
    name, device, deterministic = EngineChoice(choice) if isinstance(choice, str) else choice
    if threads < 0:
        raise InvalidInput(f"threads must be at least 0, which takes one a core; got {threads}")
    check_engine(name, device)
    check_arm_fits(name, scene.arm)
    if name == "mujoco":
        from armchair.engines.mujoco import MujocoEngine

        return MujocoEngine(scene, num_envs, threads)
    if name == "warp":
        from armchair.engines.warp import WarpEngine

        return WarpEngine(scene, num_envs, device, deterministic=deterministic)
    from armchair.engines.bullet import BulletEngine

    return BulletEngine(scene, num_envs)  # PyBullet holds the GIL: more threads do not make it quicker
