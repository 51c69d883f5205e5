"""A learned reward, for whoever has what is seen."""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.api.clips import Clip
from armchair.errors import InvalidInput
from armchair.rewards.ensemble import RewardEnsemble
from armchair.types import VisibleLayout

Batch = TypeVar("Batch", Tensor, NDArray[np.float32])


class Reward:
    """What is seen of states (…, F) -> rewards (…); arrays give arrays, tensors tensors.

    Over the states that were usual at the last fit rewards have a mean of 0.5 and a standard deviation of
    0.25, unless the run's settings say otherwise (`reward.mean`, `reward.std`).
    """

    def __init__(self, model: RewardEnsemble) -> None:
        """Made by `Run.reward`."""
        self._model = model

    @property
    def layout(self) -> VisibleLayout:
        """What the F numbers mean: positions in m of points by name, then scalars."""
        return self._model.layout

    @property
    def members(self) -> int:
        """K, models in the ensemble."""
        return self._model.config.members

    def __call__(self, visible: Batch) -> Batch:
        """The members' mean. Raises InvalidInput where F is not the layout's."""
        found = self._members(visible).mean(0)
        return cast("Batch", found if isinstance(visible, Tensor) else found.numpy())

    def spread(self, visible: Batch) -> Batch:
        """How far the members are apart, as a standard deviation, in the unit of rewards. Same shapes."""
        found = self._members(visible).std(0, correction=0)
        return cast("Batch", found if isinstance(visible, Tensor) else found.numpy())

    def of(self, clip: Clip) -> Tensor:
        """Rewards of the steps of a clip. -> (L,)."""
        return self(clip.visible)

    def _members(self, visible: Tensor | NDArray[np.float32]) -> Tensor:
        given = visible if isinstance(visible, Tensor) else torch.from_numpy(np.asarray(visible, np.float32))
        if given.shape[-1:] != (self.layout.size,):
            names = ", ".join(self.layout.points + self.layout.scalars)
            raise InvalidInput(
                f"what is seen must end with {self.layout.size} numbers ({names}), got {tuple(given.shape)}"
            )
        with torch.inference_mode():
            return self._model(given.float()).clone()
