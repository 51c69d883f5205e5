"""Where tool, blocks and goal of a clip are, for a small replay in two plane views."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from armchair.reading.plain import parse_object
from armchair.store.rows.clips import Replay

View = Literal["above", "side"]
AXES: dict[View, tuple[int, int]] = {"above": (0, 1), "side": (0, 2)}  # which of x, y, z go right and up
BLOCK = "block"  # names of blocks begin so


class _Header(TypedDict):
    """What a scene says of itself."""

    tool_offset: list[float]  # m
    tool_body: int
    bodies: list[dict[str, object]]


class Tool(NamedTuple):
    """Which row of the poses is the tool, where its tip is in that body's frame, and which are blocks."""

    row: int
    offset: tuple[float, float, float]  # m
    blocks: tuple[int, ...] = ()


class Paths(NamedTuple):
    """Positions in m, world frame; L steps."""

    tool: NDArray[np.float32]  # (L, 3) the tip
    arm: NDArray[np.float32]  # (L, A, 3) from the base to the tip
    blocks: NDArray[np.float32]  # (L, K, 3)
    goal: NDArray[np.float32]  # (L, 3)


def poses_of(clip: Replay) -> NDArray[np.float32] | None:
    """The poses (L, B, 7) of a clip; None where it has none."""
    if clip.poses is None or clip.bodies < 2:
        return None
    return np.frombuffer(clip.poses, dtype="<f4").reshape(clip.steps, clip.bodies, 7)


def tool_of(scene: bytes) -> Tool | None:
    """What the scene's header says of the tool; None where it does not say it."""
    try:
        told = parse_object(scene[4 : 4 + int.from_bytes(scene[:4], "little")], "the header of the scene")
        header = cast("_Header", told)
        x, y, z = (float(value) for value in header["tool_offset"])
        names = [str(body["name"]) for body in header["bodies"]]
        blocks = tuple(k for k, name in enumerate(names) if name.startswith(BLOCK))
        return Tool(int(header["tool_body"]), (x, y, z), blocks)
    except (ValueError, KeyError, TypeError):
        return None


def busiest(poses: NDArray[np.float32]) -> Tool:
    """Where there is no scene: the body that moves farthest is taken for the tool."""
    travelled = np.linalg.norm(np.diff(poses[:, :-1, :3], axis=0), axis=-1).sum(axis=0)
    return Tool(int(travelled.argmax()), (0.0, 0.0, 0.0))


def paths(poses: NDArray[np.float32], tool: Tool) -> Paths:
    """What is drawn of the poses (L, B, 7); their last row is the goal's marker."""
    row = min(tool.row, poses.shape[1] - 2)
    tip = poses[:, row, :3] + rotated(poses[:, row, 3:], np.array(tool.offset, dtype=np.float32))
    arm = np.concatenate((poses[:, : row + 1, :3], tip[:, None]), axis=1)
    return Paths(tip, arm, poses[:, list(tool.blocks), :3], poses[:, -1, :3])


def rotated(quaternions: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector (3,) turned by unit quaternions w, x, y, z (L, 4). -> (L, 3).

    v + 2 w (u × v) + 2 u × (u × v), u the vector part.
    """
    w, u = quaternions[:, :1], quaternions[:, 1:]
    once = np.cross(u, vector)
    return (vector + 2 * (w * once + np.cross(u, once))).astype(np.float32)
