from __future__ import annotations

import math
import random

import pytest

from armchair.web.dashboard.alarm import alarm, autocorrelation, chain, disapproved, kendall, latest, trend


def ramp(
    begin: float, end: float, count: int, noise: float = 0.0, seed: int = 0
) -> list[tuple[float, float]]:
    """A line from one value to another over `count` updates of 2048 steps, with noise."""
    rng = random.Random(seed)
    return [(2048.0 * k, begin + (end - begin) * k / (count - 1) + rng.gauss(0, noise)) for k in range(count)]


def test_kendall_by_hand() -> None:
    # n = 10, all 45 pairs rise: (45 - 1) / sqrt(10 * 9 * 25 / 18)
    assert kendall(list(range(10))) == pytest.approx(44 / math.sqrt(125))
    assert kendall(list(range(10))[::-1]) == pytest.approx(-44 / math.sqrt(125))
    assert kendall([1.0] * 10) == 0
    # 1 2 2 3: five of six pairs rise, one is tied: 4 / sqrt((4 * 3 * 13 - 2 * 1 * 9) / 18)
    assert kendall([1, 2, 2, 3]) == pytest.approx(4 / math.sqrt((156 - 18) / 18))


def test_kendall_of_many_values_looks_at_some() -> None:
    few, many = kendall([float(k) for k in range(200)]), kendall([float(k) for k in range(40_000)])
    assert many == few > 20


def test_chain_joins_fits() -> None:
    rewards = [(0, 0.5, True), (1, 0.6, False), (2, 0.53, True), (3, 0.55, False), (4, math.nan, False)]
    # +0.1; across the fit (0.53 - 0.5) / 3 = 0.01; +0.02
    assert [level for _, level in chain(rewards)] == pytest.approx([0, 0.1, 0.11, 0.13])
    assert [steps for steps, _ in chain(rewards)] == [0, 1, 2, 3]


def test_the_window_is_the_latest_third() -> None:
    series = ramp(0, 1, 60)
    assert latest(series) == series[40:]
    assert latest(series[:12]) == series[2:12]  # a third would be too few
    assert latest(series[:9]) == []


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_alarm_where_learned_rises_and_true_falls(noise: float) -> None:
    learned = ramp(0, 1, 60, noise)
    good, bad = ramp(0, 1, 40, noise, seed=1), ramp(1, 0.2, 20, noise, seed=2)
    true = [*good, *((steps + 40 * 2048, value) for steps, value in bad)]
    found = alarm(learned, true, [], [])
    assert found is not None and found.what == "return"
    assert found.since == pytest.approx(2 / 3 * 59 * 2048, abs=2048)
    assert "falls: 0.958 to 0.242" in found.text or noise  # medians of three at both ends
    success = alarm(learned, [], true, [])
    assert success is not None and success.what == "success"


def test_no_alarm_where_both_rise_fall_or_rest() -> None:
    up, down, level = ramp(0, 1, 60), ramp(1, 0, 60), ramp(0.5, 0.5, 60)
    assert alarm(up, up, up, []) is None
    assert alarm(down, down, down, []) is None  # worse by both measures is no deception
    assert alarm(up, level, level, []) is None
    assert alarm(level, down, down, []) is None
    assert alarm([], [], [], []) is None
    assert alarm(up, down[:5], [], []) is None  # too few to say


def test_a_fall_that_does_not_matter_is_none() -> None:
    learned = ramp(0, 1, 60)
    true = [*ramp(0, 1, 40), *((steps + 40 * 2048, value) for steps, value in ramp(1, 0.9, 20))]
    assert alarm(learned, true, [], []) is None


def test_noise_raises_no_alarm() -> None:
    """Looked at after every update, as the page does; of 50 runs of noise one at most may set it off."""
    raised = 0
    for seed in range(50):
        rng = random.Random(seed)
        rewards = [(2048.0 * k, 0.5 + rng.gauss(0, 0.05), k % 3 == 0) for k in range(60)]
        true = [(2048.0 * k, rng.gauss(-20, 5)) for k in range(60)]
        approval = [(2048.0 * k, float(rng.random() < 0.5)) for k in range(0, 60, 2)]
        learned = chain(rewards)
        raised += any(
            alarm(learned[:k], true[:k], true[:k], [pair for pair in approval if pair[0] < 2048 * k])
            for k in range(10, 61, 2)
        )
    assert raised <= 1


