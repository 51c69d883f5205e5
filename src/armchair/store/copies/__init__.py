"""A store, or a run as a whole, copied elsewhere while it is in use."""
