"""What models by others look like: their geoms as parts of a scene."""
