"""What a LeRobotDataset says of its numbers: lerobot normalises by it. Formulas as in lerobot's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.generic]
Stats = dict[str, NDArray[np.float64]]
"""min, max, mean, std, count and quantiles of a feature; all of its shape but the count, which is (1,)."""

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
NAMES = ("min", "max", "mean", "std", "count", *QUANTILES)
MOST_FRAMES, SIDE = 100, 32  # of a film: so many frames, every so many pixels that there are as many a side


def of_rows(values: Numbers) -> Stats:
    """Of a feature's rows (T, D) or (T,)."""
    rows = values.reshape(len(values), -1).astype(np.float64)
    return _of(rows, len(rows))


def of_frames(frames: Sequence[NDArray[np.uint8]]) -> Stats:
    """Of pictures (H, W, 3), by channel, in 0 … 1, each (3, 1, 1); not every pixel is looked at."""
    step = max(1, -(-len(frames) // MOST_FRAMES))
    thin = max(1, min(frames[0].shape[:2]) // SIDE)
    pixels = np.concatenate([frame[::thin, ::thin].reshape(-1, 3) for frame in frames[::step]])
    found = _of(pixels.astype(np.float64) / 255.0, len(frames))
    return {name: value if name == "count" else value.reshape(3, 1, 1) for name, value in found.items()}


def _of(rows: NDArray[np.float64], count: int) -> Stats:
    found: Stats = {
        "min": rows.min(0),
        "max": rows.max(0),
        "mean": rows.mean(0),
        "std": rows.std(0),
        "count": np.array([count], dtype=np.float64),
    }
    return found | {name: np.quantile(rows, share, axis=0) for name, share in QUANTILES.items()}


def together(parts: Sequence[Stats]) -> Stats:
    """Of all episodes, from those of each; quantiles are weighted means of the episodes' own.

    The variance is that within episodes and that between their means (Chan et al., 1979).
    """
    count = np.sum([part["count"] for part in parts], axis=0)
    share = [part["count"] / count for part in parts]
    mean = _weighted(share, [part["mean"] for part in parts])
    spread = [part["std"] ** 2 + (part["mean"] - mean) ** 2 for part in parts]
    found: Stats = {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": mean,
        "std": np.sqrt(_weighted(share, spread)),
        "count": count,
    }
    return found | {name: _weighted(share, [part[name] for part in parts]) for name in QUANTILES}


def _weighted(share: Sequence[NDArray[np.float64]], of: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    total = np.zeros_like(of[0])
    for weight, value in zip(share, of, strict=True):
        total += weight * value
    return total
