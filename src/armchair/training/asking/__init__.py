"""Asking: who answers, when to ask, what is filmed for it, which pairs are shown."""
