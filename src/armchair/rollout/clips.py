"""The latest episodes, and clips and pairs of clips cut from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.ids import content_id
from armchair.rollout.ends import end_of, reward_with_end
from armchair.rollout.frames import Frame, FrameRing
from armchair.rollout.windows import End, Episode, Windows, draw, draw_same_start
from armchair.store.rows.codec import digest, encode
from armchair.types import Clip, Step

GROUP = 25  # pairs that are ranked together by how alike they begin


class CandidatePairs(NamedTuple):
    """P pairs of windows of L steps that could be asked about; `RecentEpisodes.clips` makes clips of them."""

    left: Tensor  # (P, L, F) what a person sees
    right: Tensor  # (P, L, F)
    policy_step: Tensor  # (P,) int64, of the newer of the two
    left_at: Windows
    right_at: Windows

    def select(self, rows: Tensor) -> CandidatePairs:
        """The given rows of every field."""
        left_at, right_at = self.left_at.select(rows), self.right_at.select(rows)
        return CandidatePairs(self.left[rows], self.right[rows], self.policy_step[rows], left_at, right_at)

    def join(self, others: CandidatePairs) -> CandidatePairs:
        """These pairs, then the others."""
        return CandidatePairs(
            torch.cat((self.left, others.left)),
            torch.cat((self.right, others.right)),
            torch.cat((self.policy_step, others.policy_step)),
            self.left_at.join(others.left_at),
            self.right_at.join(others.right_at),
        )

    def apart(self) -> Tensor:
        """How far the clips of each pair lie apart: all that is visible, in standard deviations. -> (P,)."""
        unit = torch.cat((self.left, self.right)).flatten(0, 1).std(0, correction=0).clamp_min(0.05)
        return ((self.left - self.right) / unit).norm(dim=-1).mean(1)

    def alike(self, share: float) -> CandidatePairs:
        """The share of the pairs whose two clips begin most alike, so in like stages of the task.

        Pairs are ranked among those that begin about as late in their episodes: two episodes from one layout
        always begin alike. Differences are of all that is visible, each number in units of its standard
        deviation. The order stays. Raises InvalidInput for a share not in (0, 1].
        """
        if not 0.0 < share <= 1.0:
            raise InvalidInput(f"the share of pairs to keep must be above 0 and at most 1, got {share}")
        if share == 1.0 or not len(self.left):
            return self
        first = torch.stack((self.left[:, 0], self.right[:, 0]))
        unit = first.flatten(0, 1).std(0, correction=0).clamp_min(1e-6)
        apart = ((first[0] - first[1]) / unit).norm(dim=1)
        parts = self.left_at.start.argsort(stable=True).split(GROUP)
        kept = [rows[apart[rows].argsort(stable=True)[: max(1, round(share * len(rows)))]] for rows in parts]
        return self.select(torch.cat(kept).sort().values)


class Ring(NamedTuple):
    """The last C control steps of N copies; step k lies in row k mod C."""

    visible: Tensor  # (C, N, F)
    action: Tensor  # (C, N, A)
    reward: Tensor  # (C, N)
    poses: Tensor  # (C, N, B, 7)
    policy_step: Tensor  # (C,) int64


class RecentEpisodes:
    """Keeps the last steps of N copies in a ring and knows where the episodes in it begin and end.

    Only episodes that have ended are cut from, so that every window of one is as likely as any other.
    """

    def __init__(
        self, num_envs: int, capacity: int, frames: FrameRing | None = None, *, stays: bool = False
    ) -> None:
        """capacity: how many control steps of every copy are kept; an episode must fit in. frames: where
        pictures are kept, of environments without poses. stays: whether an episode's last state goes on, and
        episodes that were given up are cut from, too: else long ones would hardly be seen.
        """
        if num_envs < 1 or capacity < 1:
            raise InvalidInput(f"num_envs and capacity must be at least 1, got {num_envs} and {capacity}")
        self.num_envs, self.capacity = num_envs, capacity
        self.policy_step = 0  # environment steps that the acting policy was trained for; set from outside
        self.episodes: list[Episode] = []  # those that have ended and lie in the ring, oldest first
        self.stays = stays
        self._frames = frames
        self._steps = 0
        self._ended = 0
        self._ring: Ring | None = None
        self._first = torch.zeros(num_envs, dtype=torch.int64)
        self._group = torch.full((num_envs,), -1)

    def add(self, action: Tensor, step: Step, frames: Sequence[Frame] = ()) -> None:
        """Keep one control step of all copies: the actions (N, A), what they brought, N pictures if any.

        Where there were pictures and are none any more, clips have none from then on.
        """
        if not frames:
            self._frames = None
        if self._frames is not None:
            self._frames.add(self._steps, frames)
        poses = torch.zeros(self.num_envs, 0, 7) if step.poses is None else step.poses
        values = (step.visible, action, step.reward, poses, torch.tensor(self.policy_step))
        if self._ring is None:
            self._ring = Ring(*(value.new_zeros(self.capacity, *value.shape) for value in values))
        row = self._steps % self.capacity
        for kept, value in zip(self._ring, values, strict=True):
            kept[row] = value
        self._steps += 1
        if bool(step.done.any()):
            self._end(step.done.nonzero().squeeze(1), step)
        oldest = self._steps - self.capacity
        if self.episodes and self.episodes[0].first < oldest:
            self.episodes = [episode for episode in self.episodes if episode.first >= oldest]

    def _end(self, ids: Tensor, step: Step | None = None) -> None:
        """The episodes of the copies `ids` (n,) are over; step: None where they are given up."""
        for env in ids.tolist():
            first, group = int(self._first[env]), int(self._group[env])
            if first >= self._steps - self.capacity:
                end = end_of(step, env) if self.stays and step is not None else End.NOTHING
                self.episodes.append(Episode(env, first, self._steps - first, self._ended, group, end))
            self._ended += 1
        self.episodes.sort(key=lambda episode: (episode.first, episode.number))
        self._first[ids], self._group[ids] = self._steps, -1

    def give_up(self) -> None:
        """The running episodes will not be gone on with; with `stays` they can be cut from as they are."""
        if self.stays:
            self._end((self._first < self._steps).nonzero().squeeze(1))

    def begin(self, groups: Tensor | None = None) -> None:
        """Episodes begin now in all copies, the running ones given up; needed after a reset only.

        groups: (N,) int64 from 0, equal where episodes begin alike; if not given none do.
        """
        self.give_up()
        last = max((episode.group for episode in self.episodes), default=-1)
        self._first = torch.full_like(self._first, self._steps)
        self._group = torch.full_like(self._group, -1) if groups is None else groups + last + 1

    # ---- cutting

    def usable(self) -> list[Episode]:
        """The episodes that can be cut from: those that are over, with all their pictures if any."""
        first = 0 if self._frames is None else self._frames.first
        return [episode for episode in self.episodes if episode.first >= first]

    def cut(self, n: int, length: int, rng: torch.Generator) -> list[Clip]:
        """Cut n clips: windows at random of episodes at random. None when no episode is long enough."""
        at = draw(self.usable(), n, length, rng)
        return [self._clip(at, row, length, rng) for row in range(len(at.env))]

    def propose(
        self,
        n: int,
        length: int,
        rng: torch.Generator,
        *,
        same_start: bool = False,
        recent: int | None = None,
        min_motion: float = 0.01,
        min_difference: float = 0.01,
    ) -> CandidatePairs:
        """At most n pairs of windows of `length` steps, in random order.

        same_start: pair two episodes that began in the same layout, over the same window; otherwise any two.
        recent: draw from this many of the latest episodes only. Dropped are pairs drawn twice, pairs in
        which nothing visible moves by `min_motion` in either clip, and pairs whose visible numbers never
        differ by `min_difference`; 0 keeps them. There may be none left.
        """
        pool = sorted(self.usable(), key=lambda episode: episode.number)
        pool = pool if recent is None else pool[len(pool) - min(recent, len(pool)) :]
        if same_start:
            left_at, right_at = draw_same_start(pool, n, length, rng)
        else:
            left_at, right_at = draw(pool, n, length, rng), draw(pool, n, length, rng)
        left, right = self._visible(left_at, length), self._visible(right_at, length)
        steps = torch.maximum(self._policy_step(left_at), self._policy_step(right_at))
        pairs = CandidatePairs(left, right, steps, left_at, right_at)
        over = (left_at.first + length - 1 > left_at.last) | (right_at.first + length - 1 > right_at.last)
        keep = worth_asking(left, right, min_motion, min_difference, over)
        keep &= _first_of_its_kind(left_at, right_at)
        return pairs.select(keep.nonzero().squeeze(1))

    def clips(self, pairs: CandidatePairs, rng: torch.Generator) -> list[tuple[Clip, Clip]]:
        """The clips of all these pairs, left and right; they must still lie in the ring."""
        length = pairs.left.shape[1]
        return [
            (self._clip(pairs.left_at, row, length, rng), self._clip(pairs.right_at, row, length, rng))
            for row in range(len(pairs.left))
        ]

    def _clip(self, at: Windows, row: int, length: int, rng: torch.Generator) -> Clip:
        ring = self._kept()
        env, first = int(at.env[row]), int(at.first[row])
        if first < self._steps - self.capacity:
            raise InvalidInput("these pairs were proposed too long ago: their steps have been overwritten")
        last = int(at.last[row])
        steps = torch.arange(first, first + length)
        rows, past = steps.clamp(max=last) % self.capacity, steps > last
        clip = Clip(
            id="",
            visible=ring.visible[rows, env],
            action=torch.where(past.unsqueeze(1), 0.0, ring.action[rows, env]),
            reward=reward_with_end(ring.reward[rows, env], past, int(at.end[row])),
            poses=ring.poses[rows, env] if ring.poses.shape[2] else None,
            frames=self._frames.film(env, first, length, last) if self._frames else None,
            policy_step=int(ring.policy_step[rows[0]]),
            episode=int(at.number[row]),
            start=int(at.start[row]),
        )
        return clip._replace(id=content_id(rng, digest(encode(clip), clip.frames)))

    def _visible(self, at: Windows, length: int) -> Tensor:
        if not len(at.env):
            return torch.zeros(0, length, 0 if self._ring is None else self._ring.visible.shape[2])
        steps = at.first.unsqueeze(1) + torch.arange(length)
        rows = steps.minimum(at.last.unsqueeze(1)) % self.capacity
        return self._kept().visible[rows, at.env.unsqueeze(1)]

    def _policy_step(self, at: Windows) -> Tensor:
        return self._kept().policy_step[at.first % self.capacity] if len(at.env) else at.first

    def _kept(self) -> Ring:
        if self._ring is None:
            raise InvalidInput("no step has been added yet")
        return self._ring

    # ---- resuming

    def tensors(self) -> dict[str, Tensor]:
        """Everything remembered but the pictures, by name; no rows of the ring before the first step."""
        ring = Ring(*[torch.zeros(0)] * len(Ring._fields)) if self._ring is None else self._ring
        fields = len(Episode._fields)
        ended = torch.tensor([list(each) for each in self.episodes], dtype=torch.int64).reshape(-1, fields)
        return {
            **{name: kept.clone() for name, kept in ring._asdict().items()},
            "running": torch.stack((self._first, self._group)),  # (2, N) int64
            "ended": ended,  # (E, 6) int64, fields of `Episode`
            "counters": torch.tensor([self._steps, self._ended, self.policy_step]),
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from the `tensors` of one made with the same arguments; its pictures are lost, and with them
        the episodes that they showed.
        """
        running, visible = tensors["running"], tensors["visible"]
        if running.shape != (2, self.num_envs) or len(visible) not in (0, self.capacity):
            raise InvalidInput("this state is of another number of copies or another capacity")
        self._ring = Ring(*(tensors[name].clone() for name in Ring._fields)) if len(visible) else None
        self._first, self._group = running[0].clone(), running[1].clone()
        self.episodes = [Episode(*(int(value) for value in row)) for row in tensors["ended"]]
        self._steps, self._ended, self.policy_step = (int(value) for value in tensors["counters"])
        if self._frames is not None:
            self._frames.clear(self._steps)


