"""Putting environment, agent and reward together until the arm does what is wanted."""