def test_approval() -> None:
    learned = ramp(0, 1, 60)
    lost = [(steps, 0.0) for steps, _ in learned[40::2]]
    found = alarm(learned, [], [], lost)
    assert found is not None and found.what == "approval"
    assert "wins 0% of 10" in found.text
    assert alarm(learned, [], [], [(steps, 1.0) for steps, _ in lost]) is None
    assert alarm(learned, [], [], [(steps, 0.5) for steps, _ in lost]) is None
    assert alarm(learned, [], [], [(steps, 0.0) for steps, _ in learned[:5]]) is None, "five are too few"


def test_since_when_and_how_long_people_prefer_the_older() -> None:
    assert disapproved([0, 0, 0, 1, 0, 1, 0, 1, 0, 0]) is None, "three of ten may be chance"
    won = [1.0] * 12
    assert disapproved(won) is None and disapproved([]) is None
    begin = disapproved([*won, *[0.0] * 10])
    assert begin == 12, "what was before is not counted"
    assert disapproved([*[0.0] * 10, 1, 1, 1]) == 0
    assert disapproved([*[0.0] * 10, 1, 1, 1, 1]) is None, "it is better again"


def wandering(sticky: float, count: int, rng: random.Random) -> list[tuple[float, float]]:
    """A series about a level: each value keeps so much of the one before."""
    values = [rng.gauss(0, 1)]
    while len(values) < count:
        values.append(sticky * values[-1] + math.sqrt(1 - sticky**2) * rng.gauss(0, 1))
    return [(2048.0 * k, value) for k, value in enumerate(values)]


@pytest.mark.parametrize(
    ("sticky", "count", "every", "runs"),
    [(0, 100, 1, 200), (0.5, 100, 1, 200), (0.8, 100, 1, 400), (0.8, 300, 5, 100)],
)
def test_what_only_wanders_hardly_ever_raises_the_alarm(
    sticky: float, count: int, every: int, runs: int
) -> None:
    """Looked at all along, while the learned return rises: in one run of twenty at most."""
    learned, raised = ramp(0, 1, count), 0
    for run in range(runs):
        series = wandering(sticky, count, random.Random(run))
        raised += any(alarm(learned[:k], [], series[:k], []) for k in range(10, count + 1, every))
    assert raised <= 0.05 * runs


@pytest.mark.parametrize("ties", [0, 0.3])
def test_people_who_see_no_difference_hardly_ever_raise_the_alarm(ties: float) -> None:
    raised, runs = 0, 200
    for run in range(runs):
        rng = random.Random(run)
        scores = [0.5 if rng.random() < ties else float(rng.random() < 0.5) for _ in range(100)]
        raised += any(disapproved(scores[:k]) is not None for k in range(1, 101, 2))
    assert raised <= 0.05 * runs


@pytest.mark.parametrize("bend", [0.5, 1, 2])
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.05])
def test_a_real_fall_is_found_whatever_its_shape(bend: float, noise: float) -> None:
    found = 0
    for seed in range(20):
        rng = random.Random(seed)
        fall = [1 - 0.8 * (k / 29) ** bend for k in range(30)]
        true = [
            (2048.0 * k, value + rng.gauss(0, noise))
            for k, value in enumerate([k / 39 for k in range(40)] + fall)
        ]
        found += any(alarm(ramp(0, 1, 70)[:k], true[:k], [], []) for k in range(40, 71))
    assert found >= 18


def test_neighbours_that_hang_together_make_a_trend_worth_less() -> None:
    rising = [float(k) for k in range(30)]
    assert autocorrelation(rising) == 0 and trend(rising) == kendall(rising)
    assert autocorrelation([1.0] * 20) == 0
    noise = [value for _, value in wandering(0, 200, random.Random(1))]
    sticky = [value for _, value in wandering(0.8, 200, random.Random(1))]
    assert autocorrelation(noise) < 0.15 and autocorrelation(sticky) == pytest.approx(0.8, abs=0.1)
    assert abs(trend(sticky)) < 0.5 * abs(kendall(sticky))
