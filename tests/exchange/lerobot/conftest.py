"""A small data set, as somebody's robot might have left it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.exchange.lerobot.schema import Episode, Named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.video import Frame

Make = Callable[..., Path]
NAMED = Named(20, "testarm", ("tool.x", "tool.y", "tool.z", "grip"), ("dx", "dy"))


def episode(number: int, length: int) -> Episode:
    """One whose numbers tell where they are: state 0 counts frames, action 0 is the episode's number."""
    count = torch.arange(length, dtype=torch.float32)
    state = torch.stack((count, count + number, torch.full_like(count, number), -count), 1)
    action = torch.stack((torch.full_like(count, number), count / 100), 1)
    task = "lift it" if number % 2 else "push it"
    return Episode(state, action, task, count / length, count == length - 1)


def pictures(number: int, length: int) -> list[Frame]:
    """Plain ones, as bright as tells which frame it is."""
    return [np.full((64, 96, 3), 20 + 15 * number + 3 * (t % 5), np.uint8) for t in range(length)]


@pytest.fixture
def make_dataset(tmp_path: Path) -> Make:
    """Writes a data set of episodes of these lengths. -> its folder."""
    pytest.importorskip("pyarrow")

    def make(lengths: tuple[int, ...] = (20, 25, 22), *, films: bool = True, name: str = "given") -> Path:
        with DatasetWriter(tmp_path / name, NAMED) as data:
            for number, length in enumerate(lengths):
                data.add(episode(number, length), pictures(number, length) if films else ())
            data.finish()
        return tmp_path / name

    return make
