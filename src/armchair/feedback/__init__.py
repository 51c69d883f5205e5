"""What people, and simulated teachers in their place, are asked and what they say."""
