"""What commands are told of wishes."""
