"""What there is to choose from, and what can be installed besides; nothing here loads any of it."""
