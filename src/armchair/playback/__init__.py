"""Showing what a policy does: live, as a film, as a replay, from a dump."""
