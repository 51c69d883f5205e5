"""How far each frame of a data set has come by a learned reward: `sarm_progress.parquet`.

The file is that of lerobot's SARM, which its reward-aligned behaviour cloning weighs frames by.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from armchair.exchange.parquet import write_table

FILE = "sarm_progress.parquet"
COLUMNS = {
    "index": "int64",
    "episode_index": "int64",
    "frame_index": "int64",
    "progress_sparse": "float32",
}
LOW, HIGH = 0.01, 0.99  # quantiles of the reward over all frames, which become 0 and 1
SCALE = "armchair.progress"  # the key, in the file's metadata, of what these were
MODEL = "reward_model_path"  # of lerobot


class Scale(NamedTuple):
    """Rewards that are 0 and 1 of the way."""

    low: float
    high: float


def write_progress(
    path: Path, rewards: Sequence[Tensor], model: str, numbers: Sequence[int] | None = None
) -> Scale:
    """Write it in place of what is there. -> what is 0 and what is 1.

    rewards: of each episode, (T,) of its frames. model: where the reward model lies. numbers: the episodes'
    indices, if not 0, 1, …. Of a reward that is the same everywhere all frames are halfway.
    """
    every = torch.cat(list(rewards)).double()
    scale = Scale(*(float(np.quantile(every.numpy(), share)) for share in (LOW, HIGH)))
    span = scale.high - scale.low
    share = ((every - scale.low) / span).clamp(0.0, 1.0) if span > 0 else torch.full_like(every, 0.5)
    lengths = [len(own) for own in rewards]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(
        path,
        {
            "index": np.arange(len(every)),
            "episode_index": np.repeat(range(len(lengths)) if numbers is None else numbers, lengths),
            "frame_index": np.concatenate([np.arange(length) for length in lengths]),
            "progress_sparse": share.numpy().astype(np.float32),
        },
        COLUMNS,
        {MODEL: model, SCALE: json.dumps(scale._asdict())},
    )
    return scale
