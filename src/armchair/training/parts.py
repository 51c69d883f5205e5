"""Tensors of several things in one checkpoint: names with a prefix for each, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from armchair.envs.arm_env import ArmEnv, EnvSnapshot
from armchair.envs.base import Env


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors with "prefix." before their names."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def named(prefix: str, state: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Fields of a named tuple of tensors, with a prefix; whoever keeps them may not change them."""
    fields = getattr(state, "_fields")  # noqa: B009 - a NamedTuple's, which its type does not show
    return {
        f"{prefix}.{name}": torch.as_tensor(value).clone() for name, value in zip(fields, state, strict=True)
    }


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with "prefix.", without it."""
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def kept(prefix: str, env: Env) -> dict[str, Tensor]:
    """Where an environment stands; nothing of one of others, which cannot tell."""
    return named(prefix, env.snapshot()) if isinstance(env, ArmEnv) else {}


def restore(env: Env, tensors: Mapping[str, Tensor]) -> bool:
    """Bring an environment of ours back; one of others begins its episodes anew. -> whether it is back."""
    if not isinstance(env, ArmEnv):
        return False
    env.restore(EnvSnapshot(**tensors))
    return True
