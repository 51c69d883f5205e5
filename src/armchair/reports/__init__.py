"""What came of runs: summaries, curves, intervals, how good a reward model is."""
