"""Labelling what was recorded elsewhere."""
