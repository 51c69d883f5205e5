"""`armchair export`: the ways out that take more than a call."""
