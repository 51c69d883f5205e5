"""How an arm moves before there is a policy worth showing: at random, or from point to point."""

from __future__ import annotations

import torch
from torch import Tensor

from armchair.types import Step, VisibleLayout

AIM = 0.15  # of the way to a point, the spread of where the arm heads for
STAY = 0.08  # of an episode, how long it heads for one point on average
HELD_STAY = 6.0  # steps, at the least, where actions are held and an episode has few
REACH = 5.0  # steps of the environment in which it would be there, if actions had no bounds
RIDGE = 1e-3  # of the regression, in squares of full actions


class Wander:
    """Actions that wander slowly about zero: an arm that explores, before there is a policy worth showing.

    a_t = ρ a_{t-1} + √(1 - ρ²) σ ε_t, so that the spread stays σ and neighbours are alike; white noise
    would make the arm tremble on the spot.
    """

    def __init__(
        self, shape: tuple[int, int], rng: torch.Generator, rho: float = 0.9, spread: float = 0.8
    ) -> None:
        self._rng, self._rho, self._spread = rng, rho, spread
        self._action = spread * torch.randn(shape, generator=rng)

    def __call__(self, obs: Tensor) -> Tensor:
        """The next actions (N, A); what is observed does not matter."""
        noise = self._spread * torch.randn(self._action.shape, generator=self._rng)
        self._action = self._rho * self._action + (1.0 - self._rho**2) ** 0.5 * noise
        return self._action


class Seek:
    """Actions that bring the hand to one point of the scene after the other, with noise.

    Nothing is known of the task or the arm: which point is the hand, and how actions move it, comes from a
    regression of the points' steps on the actions so far, d = B a + c by least squares. The hand is the point
    that this explains most of. It heads for another point, drawn at random, for a while; between two of them
    lies much of what people want: a handle and where it is to be, a block and its goal.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        layout: VisibleLayout,
        horizon: int,
        rng: torch.Generator,
        repeat: int = 1,
    ) -> None:
        """shape: copies, numbers in an action. horizon: steps in an episode, of which each action is held for
        `repeat` of the environment's.
        """
        copies, actions = shape
        self._rng, self._points = rng, len(layout.points)
        self._stay = STAY * horizon if repeat == 1 else max(STAY * horizon, HELD_STAY)
        self._reach = REACH / repeat
        self._noise = Wander(shape, rng, spread=0.5)
        self._squares = RIDGE * torch.eye(actions + 1)
        self._products = torch.zeros(actions + 1, 3 * self._points)
        self._at: Tensor | None = None  # (N, P, 3) where the points are; none before the first step
        self._target = torch.zeros(copies, 3)
        self._left = torch.zeros(copies)  # steps that it still heads there

    def __call__(self, obs: Tensor) -> Tensor:
        """The next actions (N, A); what is observed does not matter, see `watch`."""
        noise = self._noise(obs)
        if self._at is None:
            return noise
        moves = torch.linalg.solve(self._squares, self._products)[:-1]  # (A, 3P)
        hand = self._hand(moves)
        self._choose(hand)
        way = self._target - self._at[:, hand]
        wanted = way @ torch.linalg.pinv(moves[:, 3 * hand : 3 * hand + 3], rtol=0.05) / self._reach
        return wanted / wanted.abs().amax(1, keepdim=True).clamp_min(1.0) + noise

    def watch(self, action: Tensor, step: Step) -> None:
        """What the actions (N, A) came to. Where an episode ended the next one's points are not known yet."""
        at = step.visible[:, : 3 * self._points].reshape(len(action), self._points, 3)
        if self._at is not None:
            went = (at - self._at).flatten(1)
            inputs = torch.cat((action.clamp(-1.0, 1.0), torch.ones(len(action), 1)), dim=1)
            self._squares += inputs.T @ inputs
            self._products += inputs.T @ went
        self._at = None if bool((step.terminated | step.truncated).any()) else at.clone()
        self._left -= 1.0

    def _hand(self, moves: Tensor) -> int:
        """The point of whose steps the actions explain most: the greatest trace of Bᵀ (Σ a aᵀ) B."""
        explained = ((self._squares[:-1, :-1] @ moves) * moves).sum(0)
        return int(explained.reshape(-1, 3).sum(1).argmax())

    def _choose(self, hand: int) -> None:
        """Another point where the time of the last is over."""
        assert self._at is not None
        copies = len(self._at)
        others = torch.tensor([point for point in range(self._points) if point != hand])
        chosen = others[torch.randint(len(others), (copies,), generator=self._rng)]
        place = self._at[torch.arange(copies), chosen]
        away = (place - self._at[:, hand]).norm(dim=1, keepdim=True)
        place = place + AIM * away * torch.randn(copies, 3, generator=self._rng)
        over = self._left <= 0.0
        self._target = torch.where(over.unsqueeze(1), place, self._target)
        stay = self._stay * (0.5 + torch.rand(copies, generator=self._rng))
        self._left = torch.where(over, stay, self._left)
