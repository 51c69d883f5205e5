"""Sequential tests by betting: a claim about a stream of comparisons that may be looked at after each one.

Whoever doubts a hypothesis bets on the outcome of each next comparison, at odds that are fair, or worse,
where the hypothesis holds. Nobody can then expect to gain, and the chance that a capital of 1 ever becomes
1 / α is at most α (Ville, 1939), however often one looks and whenever one stops; a single bet of this kind is
Wald's test of a likelihood ratio (1945). See Waudby-Smith and Ramdas, Estimating means of bounded random
variables by betting, 2024. Nothing is assumed of how comparisons depend on earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ALPHA = 0.05  # chance that a claim is ever made where its hypothesis holds
ENOUGH = 1.0 / ALPHA  # capital at which the claim is made


class Bet(NamedTuple):
    """What one unit of capital becomes."""

    loss: float  # where the older policy was preferred
    tie: float
    win: float  # where the newer policy was preferred

    def on(self, score: float) -> float:
        """What it becomes at a score of 0, 0.5 or 1."""
        return (self.loss, self.tie, self.win)[round(2 * score)]


def on_mean(mean: float, stake: float) -> Bet:
    """A bet that scores lie below `mean` on average; with a stake below 0, above. |stake| < 1 / (0 … 1)."""
    return Bet(*(1.0 + stake * (mean - score) for score in (0.0, 0.5, 1.0)))


def on_decided(share: float, stake: float) -> Bet:
    """The same of the share of wins among the comparisons that were no ties."""
    return on_mean(share, stake)._replace(tie=1.0)


class Capital:
    """What somebody has who began with 1, put a part of it on several bets, and keeps the rest for later.

    What is kept is staked bit by bit after comparisons that paid: when the truth changes in the course of a
    run, not all is lost on the time before.
    """

    def __init__(self, bets: Sequence[Bet], staked: float = 0.4, later: float = 0.25) -> None:
        """staked: at once. later: share of what is kept that is staked after a comparison that paid."""
        self._bets, self._share, self._later = bets, staked, later
        self._kept, self._staked = 0.0, [0.0] * len(bets)
        self._begin()

    @property
    def value(self) -> float:
        """How much it is now."""
        return self._kept + sum(self._staked)

    def take(self, score: float) -> None:
        """The next comparison: 1 where the newer policy was preferred, 0 the older, 0.5 for a tie."""
        paid = [bet.on(score) for bet in self._bets]
        self._staked = [stake * factor for stake, factor in zip(self._staked, paid, strict=True)]
        if sum(paid) > len(paid):
            more = self._later * self._kept
            self._kept -= more
            self._staked = [stake + more / len(paid) for stake in self._staked]

    def restart(self) -> None:
        """Begin afresh, where that gives nothing for nothing: with more than 1 at hand."""
        if self.value > 1.0:
            self._begin()

    def _begin(self) -> None:
        self._kept, self._staked = 1.0 - self._share, [self._share / len(self._bets)] * len(self._bets)
