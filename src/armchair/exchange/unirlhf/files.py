"""The zip file of Uni-RLHF's platform, in and out: meta_data.json and label.csv.

label.csv names stretches of a data set by the numbers of their steps and has no numbers itself. What armchair
writes brings these along, as `trajectories.npz`: observations (N, F), actions (N, A). A file of the platform
needs them beside it, as such an npz or as a LeRobotDataset.
"""

from __future__ import annotations

from armchair.reading.limits import IMPORT_BYTES, JSON_BYTES
from armchair.types import Choice

META, LABELS, NUMBERS = "meta_data.json", "label.csv", "trajectories.npz"
KINDS = {META: JSON_BYTES, LABELS: JSON_BYTES, NUMBERS: IMPORT_BYTES}
STEPS = ("start_indices_1", "end_indices_1", "start_indices_2", "end_indices_2")
OPTIONS: tuple[Choice, ...] = ("left", "right", "tie")
