"""Meshes of fewer triangles, so that a scene of detailed ones is small enough to be sent and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from armchair.engines.display.shapes import Floats, Ints

FINEST = 1 / 500  # of a scene's size, the first cells that are tried
COARSER = 1.3  # times, for the next try
ROUNDS = 24


class Surface(NamedTuple):
    """Triangles."""

    points: Floats  # (V, 3) m
    faces: Ints  # (F, 3) rows of `points`


def coarsened(surfaces: Sequence[Surface], size: float, most: int) -> list[Surface]:
    """The surfaces with at most `most` triangles in all, or nearly; as they are where those are few enough.

    size: of the scene, m.
    """
    kept, cell = list(surfaces), FINEST * size
    for _ in range(ROUNDS):
        if sum(len(surface.faces) for surface in kept) <= most:
            break
        kept = [clustered(surface, cell) for surface in surfaces]
        cell *= COARSER
    return kept


def clustered(surface: Surface, cell: float) -> Surface:
    """All points of a cell of space drawn together into their mean (Rossignac and Borrel, 1993)."""
    points, faces = surface
    if not len(points):
        return surface
    cells = np.round(points / cell).astype(np.int64)
    _, index, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    index = index.reshape(-1)
    means = np.stack([np.bincount(index, points[:, k], len(counts)) for k in range(3)], 1) / counts[:, None]
    found = index[faces]
    a, b, c = (found[:, k] for k in range(3))
    found = found[(a != b) & (b != c) & (c != a)]
    if not len(found):  # smaller than a cell: a box of the same size stands for it
        return box_of(points) if np.ptp(points, axis=0).max() > 0.25 * cell else Surface(means[:0], found)
    first = np.argmin(found, axis=1)  # the same triangle may begin at any of its corners, but keeps its turn
    turned = np.stack([np.take_along_axis(found, ((first + k) % 3)[:, None], 1)[:, 0] for k in range(3)], 1)
    return Surface(means, np.unique(turned, axis=0).astype(np.int32))


def box_of(points: Floats) -> Surface:
    """The box around points."""
    low, high = points.min(0), points.max(0)
    corners = np.array([[(low, high)[k >> axis & 1][axis] for axis in range(3)] for k in range(8)])
    quads = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Surface(corners, np.array(faces, dtype=np.int32))
