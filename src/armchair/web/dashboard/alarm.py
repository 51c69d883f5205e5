"""The alarm: the reward model is ever happier with the arm, and the arm is getting worse.

That is how a learned reward is outwitted. Two things must be seen in the same stretch of training: the
learned return rises, and what it stands for falls, which is the true return or success where it is known, and
where people teach the newer clip's share in the blind questions that put new behaviour against old.
Noise looks like that now and then, all the more where values hang together and are looked at after every
update. So a fall must be clear of it and large enough to matter: of runs whose true figures only wander about
a level (independently, or as an autoregressive process of coefficient 0.5 or 0.8), at most one of twenty sets
the alarm off at any time in 100 or 300 updates, which the tests simulate. For people's answers the same holds
however long the run is: that is a sequential test by betting.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from armchair.feedback.betting import ENOUGH, Capital, on_mean

WINDOW = 1 / 3  # share of training that is looked at, its latest
LEAST = 10  # points of a series that the window must hold, or it is made longer
CLEAR = 4.4  # `trend` of a fall that is no noise; more than one look would need, since there are many
RISES = 2.0  # `trend` of the learned return beside it
SHAPE = 3  # degree of the curve that a movement may follow
CLOSE = 0.04  # share of a series' range that may lie between it and such a curve, on average
STICKIEST = 0.95  # correlation of neighbours that is believed, at most
LATEST = 6  # comparisons that end the alarm when they speak for the newer clip
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
    lost = disapproved([score for _, score in approval])
    if lost is not None and _rises_with(learned, approval[lost:]):
        window = approval[lost:]
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


def autocorrelation(values: Sequence[float]) -> float:
    """Correlation of neighbours about a smooth curve, with what such an estimate lacks on average. In 0 … 1.

    About a cubic of n points the estimate falls short by some (4 + 7 ρ) / n (Kendall, 1954, for a mean).
    """
    n = len(values)
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, n), SHAPE + 1))
    given = np.asarray(values, dtype=float)
    rest = given - basis @ (basis.T @ given)
    square = float(rest @ rest)
    if square <= n * (CLOSE * float(np.ptp(given))) ** 2 + 1e-12 * float(given @ given):
        return 0.0  # it follows the curve: what is left is the curve's fault
    found = float(rest[1:] @ rest[:-1]) / square
    return min(max(found + (4.0 + 7.0 * found) / n, 0.0), STICKIEST)


def trend(values: Sequence[float]) -> float:
    """Kendall's statistic, as though of so many independent values as they are worth."""
    values = values[:: -(-len(values) // MOST) or 1]
    sticky = autocorrelation(values)
    return kendall(values) * math.sqrt((1.0 - sticky) / (1.0 + sticky))


def disapproved(scores: Sequence[float]) -> int | None:
    """The first of the comparisons that show that the newer clip wins less than it loses; None if none do.

    Scores are as in `armchair.feedback.progress_test`. What was found stands until the latest speak against.
    """
    capital = Capital((on_mean(0.5, 0.7), on_mean(0.5, 1.5)))
    begin, lowest, found = 0, capital.value, None
    for number, score in enumerate(scores, start=1):
        capital.take(score)
        if capital.value >= ENOUGH:
            found = begin if found is None else found
            capital.restart()
            lowest = capital.value
        elif capital.value <= lowest:
            begin, lowest = number, capital.value
        if found is not None and sum(scores[max(0, number - LATEST) : number]) > LATEST / 2:
            found = None
    return found


def _falls(window: Series, series: Series) -> bool:
    values = [value for _, value in window]
    everything = [value for _, value in series]
    fall = _level(window[:3]) - _level(window[-3:])
    return fall > MATTERS * (max(everything) - min(everything)) and trend(values) < -CLEAR


def _rises_with(learned: Series, window: Series) -> bool:
    """Whether the learned return rises clearly over the steps of a window."""
    values = [value for steps, value in learned if window[0][0] <= steps <= window[-1][0]]
    return len(values) >= LEAST and trend(values) > RISES


def _level(points: Series) -> float:
    """The median of a few points."""
    return sorted(value for _, value in points)[len(points) // 2]
