"""The list of runs: a small server of its own that opens, starts and stops the runs of a folder."""
