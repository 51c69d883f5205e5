from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble, Weights, init_weights
from armchair.rewards.fit import Best, bootstrap, bradley_terry_loss, crop_steps, fit, keep_better, smooth
from armchair.rewards.implicit import join
from armchair.rewards.metrics import agreement, spearman
from armchair.types import FREE, PreferenceBatch, VisibleLayout

PLAIN = VisibleLayout((), ("a", "b", "c", "d"))
REACH = VisibleLayout(("tool", "goal"), ())
SLOPE = torch.tensor([1.0, -2.0, 0.5, 0.0])  # a linear reward


def answered(left: Tensor, right: Tensor, target: Tensor, bad: Tensor | None = None) -> PreferenceBatch:
    bad = torch.zeros(len(target), dtype=torch.bool) if bad is None else bad
    return PreferenceBatch(left, right, target, torch.ones(len(target)), bad, torch.arange(len(target)))


def linear(answers: int, seed: int = 0) -> PreferenceBatch:
    rng = generator(seed, "clips")
    # a clip's steps are alike, as in films, so that their mean tells clips apart
    left, right = (
        torch.randn(answers, 1, 4, generator=rng) + 0.3 * torch.randn(answers, 10, 4, generator=rng)
        for _ in range(2)
    )
    better = ((right - left) @ SLOPE).sum(1) > 0
    return answered(left, right, better.float())


def reference() -> Tensor:
    return torch.randn(300, 4, generator=generator(9, "reference"))


def fitted(batch: PreferenceBatch, seed: int = 0, config: RewardConfig | None = None) -> RewardEnsemble:
    return fit(batch, reference(), PLAIN, config or RewardConfig(), generator(seed, "fit"))[0]


def test_a_linear_reward_is_recovered() -> None:
    states = torch.randn(500, 4, generator=generator(1, "test"))
    ensemble = fitted(linear(300))
    assert spearman(ensemble.mean(states), states @ SLOPE) > 0.97
    # the mean gradient points along the slope
    step = 0.1 * torch.eye(4).unsqueeze(1)
    gradient = (ensemble.mean(states + step) - ensemble.mean(states - step)).mean(1)
    assert torch.cosine_similarity(gradient, SLOPE, dim=0) > 0.98


def test_flipped_answers_flip_the_sign() -> None:
    batch = linear(100)
    states = torch.randn(500, 4, generator=generator(1, "test"))
    straight = fitted(batch).mean(states)
    flipped = fitted(batch._replace(target=1 - batch.target)).mean(states)
    assert spearman(straight, flipped) < -0.95


def test_ties_pull_the_probability_to_one_half() -> None:
    batch = linear(40)
    apart = answered(batch.left[:1].repeat(40, 1, 1), batch.right[:1].repeat(40, 1, 1), torch.ones(40))
    sure = fitted(apart).probability(apart.left[:1], apart.right[:1]).mean()
    tied = fitted(apart._replace(target=torch.full((40,), 0.5))).probability(apart.left[:1], apart.right[:1])
    assert sure > 0.9
    assert (tied.mean() - 0.5).abs() < 0.03


def test_strength_weighs_as_so_many_answers() -> None:
    logit, target = torch.randn(3, 5), torch.tensor([0.0, 1.0, 0.5, 1.0, 0.0])
    weight = torch.tensor([2.0, 1.0, 1.0, 3.0, 1.0]).expand(3, 5)
    rows = torch.tensor([0, 0, 1, 2, 3, 3, 3, 4])
    doubled = bradley_terry_loss(logit[:, rows], target[rows], torch.ones(3, 8))
    assert torch.allclose(bradley_terry_loss(logit, target, weight), doubled)


