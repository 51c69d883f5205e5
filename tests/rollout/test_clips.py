"""Clips and pairs cut from episodes whose every number says where it comes from."""

from __future__ import annotations

import pytest
import torch

from armchair.envs.arm_env import make_env
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rollout.clips import GROUP, CandidatePairs, RecentEpisodes, worth_asking
from armchair.rollout.windows import Windows
from armchair.types import Step

T, N = 6, 3  # steps of an episode, copies


def feed(episodes: RecentEpisodes, steps: int, *, begin: int = 0, poses: bool = False) -> None:
    """Steps of N copies; episodes of T steps. Visible: copy, running step; poses and actions likewise."""
    for t in range(begin, begin + steps):
        visible = torch.stack((torch.arange(N).float(), torch.full((N,), float(t))), 1)
        done = torch.full((N,), (t + 1) % T == 0)
        none = torch.zeros(N, dtype=torch.bool)
        at = torch.full((N, 2, 7), float(t)) if poses else None
        episodes.policy_step = 100 * t
        step = Step(visible, 10.0 * visible[:, 1], none, done, visible, none, visible, at)
        episodes.add(torch.full((N, 4), float(t)), step)


def made(steps: int = 2 * T, capacity: int = 100, *, poses: bool = False) -> RecentEpisodes:
    episodes = RecentEpisodes(N, capacity)
    feed(episodes, steps, poses=poses)
    return episodes


