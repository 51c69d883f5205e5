"""`python -m armchair.cli`: the same as the `armchair` command."""

import sys

from armchair.cli import process

sys.exit(process())
