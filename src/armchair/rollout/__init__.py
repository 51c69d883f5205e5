"""Letting policies act, and keeping what they did."""
