"""Labelling recorded data: no simulator, no policy, a reward model that is fitted as people answer."""