def test_a_clip_holds_one_window_of_one_episode_and_says_which() -> None:
    for clip in made(poses=True).cut(50, 4, generator(0)):
        first = int(clip.visible[0, 1])
        assert clip.visible[:, 1].tolist() == [first, first + 1, first + 2, first + 3]
        assert len(set(clip.visible[:, 0].tolist())) == 1
        assert clip.action[:, 0].equal(clip.visible[:, 1]) and clip.reward.equal(10 * clip.visible[:, 1])
        assert clip.poses is not None and clip.poses[:, 0, 0].equal(clip.visible[:, 1])
        assert first // T == (first + 3) // T, "a clip never spans two episodes"
        assert clip.start == first % T and clip.policy_step == 100 * first
        assert clip.episode == N * (first // T) + int(clip.visible[0, 0])


def test_pairs_that_are_joined_are_cut_as_they_were() -> None:
    episodes, rng = made(), generator(0)
    some, others = episodes.propose(5, 3, rng), episodes.propose(7, 3, rng)
    joined = some.join(others)
    assert joined.left.equal(torch.cat((some.left, others.left)))
    assert joined.policy_step.equal(torch.cat((some.policy_step, others.policy_step)))
    assert len(joined.left) == len(some.left) + len(others.left) > len(some.left)
    for (left, right), row, other in zip(episodes.clips(joined, rng), joined.left, joined.right, strict=True):
        assert left.visible.equal(row) and right.visible.equal(other)


def test_every_window_is_as_likely_the_last_step_too() -> None:
    starts = torch.tensor([clip.start for clip in made().cut(4000, 3, generator(1))])
    counts = starts.bincount(minlength=T - 2)
    assert len(counts) == T - 2, "starts are 0 … T − L"
    assert torch.allclose(counts / 4000, torch.tensor(1 / (T - 2)), atol=0.03)
    (whole,) = made(T).cut(1, T, generator(2))
    assert whole.visible[:, 1].tolist() == list(range(T))


def test_only_episodes_that_ended_and_are_long_enough_are_cut() -> None:
    assert made(T - 1).cut(5, 2, generator(0)) == []
    assert made().cut(5, T + 1, generator(0)) == []
    assert {int(clip.visible[0, 1]) // T for clip in made(2 * T - 1).cut(50, 2, generator(0))} == {0}


@pytest.mark.parametrize("capacity", [T, T + 4, 2 * T + 1])
def test_what_the_ring_has_overwritten_is_never_cut(capacity: int) -> None:
    episodes = made(5 * T + 2, capacity)
    kept = [episode.first for episode in episodes.episodes]
    assert all(first >= 5 * T + 2 - capacity for first in kept)
    for clip in episodes.cut(100, 3, generator(0)):
        first = int(clip.visible[0, 1])
        assert clip.visible[:, 1].tolist() == [first, first + 1, first + 2] and clip.start == first % T


def test_old_proposals_are_refused_once_overwritten() -> None:
    episodes = made(T, T)
    pairs = episodes.propose(5, 2, generator(0), min_motion=0)
    feed(episodes, T, begin=T)
    with pytest.raises(InvalidInput, match="overwritten"):
        episodes.clips(pairs, generator(0))


def test_cross_pairs_are_two_different_windows_and_asked_once() -> None:
    episodes = made(T)
    pairs = episodes.propose(500, 5, generator(3))
    clips = episodes.clips(pairs, generator(4))
    seen = {frozenset(((a.episode, a.start), (b.episode, b.start))) for a, b in clips}
    assert all(len(pair) == 2 for pair in seen)
    assert len(seen) == len(clips) == 15, "6 windows, so 15 different pairs, each once"
    for row, (left, right) in enumerate(clips):
        assert pairs.left[row].equal(left.visible) and pairs.right[row].equal(right.visible)
        assert int(pairs.policy_step[row]) == max(left.policy_step, right.policy_step)


def test_same_start_pairs_share_layout_and_window() -> None:
    episodes = RecentEpisodes(N, 100)
    episodes.begin(torch.tensor([0, 1, 0]))
    feed(episodes, 2 * T)
    pairs = episodes.clips(episodes.propose(50, 3, generator(5), same_start=True), generator(6))
    assert pairs
    for left, right in pairs:
        assert {left.episode, right.episode} == {0, 2}, "what follows an episode is of no group"
        assert left.start == right.start
    assert len(made().propose(9, 3, generator(5), same_start=True).left) == 0


def test_recent_draws_from_the_latest_episodes_only() -> None:
    episodes = made(4 * T)
    pairs = episodes.clips(episodes.propose(50, 2, generator(0), recent=N), generator(1))
    assert {clip.episode for pair in pairs for clip in pair} == {9, 10, 11}


def test_motionless_alike_and_broken_pairs_are_dropped() -> None:
    still, other = torch.zeros(4, 2), torch.ones(4, 2)
    moving = torch.linspace(0, 1, 4).unsqueeze(1).expand(4, 2)
    near = moving + 0.005
    broken = moving.clone()
    broken[2, 1] = torch.nan
    left = torch.stack((still, still, moving, moving, moving))
    right = torch.stack((other, moving, near, moving + 0.5, broken))
    assert worth_asking(left, right, 0.01, 0.01).tolist() == [False, True, False, True, False]
    assert worth_asking(left, right, 0.0, 0.0).tolist() == [True, True, True, True, False]


def test_the_generator_decides_everything() -> None:
    def cut(seed: int) -> list[tuple[str, int, int]]:
        rng = generator(seed)
        episodes = made()
        pairs = episodes.clips(episodes.propose(9, 3, rng), rng)
        return [(clip.id, clip.episode, clip.start) for pair in pairs for clip in pair]

    assert cut(1) == cut(1) != cut(2)


def test_it_goes_on_from_its_state_exactly() -> None:
    whole, half = made(3 * T + 2, 2 * T), made(T + 3, 2 * T)
    again = RecentEpisodes(N, 2 * T)
    again.load_tensors(half.tensors())
    feed(again, 2 * T - 1, begin=T + 3)
    found, expected = again.tensors(), whole.tensors()
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)
    with pytest.raises(InvalidInput):
        RecentEpisodes(N + 1, 2 * T).load_tensors(half.tensors())
    new = RecentEpisodes(N, 9)
    new.load_tensors(RecentEpisodes(N, 9).tensors())
    assert new.cut(3, 2, generator(0)) == []


def test_placed_pairs_begin_alike_and_are_found_again() -> None:
    env = make_env("reach", num_envs=4, seed=0)
    episodes = RecentEpisodes(4, 2 * env.horizon)
    rng = generator(0)
    env.reset()
    try:
        for _ in range(2):
            groups = torch.arange(4) // 2
            obs = env.reset_alike(groups, rng)
            episodes.begin(groups)
            assert obs[0].equal(obs[1]) and obs[2].equal(obs[3]) and not obs[0].equal(obs[2])
            for _ in range(env.horizon):
                action = torch.rand(4, env.action_dim, generator=rng) * 2 - 1
                episodes.add(action, env.step(action))
        pairs = episodes.propose(200, 20, rng, same_start=True)
        goals = slice(3, 6)
        assert len(pairs.left) > 50 and pairs.left[..., goals].equal(pairs.right[..., goals])
        assert {int(number) for number in pairs.left_at.number} == set(range(8))
    finally:
        env.close()


def test_pairs_that_begin_alike_are_kept_from_every_part_of_an_episode() -> None:
    """Pair k begins at step k // 25; how far its clips are apart then grows with the step and with k % 25."""
    count = 4 * GROUP
    step, apart = torch.arange(count) // GROUP, torch.arange(count) % GROUP
    left = torch.zeros(count, 4, 2)
    right = (10.0 * step + apart)[:, None, None].expand(count, 4, 2).clone()
    right[:, 1:] = 0.0  # what comes after the beginning says nothing
    order = torch.randperm(count, generator=generator(3))
    none = torch.zeros(count, dtype=torch.int64)
    at = Windows(none, none, step, none, none, none)
    pairs = CandidatePairs(left, right, torch.arange(count), at, at).select(order)
    expected = [k for k in order.tolist() if k % GROUP < 5]
    assert pairs.alike(0.2).policy_step.tolist() == expected, "a fifth of each part, in the order they had"
    assert pairs.alike(1.0) is pairs and len(pairs.select(order[:0]).alike(0.5).left) == 0
    with pytest.raises(InvalidInput, match="above 0 and at most 1"):
        pairs.alike(0.0)