def test_a_strong_answer_beats_a_weak_one() -> None:
    batch = linear(1)
    left, right = batch.left.repeat(20, 1, 1), batch.right.repeat(20, 1, 1)
    target = torch.tensor([0.0, 1.0]).repeat(10)
    weight = torch.tensor([0.5, 2.0]).repeat(10)
    torn = answered(left, right, target)._replace(weight=weight)
    config = RewardConfig(bootstrap=False, min_updates=300)
    assert fitted(torn, config=config).probability(left[:1], right[:1]).mean() == pytest.approx(0.8, abs=0.1)


def test_loss_worked_by_hand_and_clipped() -> None:
    half = bradley_terry_loss(torch.zeros(2, 4), torch.ones(4), torch.ones(2, 4))
    assert half.item() == pytest.approx(2 * 0.693147, rel=1e-5)
    far = bradley_terry_loss(torch.tensor([[-1e6]]), torch.ones(1), torch.ones(1, 1))
    assert far.item() == pytest.approx(50.0)


def test_both_bad_pulls_down_and_can_be_switched_off() -> None:
    rng = generator(3, "clips")
    bad = 0.2 * torch.randn(30, 10, 4, generator=rng) + torch.tensor([0.0, 0.0, 0.0, 2.0])
    batch = linear(30)
    both = answered(
        torch.cat((batch.left, bad[:15])),
        torch.cat((batch.right, bad[15:])),
        torch.cat((batch.target, torch.full((15,), 0.5))),
        torch.arange(45) >= 30,
    )
    pulled = fitted(both).mean(bad).mean()
    alone = fitted(both, config=RewardConfig(both_bad=0.0)).mean(bad).mean()
    tied = fitted(both._replace(both_bad=torch.zeros(45, dtype=torch.bool))).mean(bad).mean()
    assert pulled < alone - 0.1
    assert torch.equal(alone, tied)


def test_normalisation_is_exact_on_the_reference() -> None:
    config = RewardConfig(mean=0.4, std=0.1)
    rewards = fitted(linear(50), config=config)(reference())
    assert rewards.mean(1).tolist() == pytest.approx([0.4] * 5, abs=1e-5)
    assert rewards.mean(0).std(correction=0).item() == pytest.approx(0.1, abs=1e-5)


def test_the_same_generator_gives_the_same_bits() -> None:
    states = reference()
    global_before = torch.get_rng_state()
    first, second, other = (fitted(linear(40), seed)(states) for seed in (5, 5, 6))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(global_before, torch.get_rng_state()), "the global generator is left alone"


def test_crops_stay_inside_their_clips_and_start_anywhere() -> None:
    rng = generator(0, "crop")
    config = RewardConfig(crop=0.8, steps=6)
    steps = crop_steps(400, 10, config, rng)
    assert steps.shape == (400, 6)
    assert steps.min() == 0 and steps.max() == 9
    assert (steps.sort(1).values.diff(dim=1) > 0).all(), "no step twice"
    assert (steps.max(1).values - steps.min(1).values <= 7).all(), "within a window of 8"
    contiguous = crop_steps(400, 10, RewardConfig(crop=0.5), rng)
    assert (contiguous.diff(dim=1) == 1).all()
    assert set(contiguous[:, 0].tolist()) == set(range(6))
    assert crop_steps(3, 1, config, rng).tolist() == [[0]] * 3


def test_bootstrap_never_leaves_a_member_without_answers() -> None:
    weights = bootstrap(RewardConfig(members=200), torch.arange(1), generator(0, "b"))
    assert (weights.sum(1) > 0).all()
    many = bootstrap(RewardConfig(members=50), torch.arange(2000), generator(0, "b"))
    assert many.mean().item() == pytest.approx(1.0, abs=0.02)
    assert (many == 0).float().mean().item() == pytest.approx(0.368, abs=0.01)
    once = bootstrap(RewardConfig(bootstrap=False), torch.arange(4), generator(0, "b"))
    assert torch.equal(once, torch.ones(5, 4))


