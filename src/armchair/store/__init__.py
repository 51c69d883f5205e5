"""The database of a run: clips, questions, answers, people, settings, metrics."""
