"""Settings of all examples, to make them smaller, from the environment: see README.md."""

import json
import os

SETTINGS = json.loads(os.environ.get("ARMCHAIR_EXAMPLE", "{}"))