def test_copies_of_a_question_are_drawn_together() -> None:
    pair = torch.tensor([0, 1, 0, 2, FREE, 1, FREE])
    weights = bootstrap(RewardConfig(members=100), pair, generator(0, "b"))
    assert torch.equal(weights[:, 0], weights[:, 2]) and torch.equal(weights[:, 1], weights[:, 5])
    assert not torch.equal(weights[:, 4], weights[:, 6]), "comparisons of demonstrations are no copies"
    alone = torch.poisson(torch.ones(5, 30), generator=generator(0, "b"))
    assert torch.equal(bootstrap(RewardConfig(), torch.arange(30), generator(0, "b")), alone)
    assert torch.equal(bootstrap(RewardConfig(), torch.arange(0, 60, 2), generator(0, "b")), alone)


def test_copies_do_not_flatter_the_heldout_figures() -> None:
    """Coin flips, each of them copied five times: nothing can be predicted."""
    batch = linear(40)._replace(target=torch.randint(0, 2, (40,), generator=generator(2, "coins")).float())
    five = PreferenceBatch(*(field.repeat(5, *[1] * (field.dim() - 1)) for field in batch))
    _, report = fit(five, reference(), PLAIN, RewardConfig(), generator(0, "fit"))
    assert report.heldout is not None and abs(report.heldout.accuracy - 0.5) < 0.15
    _, leaky = fit(
        five._replace(pair=torch.arange(200)), reference(), PLAIN, RewardConfig(), generator(0, "fit")
    )
    assert leaky.heldout is not None and leaky.heldout.accuracy > 0.8


def test_the_figures_are_of_answers_and_not_of_what_demonstrations_say() -> None:
    """Comparisons that are easily predicted, and answers that nobody could predict."""
    coins = linear(60, seed=1)
    coins = coins._replace(target=torch.randint(0, 2, (60,), generator=generator(2, "coins")).float())
    free = linear(200)._replace(pair=torch.full((200,), FREE))
    _, report = fit(join(coins, free), reference(), PLAIN, RewardConfig(), generator(0, "fit"))
    assert report.answers == 260 and report.heldout is not None
    assert 50 < report.heldout.answers <= 60 and abs(report.heldout.accuracy - 0.5) < 0.15
    assert report.train.answers == 60
    assert fit(free, reference(), PLAIN, RewardConfig(), generator(0, "fit"))[1].heldout is None


def test_smoothing_keeps_ties() -> None:
    assert smooth(torch.tensor([0.0, 0.5, 1.0]), 0.1).tolist() == pytest.approx([0.1, 0.5, 0.9])


def test_the_report_is_honest_about_coin_flips() -> None:
    batch = linear(200)
    coins = batch._replace(target=torch.randint(0, 2, (200,), generator=generator(2, "coins")).float())
    _, report = fit(coins, reference(), PLAIN, RewardConfig(), generator(0, "fit"))
    assert report.heldout is not None
    assert report.answers == 200 and report.heldout.answers > 150
    assert abs(report.heldout.accuracy - 0.5) < 0.12
    assert report.heldout.nll > report.train.nll, "what was fitted to looks better than what was not"
    _, real = fit(batch, reference(), PLAIN, RewardConfig(), generator(0, "fit"))
    assert real.heldout is not None and real.heldout.accuracy > 0.85
    assert [name for name, _ in real.relevance][:1] == ["b"]
    assert sum(share for _, share in real.relevance) == pytest.approx(1.0)


def test_a_better_look_replaces_its_member_only() -> None:
    old, new = (init_weights(3, 2, 4, generator(seed, "w")) for seed in range(2))
    best = Best(old, torch.tensor([0.5, 0.5, torch.inf]), torch.tensor([10, 10, 10]))
    kept = keep_better(best, new, torch.tensor([0.4, 0.6, torch.nan]), 20)
    assert kept.update.tolist() == [20, 10, 20], "better, worse, and one that cannot be judged"
    assert kept.nll[:2].tolist() == pytest.approx([0.4, 0.5])
    for name in Weights._fields:
        before, after, found = (getattr(weights, name) for weights in (old, new, kept.weights))
        assert torch.equal(found, torch.stack((after[0], before[1], after[2])))


