"""Runs of one kind and seed each, made side by side: what one is, who makes them, what is said of them."""
