"""Where an environment stands, as tensors by name."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from armchair.envs.arm_env import ArmEnv, EnvSnapshot
from armchair.envs.base import Env
from armchair.runs.tensors import named


def kept(prefix: str, env: Env) -> dict[str, Tensor]:
    """Where an environment stands; nothing of one of others, which cannot tell."""
    return named(prefix, env.snapshot()) if isinstance(env, ArmEnv) else {}


def restore(env: Env, tensors: Mapping[str, Tensor]) -> bool:
    """Bring an environment of ours back; one of others begins its episodes anew. -> whether it is back."""
    if not isinstance(env, ArmEnv):
        return False
    env.restore(EnvSnapshot(**tensors))
    return True
