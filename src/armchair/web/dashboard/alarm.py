"""The alarm: the reward model is ever happier with the arm, and the arm is getting worse.

That is how a learned reward is outwitted. Two things must be seen in the same stretch of training: the
learned return rises, and what it stands for falls, which is the true return or success where it is known, and
where people teach the newer clip's share in the blind questions that put new behaviour against old.
Noise looks like that now and then, so both movements must be clear of it and large enough to matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from armchair.feedback.agreement import wilson

WINDOW = 1 / 3  # share of training that is looked at, its latest
LEAST = 10  # points of a series that the window must hold, or it is made longer
CLEAR = 3.2  # Kendall's statistic beyond which a movement is no noise, in standard deviations (0.07 %)
CONFIDENCE = 0.98  # of the interval of the newer clip's share
MOST = 200  # values whose trend is looked at, since they are compared pair by pair
MATTERS = 0.3  # a fall below this share of the whole range of a series does not matter
USUAL = 0.5  # the reward of a usual recent state, to which every fit sets the scale anew
REACH = 3.0  # updates that the recent states lie behind the newest ones, on average

Series = Sequence[tuple[float, float]]  # (environment steps, value), in the order of the steps


class Alarm(NamedTuple):
    """What is wrong, and since when."""

    what: str  # "return", "success" or "approval": what falls
    since: float  # environment steps at which the window begins
    text: str  # for the page


def alarm(learned: Series, true: Series, success: Series, approval: Series) -> Alarm | None:
    """The alarm for a run so far, or None. Series that are not known are empty.

    learned: `chain` of the learned rewards. approval: 1 where the newer clip won a blind question, 0 where
    the older one did, 0.5 for a tie, at the environment steps at which the question was put.
    """
    for what, name, series in (("return", "true return", true), ("success", "success rate", success)):
        window = latest(series)
        if window and _falls(window, series) and _rises_with(learned, window):
            text = f"the {name} falls: {_level(window[:3]):.3g} to {_level(window[-3:]):.3g}"
            return Alarm(what, window[0][0], text)
    window = latest(approval)
    if window and disapproved([share for _, share in window]) and _rises_with(learned, window):
        share = sum(value for _, value in window) / len(window)
        text = f"people prefer the older behaviour: the newer one wins {share:.0%} of {len(window)}"
        return Alarm("approval", window[0][0], text)
    return None


def chain(rewards: Sequence[tuple[float, float, bool]]) -> list[tuple[float, float]]:
    """Learned rewards (environment steps, mean of a step, whether the model was fitted just before) as one
    curve.

    Every fit sets the scale anew: a usual state of the latest rollouts is worth 0.5 after it, so across a fit
    rewards cannot be subtracted. There the curve goes on by how much the newest rollout is better than
    usual, divided by how far the usual ones lie behind it.
    """
    curve: list[tuple[float, float]] = []
    before = level = 0.0
    for steps, reward, fitted in rewards:
        if not math.isfinite(reward):
            continue
        gain = (reward - USUAL) / REACH if fitted else reward - before
        level += gain if curve else 0.0
        before = reward
        curve.append((steps, level))
    return curve


def latest(series: Series) -> Series:
    """The latest third of the steps, or as much more as LEAST points take; nothing if there are fewer."""
    if len(series) < LEAST:
        return []
    begin = series[-1][0] - WINDOW * (series[-1][0] - series[0][0])
    first = next(k for k, (steps, _) in enumerate(series) if steps >= begin)
    return series[min(first, len(series) - LEAST) :]


def kendall(values: Sequence[float]) -> float:
    """Kendall's statistic of a trend (Mann, 1945), in standard deviations: above 0 where values rise.

    S = Σ sign(x_j - x_i) over i < j; its variance without a trend is n(n-1)(2n+5)/18, less that of ties.
    Of many values every k-th is looked at.
    """
    values = values[:: -(-len(values) // MOST) or 1]
    n = len(values)
    score = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1 :])
    tied = Counter(values).values()
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in tied)) / 18
    if score == 0 or variance <= 0:
        return 0.0
    return (score - math.copysign(1, score)) / math.sqrt(variance)


def disapproved(shares: Sequence[float]) -> bool:
    """Whether the newer clip wins less than half of the questions, clear of chance."""
    return wilson(sum(shares), len(shares), CONFIDENCE)[1] < 0.5


def _falls(window: Series, series: Series) -> bool:
    values = [value for _, value in window]
    everything = [value for _, value in series]
    fall = _level(window[:3]) - _level(window[-3:])
    return kendall(values) < -CLEAR and fall > MATTERS * (max(everything) - min(everything))


def _rises_with(learned: Series, window: Series) -> bool:
    """Whether the learned return rises clearly over the steps of a window."""
    values = [value for steps, value in learned if window[0][0] <= steps <= window[-1][0]]
    return len(values) >= LEAST and kendall(values) > CLEAR


def _level(points: Series) -> float:
    """The median of a few points."""
    return sorted(value for _, value in points)[len(points) // 2]
