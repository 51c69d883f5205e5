"""The reward model: what it looks at, the ensemble, its fitting to answers, and how good it is."""
