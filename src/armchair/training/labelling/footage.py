"""Windows of the episodes of a LeRobotDataset: what people compare, and what the reward model sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import torch
from torch import Tensor

from armchair.errors import InvalidInput, check_choice
from armchair.exchange.lerobot.clips import known_names, numbered
from armchair.exchange.lerobot.reading import Dataset, Recorded
from armchair.exchange.lerobot.schema import ACTION, REWARD, STATE, VISIBLE
from armchair.ids import content_id
from armchair.offers.catalogue import ANY_TASK
from armchair.rewards.relations import Relations
from armchair.rollout.clips import CandidatePairs
from armchair.rollout.frames import fitted_size
from armchair.rollout.windows import Episode, Windows, draw
from armchair.store.rows.codec import digest, encode
from armchair.types import Clip, VisibleLayout
from armchair.video import Frame, mp4_bytes

SECONDS = 2.0  # of a clip, where nobody says how long, and episodes are as long
LEAST = 2  # frames of a clip


class Footage:
    """The windows of one length. All is read at once but the films, which are read when they are shown."""

    def __init__(self, folder: Path, camera: str = "", length: int = 0) -> None:
        """camera: which film is shown; "": the first. length: frames in a window; 0: two seconds, or as many
        as the shortest episode has. Raises InvalidInput for what cannot be read or shown.
        """
        self.data = Dataset.open(folder)
        cameras = self.data.cameras()
        if not cameras:
            raise InvalidInput(
                f"{folder} has no films, so there is nothing to compare: it needs a feature of dtype video"
            )
        self.camera = camera or cameras[0]
        check_choice("camera", self.camera, cameras)
        self.episodes = self.data.numbers(
            [ACTION] if VISIBLE in self.data.info.features else [STATE, ACTION], [VISIBLE, REWARD]
        )
        self.length = length or self._usual_length()
        self._check_length()
        self.layout = self._layout()
        Relations(self.layout)  # which says so where there is too much to look at
        self.visible = [self._visible(one) for one in self.episodes]  # (T, F) each
        self._windows = [Episode(k, 0, one.at.length, k, -1) for k, one in enumerate(self.episodes)]

    @property
    def rewarded(self) -> bool:
        """Whether the data set has a reward of its own: for reports and simulated teachers only."""
        return REWARD in self.data.info.features

    @property
    def question(self) -> str:
        """What to ask: whether one does the task better, where there is one task and it is in words."""
        tasks = {one.task for one in self.episodes}
        task = " ".join(tasks.pop().split()) if len(tasks) == 1 else ""
        if not task or len(task) > 100:
            return ANY_TASK
        return task if task.endswith("?") else f"Which one does this better, over the whole clip: {task}"

    def _usual_length(self) -> int:
        shortest = min(one.at.length for one in self.episodes)
        return max(LEAST, min(shortest, round(SECONDS * self.data.info.fps)))

    def _check_length(self) -> None:
        longest = max(one.at.length for one in self.episodes)
        if not LEAST <= self.length <= longest:
            raise InvalidInput(
                f"clips must have from {LEAST} to {longest} frames, as the longest episode; got {self.length}"
            )

    def _layout(self) -> VisibleLayout:
        features = self.data.info.features
        if VISIBLE in features:
            return known_names(features[VISIBLE].names or numbered("visible", features[VISIBLE].size))
        state = features[STATE].names or numbered("state", features[STATE].size)
        action = features[ACTION].names or tuple(map(str, range(features[ACTION].size)))
        return known_names([*state, *(f"action.{name}" for name in action)])

    def _visible(self, one: Recorded) -> Tensor:
        if VISIBLE in one.numbers:
            return one.numbers[VISIBLE]
        return torch.cat((one.numbers[STATE], one.numbers[ACTION]), 1)

    # ---- windows

    def propose(self, count: int, rng: torch.Generator) -> CandidatePairs:
        """Pairs of windows at random that share no frame; fewer where there is little to choose from."""
        left, right = (draw(self._windows, 2 * count, self.length, rng) for _ in range(2))
        apart = (left.number != right.number) | ((left.start - right.start).abs() >= self.length)
        rows = apart.nonzero().squeeze(1)[:count]
        left, right = left.select(rows), right.select(rows)
        none = torch.zeros(len(rows), dtype=torch.int64)
        return CandidatePairs(self.seen(left), self.seen(right), none, left, right)

    def seen(self, at: Windows) -> Tensor:
        """What there is in windows (n,). -> (n, L, F)."""
        rows = zip(at.number.tolist(), at.start.tolist(), strict=True)
        found = [self.visible[number][start : start + self.length] for number, start in rows]
        return torch.stack(found) if found else torch.zeros(0, self.length, self.layout.size)

    def states(self, count: int, rng: torch.Generator) -> Tensor:
        """States (S, F) at random, S at most `count`."""
        every = torch.cat(self.visible)
        return every[torch.randperm(len(every), generator=rng)[:count]]

    def clips(self, pairs: CandidatePairs, rng: torch.Generator) -> list[tuple[Clip, Clip]]:
        """The clips of pairs, with their films. Raises InvalidInput for films that cannot be read."""
        count = range(len(pairs.left))
        return [(self._clip(pairs.left_at, row, rng), self._clip(pairs.right_at, row, rng)) for row in count]

    def _clip(self, at: Windows, row: int, rng: torch.Generator) -> Clip:
        number, start = int(at.number[row]), int(at.start[row])
        one, rows = self.episodes[number], slice(start, start + self.length)
        reward = one.numbers[REWARD][rows, 0] if self.rewarded else torch.zeros(self.length)
        clip = Clip(
            id="",
            visible=self.visible[number][rows].clone(),
            action=one.numbers[ACTION][rows].clone(),
            reward=reward.clone(),
            poses=None,
            frames=mp4_bytes(self._frames(one, start), self.data.info.fps),
            policy_step=0,
            episode=one.at.number,
            start=start,
        )
        return clip._replace(id=content_id(rng, digest(encode(clip), clip.frames)))

    def _frames(self, one: Recorded, start: int) -> Iterator[Frame]:
        for frame in self.data.film(one.at, self.camera, start, self.length):
            height, width = fitted_size(*frame.shape[:2])
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            small = picture.reformat(width, height, "rgb24", interpolation="AREA")
            yield np.asarray(small.to_ndarray(), dtype=np.uint8)
