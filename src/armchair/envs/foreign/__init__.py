"""Environments of others behind `armchair.envs.base.Env`."""

from armchair.envs.foreign.env import import_env

__all__ = ["import_env"]