def worth_asking(
    left: Tensor, right: Tensor, min_motion: float, min_difference: float, over: Tensor | None = None
) -> Tensor:
    """Which pairs (P, L, F) a person could tell apart. -> (P,) bool.

    Something visible moves by `min_motion` or more in at least one of the two (one that stays where it
    should is worth seeing beside one that does not), or an episode ends in one, `over` (P,); somewhere they
    differ by `min_difference` or more, and all numbers are finite. Positions are in m.
    """
    both = torch.stack((left, right))
    finite = both.isfinite().flatten(2).all(2).all(0)
    if not left.numel():
        return finite
    moved = (both.amax(2) - both.amin(2)).amax(2).amax(0)
    apart = (left - right).abs().flatten(1).amax(1)
    happens = moved >= min_motion if over is None else (moved >= min_motion) | over
    return finite & happens & (apart >= min_difference)


def _first_of_its_kind(left: Windows, right: Windows) -> Tensor:
    """False for pairs that an earlier row has already, either way round, and for a window beside itself."""
    seen: set[frozenset[tuple[int, int]]] = set()
    keep: list[bool] = []
    rows = (left.number, left.start, right.number, right.start)
    for a, a_start, b, b_start in zip(*(values.tolist() for values in rows), strict=True):
        pair = frozenset(((a, a_start), (b, b_start)))
        keep.append(len(pair) == 2 and pair not in seen)
        seen.add(pair)
    return torch.tensor(keep, dtype=torch.bool)
