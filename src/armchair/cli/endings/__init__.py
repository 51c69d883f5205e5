"""How commands end: requests to stop, outputs that fail, disks that are full; see docs/reliability.md.

`armchair.cli.main` is where all of them arrive. Commands only say what is left behind, with `leaving`.
"""
