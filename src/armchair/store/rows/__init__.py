"""Rows of the store's tables, within a transaction that the caller holds."""
