"""`python -m armchair.cli`: the same as the `armchair` command."""

import sys

from armchair.cli import main

sys.exit(main())
