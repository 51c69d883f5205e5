"""Answers and clips as files of other programs, in and out."""
