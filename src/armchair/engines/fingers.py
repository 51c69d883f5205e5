"""How far a gripper is open, from where its joints are, and back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.arms.arm import Gripper


class Fingers:
    """The joints of a gripper and the gap between its pads, for N grippers at once."""

    def __init__(self, gripper: Gripper) -> None:
        """gripper: see `Gripper`; a gap that is not proportional to the way is looked up."""
        self.stroke = gripper.stroke
        self._shut = torch.tensor(gripper.shut, dtype=torch.float64)
        self._way = torch.tensor(gripper.open, dtype=torch.float64) - self._shut
        self._gaps = np.array(gripper.gaps)
        self._shares = np.linspace(0.0, 1.0, len(gripper.gaps))
        self._straight = len(gripper.gaps) == 2
        self._per_joint = (self.stroke / (len(gripper.shut) * self._way)).float()

    def positions(self, opening: Tensor) -> NDArray[np.float64]:
        """Where the joints are when it is open by `opening` (n,) m. -> (n, F) rad or m."""
        gap = opening.double()
        share = gap / self.stroke if self._straight else self._share(gap)
        return (self._shut + share.unsqueeze(1) * self._way).numpy()

    def opening(self, positions: Tensor) -> Tensor:
        """The gap, of joints at `positions` (n, F). -> (n,) m."""
        total = ((positions - self._shut.float()) * self._per_joint).sum(1)
        if self._straight:
            return total
        gaps = np.interp((total / self.stroke).numpy(), self._shares, self._gaps)
        return torch.from_numpy(gaps).float()

    def _share(self, gap: Tensor) -> Tensor:
        return torch.from_numpy(np.interp(gap.numpy(), self._gaps, self._shares))
