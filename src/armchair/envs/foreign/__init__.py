"""Environments of others behind `armchair.envs.base.Env`."""
