"""What a run of teaching is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from armchair.agents.behaviour_cloning import CloneConfig
from armchair.agents.ppo import PPOConfig
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.implicit import FreeConfig


@dataclass(frozen=True)
class TeachConfig:
    """How a policy is taught by comparison; presets in `armchair/config/presets/`."""

    task: str = "reach"
    """A task's name, or `gymnasium:ID` or `module:factory` for an environment of others."""
    engine: str = "mujoco"
    """The simulator."""
    control: str = "tool"
    """What actions move: "tool" or "joint"."""
    seed: int = 0
    """Of everything random in the run."""
    labels: int = 30
    """Questions that may be asked, all told; "can't tell" counts."""
    first: int = 12
    """Of these, questions about a wandering arm, before there is a policy."""
    session: int = 2
    """Questions put at a time afterwards, each time about the newest behaviour."""
    session_every: int = 3
    """Updates of the policy between two such sessions."""
    updates: int = 45
    """Updates of the policy, all told."""
    num_envs: int = 64
    """Copies simulated side by side for training."""
    rollout: int = 32
    """Control steps of every copy between two updates."""
    threads: int = 1
    """Simulation threads; 0 for one a core."""
    starts: float = 0.0
    """Share of the episodes, in training and in clips, that begin along a demonstration (along the script's
    solution where there is none), falling to nothing over the run; it carries knowledge of the task into
    training. See `armchair.envs.start_states`."""
    demos: str = ""
    """Demonstrations: `scripted:20` for so many by the task's script, or a folder of recorded ones. The
    policy begins by imitating them, and they are worth comparisons. See `armchair.envs.demonstrations`."""
    policy: str = ""
    """A run whose policy to go on with, in place of one that knows nothing."""
    pull: float = 0.3
    """How strongly the policy is held to demonstrations in the beginning; falls to nothing over the run."""
    film_envs: int = 16
    """Copies that play the episodes which questions are cut from."""
    clip_length: int = 20
    """Control steps in a clip: 20 are one second at 20 Hz."""
    frames: bool = True
    """Whether clips of an imported environment get pictures, for people; a simulated teacher needs none."""
    same_start: bool = True
    """Show pairs that begin alike, where the environment can do that."""
    motion: bool = False
    """Whether the reward model sees the speeds of the tool and of the blocks, for wishes about how fast."""
    alike: float = 1.0
    """Share of the candidate pairs that questions are chosen from: those whose clips begin in like stages of
    the task, as far as can be seen. 1: all. See `CandidatePairs.alike`."""
    strategy: str = "diverse"
    """How pairs are chosen, see `armchair.feedback.acquisition.STRATEGIES`."""
    random_share: float = 0.25
    """Share of the questions that are chosen at random all the same."""
    critic_updates: int = 1
    """Updates of the critic alone after the reward has changed."""
    evaluate_every: int = 10
    """Updates between two evaluations; they are for reports only."""
    evaluate_episodes: int = 100
    """Episodes in an evaluation."""
    patience: int = 10
    """With people: updates that training may run ahead of their answers before it waits."""
    queue: int = 10
    """With people: questions that wait for them."""
    progress_share: float = 0.2
    """With people: share of the questions that compare the newest policy with an older one, which tells
    when more answers have stopped helping."""
    ppo: PPOConfig = field(default_factory=PPOConfig)
    """How the policy learns."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    """How the reward model learns."""
    clone: CloneConfig = field(default_factory=CloneConfig)
    """How demonstrations, where there are some, are imitated."""
    free: FreeConfig = field(default_factory=FreeConfig)
    """What demonstrations, where there are some, say by themselves."""


IMPORTED = TeachConfig(
    labels=200,
    first=40,
    session=10,
    session_every=5,
    updates=100,
    num_envs=16,
    rollout=200,
    film_envs=4,
    evaluate_episodes=16,
    same_start=False,
    ppo=PPOConfig(gamma=0.97, epochs=10, minibatch=256),
)
"""Defaults for an environment of others. Nobody knows what matters in its observations, so it takes more
answers and more updates; its copies run one after the other and may be slow to draw, so there are few."""
