"""What stands around all of a server: the path below which it is, and what is counted of its requests."""
