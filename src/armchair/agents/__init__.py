"""Policies that learn from a rollout's reward, whoever gave it."""
