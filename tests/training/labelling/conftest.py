"""Recorded data of somebody's robot: fifty films of an arm that comes more or less near to a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.exchange.lerobot.schema import Episode, Named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.maths import generator
from armchair.video import Frame

FPS, SIDE = 10, 64
JOINTS = tuple(f"joint_{i}.pos" for i in range(4))
NAMED = Named(FPS, "planar_arm", (*JOINTS, "goal_x", "goal_y"), JOINTS, success=False)


def tool(joints: torch.Tensor) -> torch.Tensor:
    """Where the tool of a planar arm with four links of 0.25 m is. (T, 4) -> (T, 2) m."""
    angles = joints.cumsum(1)
    return 0.25 * torch.stack((angles.cos().sum(1), angles.sin().sum(1)), 1)


def recorded(length: int, rng: torch.Generator) -> tuple[Episode, list[Frame]]:
    """The joints go from one place to another, which may be any distance from the goal."""
    begin, end = (torch.rand(4, generator=rng) * 1.6 - 0.8 for _ in range(2))
    share = torch.linspace(0.0, 1.0, length + 1).unsqueeze(1)
    wobble = 0.03 * torch.randn(length + 1, 4, generator=rng)
    joints = begin + (end - begin) * (3 * share**2 - 2 * share**3) + wobble
    goal = torch.tensor([0.55, 0.45])
    places = tool(joints)
    reward = -(places[1:] - goal).norm(dim=1)
    state = torch.cat((joints[:-1], goal.expand(length, 2)), 1)
    frames = [picture(place, goal) for place in places[:-1]]
    return Episode(state, joints[1:], "Put the tool on the mark.", reward), frames


def picture(place: torch.Tensor, goal: torch.Tensor) -> Frame:
    """The mark in green, the tool in red."""
    frame = np.full((SIDE, SIDE, 3), 230, np.uint8)
    for at, colour in ((goal, (40, 160, 60)), (place, (200, 40, 40))):
        row, column = (int(SIDE * (0.5 - 0.45 * float(at[k]))) for k in (1, 0))
        frame[max(0, row - 3) : row + 3, max(0, column - 3) : column + 3] = colour
    return frame


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of fifty episodes with films."""
    pytest.importorskip("pyarrow")
    folder, rng = tmp_path_factory.mktemp("given") / "arm", generator(0, "recorded")
    with DatasetWriter(folder, NAMED) as data:
        for number in range(50):
            data.add(*recorded(30 + number % 7, rng))
        data.finish()
    return folder
