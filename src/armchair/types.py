"""The nouns of the package: what engines, tasks, environments and learners hand to each other.

Everything is a batch: N arms at once, and in time order (T, N, ...). Units are SI, the frame is the
world's (z up, the table top at z = 0, the arm's base at the origin), quaternions are w, x, y, z and
unit length, tensors are float32 unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # the page's server has no use for torch, and not the memory
    from torch import Tensor


class ArmState(NamedTuple):
    """What N arms and their blocks are doing now; K blocks per scene, K may be 0."""

    joint_pos: Tensor  # (N, 7) rad
    joint_vel: Tensor  # (N, 7) rad/s
    tool_pos: Tensor  # (N, 3) m, tool centre point: midway between the finger tips
    tool_rot: Tensor  # (N, 3, 3) orientation of the hand; its z axis points out of the hand
    tool_vel: Tensor  # (N, 3) m/s, linear
    tool_jac: Tensor  # (N, 6, 7) d(linear, angular velocity of the tool) / d(joint velocity)
    opening: Tensor  # (N,) m, gap between the finger pads
    opening_target: Tensor  # (N,) m, the gap that was commanded
    block_pos: Tensor  # (N, K, 3) m, centre of each block
    block_quat: Tensor  # (N, K, 4)
    block_vel: Tensor  # (N, K, 3) m/s, of the centres


class Layout(NamedTuple):
    """Where things stand when an episode begins, and what is asked for."""

    joint_pos: Tensor  # (n, 7) rad
    opening: Tensor  # (n,) m
    block_pos: Tensor  # (n, K, 3) m
    block_quat: Tensor  # (n, K, 4)
    goal: Tensor  # (n, 3) m, what the task wants to be there (see the task)

    def select(self, rows: Tensor) -> Layout:
        """The given rows of every field."""
        return Layout(*(field[rows] for field in self))


@dataclass(frozen=True)
class VisibleLayout:
    """What the numbers of `visible` mean: the world position of each point, in m, then the scalars."""

    points: tuple[str, ...]
    """Names; three numbers each, in order, at the front."""
    scalars: tuple[str, ...]
    """Names of the numbers that follow, one each."""
    units: tuple[str, ...] = field(default=(), compare=False)
    """Of the scalars, in order, such as "m/s"; "" for a pure number. Empty where nobody knows them."""

    @property
    def size(self) -> int:
        """F, how many numbers there are."""
        return 3 * len(self.points) + len(self.scalars)


class Step(NamedTuple):
    """What one control step of N environments brought.

    An episode that ends is reset within the step: `obs` is then the first observation of the next
    episode, `final_obs` the last one of the episode that ended; elsewhere the two are equal. `reward`,
    `success` and `visible` always speak of the state that the action led to.
    """

    obs: Tensor  # (N, D)
    reward: Tensor  # (N,) the task's own reward; the learner from preferences never sees it
    terminated: Tensor  # (N,) bool, ended by itself (a block lost, a diverged simulation, an end of others)
    truncated: Tensor  # (N,) bool, ended by the fixed horizon
    final_obs: Tensor  # (N, D)
    success: Tensor  # (N,) bool, the task's criterion holds now
    visible: Tensor  # (N, F) what a person can see of the state reached
    poses: Tensor | None = None  # (N, B, 7) body poses for replay: position, quaternion; if recorded

    @property
    def done(self) -> Tensor:
        """(N,) bool, where an episode ended."""
        return self.terminated | self.truncated


class Rollout(NamedTuple):
    """T steps of N environments, as a policy acted in them; the learner's whole input."""

    obs: Tensor  # (T, N, D) before the step
    action: Tensor  # (T, N, A) as drawn, before clipping to [-1, 1]
    log_prob: Tensor  # (T, N) of the action under the policy that drew it
    reward: Tensor  # (T, N) what to learn from: the task's own, or a reward model's in its place
    terminated: Tensor  # (T, N) bool
    truncated: Tensor  # (T, N) bool
    final_obs: Tensor  # (T, N, D) after the step, before any reset
    visible: Tensor  # (T, N, F) of the state reached, the reward model's input

    @property
    def done(self) -> Tensor:
        """(T, N) bool, where an episode ended."""
        return self.terminated | self.truncated


class Clip(NamedTuple):
    """A stretch of L steps of one episode, and where it came from."""

    id: str  # uuid
    visible: Tensor  # (L, F) what a person sees, the reward model's input
    action: Tensor  # (L, A)
    reward: Tensor  # (L,) the task's own, for simulated teachers and reports; never for the learner
    poses: Tensor | None  # (L, B, 7) for replay, last row the goal's marker; None where the clip has frames
    frames: bytes | None  # an MP4, for environments that have no poses
    policy_step: int  # environment steps the policy had been trained for
    episode: int  # running number of the episode
    start: int  # step within the episode at which the clip begins


Choice = Literal["left", "right", "tie", "both_bad", "cant_tell"]


class Wish(NamedTuple):
    """What is wanted of how a skill is done, learned from answers of its own."""

    name: str  # such as "carry_high"
    question: str  # what annotators are asked, in plain words
    weight: float | None  # from 0 to 1, how much of it the run's owner wants; None: nobody has chosen


class Question(NamedTuple):
    """Two clips, of which somebody is to say which is better."""

    id: str  # uuid
    left: str  # clip ids
    right: str
    strategy: str  # how the pair was chosen
    policy_step: int  # of the trainer when it asked
    guess: float | None = None  # what the reward model gave for "right is better" when it asked
    repeat_of: str | None = None  # the question that this one puts again, with the sides exchanged
    only_for: str | None = None  # the annotator who alone may get it
    wish: str | None = None  # the name of the wish that it speaks of; None: the skill itself


class Answer(NamedTuple):
    """What an annotator said to a question. Never changed: taking it back is another row."""

    id: str  # uuid, made by the client, so that sending it twice is harmless
    question: str
    annotator: str
    choice: Choice
    strength: float  # weight of the answer, 1 unless the person said "slightly" (0.5) or "much" (2)
    seconds: float  # from seeing the pair to answering
    created: float  # s since the epoch, UTC
    swapped: bool = False  # the person saw left and right exchanged; `choice` speaks of the question's own
    page: str = ""  # version of the page that showed it


class PreferenceBatch(NamedTuple):
    """M answered questions, ready for fitting. Skipped ones ("can't tell") are not in it."""

    left: Tensor  # (M, L, F)
    right: Tensor  # (M, L, F)
    target: Tensor  # (M,) probability that the right one is better: 0, 1, or 0.5 for a tie
    weight: Tensor  # (M,)
    both_bad: Tensor  # (M,) bool, ties that say that neither is worth much
    pair: Tensor  # (M,) int64, the same for answers about the same two clips; FREE where nobody was asked


FREE = -1  # the pair of a comparison that follows from a demonstration
