"""Clips of episodes that end by themselves: held in their last state, and what that is worth to an oracle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from armchair.maths import generator
from armchair.rollout.clips import RecentEpisodes
from armchair.rollout.ends import reward_with_end
from armchair.rollout.frames import Frame, FrameRing
from armchair.rollout.windows import End
from armchair.types import Clip, Step

L = 6  # steps of a clip


def grey(shade: int) -> Frame:
    return np.full((64, 48, 3), shade, dtype=np.uint8)


def shades(frames: Sequence[Frame]) -> bytes:
    return bytes(round(float(frame.mean())) for frame in frames)


def feed(episodes: RecentEpisodes, steps: int, ends: dict[int, End], *, frames: bool = False) -> None:
    """Steps 0, 1, … of one copy, visible and pictured as such; `ends`: how the step of a number ended."""
    for t in range(steps):
        end, seen = ends.get(t), torch.tensor([[float(t)]])
        terminated = torch.tensor([end in (End.STAYS, End.SUCCEEDED)])
        over, won = torch.tensor([end == End.CUT_OFF]), torch.tensor([end == End.SUCCEEDED])
        step = Step(seen, seen[0] - 4.0, terminated, over, seen, won, seen, torch.full((1, 1, 7), float(t)))
        episodes.add(seen + 1.0, step, [grey(10 * t)] if frames else ())


def made(steps: int, ends: dict[int, End], *, stays: bool = True) -> RecentEpisodes:
    episodes = RecentEpisodes(1, 100, stays=stays)
    feed(episodes, steps, ends)
    episodes.give_up()
    return episodes


def beginnings(episodes: RecentEpisodes) -> dict[int, set[int]]:
    """Where in each episode clips begin."""
    found: dict[int, set[int]] = {}
    for clip in episodes.cut(400, L, generator(0)):
        found.setdefault(clip.episode, set()).add(clip.start)
    return found


def only(clips: list[Clip], start: int) -> Clip:
    return next(clip for clip in clips if clip.start == start)


def test_a_clip_goes_on_past_the_end_in_the_last_state() -> None:
    episodes = made(9, {8: End.STAYS})
    clip = only(episodes.cut(100, L, generator(0)), 5)
    assert clip.visible[:, 0].tolist() == [5, 6, 7, 8, 8, 8]
    assert clip.action[:, 0].tolist() == [6, 7, 8, 9, 0, 0], "nobody acts any more"
    assert clip.poses is not None and clip.poses[:, 0, 0].tolist() == [5, 6, 7, 8, 8, 8]
    pairs = episodes.propose(100, L, generator(1))
    shown = episodes.clips(pairs, generator(2))
    assert all(
        pairs.left[k].equal(a.visible) and pairs.right[k].equal(b.visible) for k, (a, b) in enumerate(shown)
    ), "what the reward model is asked about is what is shown"


def test_every_window_with_half_of_it_before_the_end_is_cut_but_none_that_is_cut_off() -> None:
    assert beginnings(made(9, {8: End.STAYS})) == {0: set(range(7))}  # the last one shows 6, 7, 8, 8, 8, 8
    assert beginnings(made(9, {8: End.CUT_OFF})) == {0: set(range(4))}
    assert beginnings(made(9, {8: End.STAYS}, stays=False)) == {0: set(range(4))}


def test_episodes_shorter_than_a_clip_are_shown() -> None:
    ends = {0: End.STAYS, 3: End.SUCCEEDED, 6: End.CUT_OFF}
    assert beginnings(made(7, ends)) == {0: {0}, 1: {0}, 2: {0}}
    (clip,) = made(1, {0: End.STAYS}).cut(1, L, generator(0))
    assert clip.visible[:, 0].tolist() == [0] * L
    assert beginnings(made(7, ends, stays=False)) == {}


def test_what_was_given_up_is_shown_as_far_as_it_went() -> None:
    """Among many short episodes the long ones are those that the film stops before their end."""
    assert beginnings(made(12, {2: End.STAYS})) == {0: {0}, 1: set(range(4))}
    assert beginnings(made(7, {2: End.STAYS})) == {0: {0}}, "how four steps go on is not known"
    assert beginnings(made(12, {2: End.STAYS}, stays=False)) == {}
    episodes = RecentEpisodes(1, 100, stays=True)
    for _ in range(2):
        episodes.begin()
        feed(episodes, 8, {})
    assert beginnings(episodes) == {0: {0, 1, 2}}, "the second one still goes on"


def test_an_end_is_worth_asking_about_though_nothing_moves() -> None:
    assert len(made(4, {0: End.STAYS, 1: End.STAYS}).propose(50, L, generator(0)).left) == 1


def test_pairs_from_one_start_are_shown_to_the_end_of_the_shorter() -> None:
    episodes = RecentEpisodes(2, 100, stays=True)
    episodes.begin(torch.tensor([0, 0]))
    for t in range(12):
        seen = torch.tensor([[float(t)], [-float(t)]])
        over = torch.tensor([t == 3, False])
        episodes.add(seen, Step(seen, seen[:, 0], over, torch.tensor([False, t == 11]), seen, over, seen))
    pairs = episodes.propose(100, L, generator(0), same_start=True)
    assert set(pairs.left_at.start.tolist()) == {0, 1}
    assert pairs.left_at.start.equal(pairs.right_at.start)


@pytest.mark.parametrize(
    ("end", "last", "after"),
    [
        (End.STAYS, -2.0, -2.0),  # far from the goal, and there it stays
        (End.STAYS, 3.0, 0.0),  # it fell at full speed: that is not paid for ever
        (End.SUCCEEDED, 0.9, 0.9),  # at the goal, and there it stays
        (End.SUCCEEDED, -1.0, 0.0),  # every step costs, the end saves the rest
        (End.CUT_OFF, 3.0, 3.0),
    ],
)
def test_what_goes_on_past_an_end(end: End, last: float, after: float) -> None:
    reward = torch.tensor([1.0, last, last, last])
    past = torch.tensor([False, False, True, True])
    assert reward_with_end(reward, past, end).tolist() == pytest.approx([1.0, last, after, after])


def test_an_oracle_that_counts_clips_prefers_to_succeed_sooner() -> None:
    """Rewards are minus what is left to go; the sum over an episode alone would say the same of any end."""

    def total(steps: Tensor, end: End) -> float:
        held = torch.cat((steps, steps[-1:].expand(L - len(steps))))
        return float(reward_with_end(held, torch.arange(L) >= len(steps), end).sum())

    soon, late = torch.tensor([0.6, 0.9]), torch.tensor([0.5, 0.6, 0.7, 0.8, 0.9])
    assert total(soon, End.SUCCEEDED) > total(late, End.SUCCEEDED) > total(soon, End.STAYS)


def test_pictures_stay_as_well_and_fade() -> None:
    ring = FrameRing(1, 20, shades)
    episodes = RecentEpisodes(1, 20, ring, stays=True)
    feed(episodes, 9, {8: End.STAYS}, frames=True)
    clip = only(episodes.cut(100, L, generator(0)), 5)
    assert clip.frames == bytes([50, 60, 70, 80, 104, 104])


def test_it_goes_on_from_its_state_and_from_that_of_an_older_armchair() -> None:
    episodes, again = made(9, {3: End.SUCCEEDED, 8: End.CUT_OFF}), RecentEpisodes(1, 100, stays=True)
    kept = episodes.tensors()
    again.load_tensors(kept)
    assert again.episodes == episodes.episodes and beginnings(again) == {0: {0, 1}, 1: {0}}
    older = RecentEpisodes(1, 100)
    older.load_tensors({**kept, "ended": kept["ended"][:, :5]})
    assert [episode.end for episode in older.episodes] == [End.NOTHING, End.NOTHING]
