"""Points and scalars in environments of others: what they are called, where they are, whether they move."""
