"""What a run of teaching is asked to do: its settings, presets, how files are read."""
