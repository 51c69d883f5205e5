"""`armchair play`: who plays what, and the ways of showing it."""
