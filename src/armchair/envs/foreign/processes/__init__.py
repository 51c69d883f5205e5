"""Copies of an environment of others in processes of their own: of this machine, or of a Ray cluster."""
