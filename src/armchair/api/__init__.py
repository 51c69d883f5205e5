"""The public Python API; `import armchair` gives its names, each loaded when it is first used."""
