"""What people who teach are told of where they stand, beside success."""
