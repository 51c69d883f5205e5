"""Environments of others behind `armchair.envs.base.Env`."""

from armchair.envs.foreign.importing import import_env

__all__ = ["import_env"]