def test_wrong_answers_end_a_long_fit_early() -> None:
    batch, fresh = linear(60), linear(300, seed=1)
    turned = torch.rand(60, generator=generator(4, "turned")) < 0.15
    wrong = batch._replace(target=torch.where(turned, 1 - batch.target, batch.target))
    long = RewardConfig(min_updates=300)
    nll: list[float] = []
    for config in (long, replace(long, early_stop=20)):
        ensemble, report = fit(wrong, reference(), PLAIN, config, generator(0, "fit"))
        nll.append(agreement(ensemble.probability(fresh.left, fresh.right).mean(0), fresh.target).nll)
        assert report.updates == 300
        if not config.early_stop:
            assert report.kept == (300,) * 5
    assert all(update < 300 and update % 20 == 0 for update in report.kept)
    assert nll[1] < nll[0] - 0.05


def test_looking_changes_nothing_but_the_choice() -> None:
    """One look, at the end: the same weights, bit by bit, as without."""
    batch, states = linear(40), reference()
    plain = fitted(batch)(states)
    looked = fitted(batch, config=RewardConfig(early_stop=RewardConfig().min_updates))(states)
    assert torch.equal(plain, looked)


def reach_states(count: int, rng: torch.Generator) -> Tensor:
    low, size = torch.tensor([0.4, -0.3, 0.05]), torch.tensor([0.4, 0.6, 0.4])
    tool, goal = (low + size * torch.rand(count, 3, generator=rng) for _ in range(2))
    return torch.cat((tool, goal), 1)


@pytest.mark.parametrize("seed", range(3))
def test_relations_find_the_goal_from_thirty_answers(seed: int) -> None:
    """Far-away clips only, yet the best tool position lies within 2 cm of the goal."""
    rng = generator(seed, "reach")
    start = reach_states(60, rng)
    drift = torch.cat(
        (0.01 * torch.randn(60, 1, 3, generator=rng).expand(60, 10, 3).cumsum(1), torch.zeros(60, 10, 3)), 2
    )
    clips = start.unsqueeze(1) + drift
    value = -(clips[..., 3:] - clips[..., :3]).norm(dim=-1).mean(1)
    left, right = clips[:30], clips[30:]
    batch = answered(left, right, (value[30:] > value[:30]).float())
    ensemble, _ = fit(batch, clips.flatten(0, 1), REACH, RewardConfig(), generator(seed, "fit"))
    for goal in reach_states(5, rng)[:, 3:]:
        tools = torch.cat((reach_states(4000, rng)[:, :3], goal + 0.05 * torch.randn(2000, 3, generator=rng)))
        rewards = ensemble.mean(torch.cat((tools, goal.expand_as(tools)), 1))
        assert (tools[rewards.argmax()] - goal).norm() < 0.02


def test_probability_agrees_with_the_answers() -> None:
    batch, fresh = linear(200), linear(200, seed=1)
    found = agreement(fitted(batch).probability(fresh.left, fresh.right).mean(0), fresh.target)
    assert found.accuracy > 0.93 and found.nll < 0.3


def test_bad_input_is_refused() -> None:
    batch, rng = linear(4), generator(0, "fit")
    none = PreferenceBatch(*(field[:0] for field in batch))
    with pytest.raises(InvalidInput, match="at least one answer"):
        fit(none, reference(), PLAIN, RewardConfig(), rng)
    with pytest.raises(InvalidInput, match="4 numbers"):
        fit(batch, torch.zeros(5, 3), PLAIN, RewardConfig(), rng)
    with pytest.raises(InvalidInput, match="reference states"):
        fit(batch, torch.zeros(0, 4), PLAIN, RewardConfig(), rng)
    with pytest.raises(InvalidInput, match=r"\(M, L, F\)"):
        fit(batch._replace(left=batch.left[:3]), reference(), PLAIN, RewardConfig(), rng)
