"""Wishes on top of a skill: how it is done, learned from answers of their own, without losing the skill."""
