"""Policies that learn from rewards, whatever their source."""
