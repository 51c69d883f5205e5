"""Teach a robot arm from your armchair: watch two short clips, click the better one.

The names below are the public Python API (docs/api.md); they keep their meaning from one minor version to
the next. Each is loaded when it is first used, so that `import armchair` takes little and loads neither torch
nor a simulator. It does make the package's ids known to Gymnasium, which has no other way to find them since
1.0 (docs/adr/0005).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from armchair.envs.gym.registration import register_envs
from armchair.errors import ArmchairError
from armchair.version import __version__

if TYPE_CHECKING:
    from armchair.api.clips import Clip as Clip
    from armchair.api.controller import Controller as Controller
    from armchair.api.features import States as States
    from armchair.api.learned.sb3 import SB3VecEnv as SB3VecEnv
    from armchair.api.learned.single import LearnedReward as LearnedReward
    from armchair.api.learned.vector import LearnedVectorReward as LearnedVectorReward
    from armchair.api.moments import Asked as Asked
    from armchair.api.moments import Moments as Moments
    from armchair.api.policy import Policy as Policy
    from armchair.api.reward import Reward as Reward
    from armchair.api.run import Run as Run
    from armchair.api.run import load as load
    from armchair.api.teaching import Strategy as Strategy
    from armchair.api.teaching import Teaching as Teaching
    from armchair.api.teaching import resume as resume
    from armchair.api.teaching import teach as teach
    from armchair.api.wishes import teach_wishes as teach_wishes

_HOMES = {
    "Asked": "moments",
    "Clip": "clips",
    "Controller": "controller",
    "LearnedReward": "learned.single",
    "LearnedVectorReward": "learned.vector",
    "Moments": "moments",
    "Policy": "policy",
    "Reward": "reward",
    "Run": "run",
    "SB3VecEnv": "learned.sb3",
    "States": "features",
    "Strategy": "teaching",
    "Teaching": "teaching",
    "load": "run",
    "resume": "teaching",
    "teach": "teaching",
    "teach_wishes": "wishes",
}

__all__ = ["ArmchairError", "__version__", "register_envs", *_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]

register_envs()


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'armchair' has no attribute {name!r}")
    found: object = getattr(import_module(f"armchair.api.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
