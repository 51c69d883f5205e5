"""What a run of teaching is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from armchair.agents.behaviour_cloning import CloningConfig
from armchair.agents.ppo import PPOConfig
from armchair.config.ranges import Answers, Copies, Filmed, Queued, Seed, SomeUpdates, Steps, Updates
from armchair.config.wishes import WishConfig
from armchair.envs.spec import EnvConfig
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.implicit import ImplicitConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True)
class QueryConfig:
    """Which questions are asked, and how many."""

    labels: Answers = 30
    """Questions that may be asked, in all; "can't tell" counts."""
    first: Answers = 12
    """Of these, questions about a wandering arm, before there is a policy."""
    wander: Literal["freely", "points"] = "freely"
    """How the arm wanders then: its actions at random, or so that its hand comes to one known point after the
    other, which touches what a random arm never meets. See `armchair.training.asking.wandering`."""
    strategy: str = "diverse"
    """How pairs are chosen, see `armchair.feedback.acquisition.STRATEGIES`. `information` leaves out what
    people cannot tell apart."""
    random_share: Share = 0.25
    """Share of the questions that are chosen at random all the same."""
    clip_length: Steps = 20
    """Control steps in a clip: 20 are one second at 20 Hz."""
    film_envs: Filmed = 16
    """Copies that play the episodes which questions are cut from."""
    same_start: bool = True
    """Show pairs that begin alike, where the environment can do that."""
    alike: Annotated[float, Field(ge=0.01, le=1.0)] = 1.0
    """Share of the candidate pairs that questions are chosen from: those whose clips begin in like stages of
    the task, as far as can be seen. 1: all. See `CandidatePairs.alike`."""
    least_jnd: Annotated[float, Field(ge=0.0)] = 0.0
    """Where answers may be wrong: by how many just noticeable differences clips must differ on the page to be
    asked about, as long as there are others; 0: by any. See `armchair.feedback.screening`."""
    memory: Filmed = 3
    """Episodes of every copy that are remembered. Of more than three, a quarter of the candidate pairs are
    cut from any of them, the others from the three latest: where the arm does nothing any more that could be
    told apart (`least_jnd`), there is still something to ask about."""
    progress_share: Share = 0.2
    """With people: share of the questions that compare the newest policy with an older one, which tells
    when more answers have stopped helping; half of them once the newest does not look better any more."""


@dataclass(frozen=True)
class ScheduleConfig:
    """When questions are asked, and how long the policy is trained."""

    session: Queued = 2
    """Questions put at a time after the first ones, each time about the newest behaviour."""
    session_every: Updates = 3
    """Updates of the policy between two such sessions."""
    updates: Updates = 45
    """Updates of the policy in all."""
    rest: Annotated[float, Field(ge=0.01, le=1.0)] = 1.0
    """Below 1 the policy comes to rest once all questions are answered, half-way at the earliest: its steps
    (`ppo.target_kl`) fall to this share, and it ends as the average of its latest policies. See
    `armchair.agents.resting`."""
    patience: Updates = 10
    """With people: updates that training may run ahead of their answers before it waits."""
    queue: Queued = 10
    """With people: questions that wait for them."""
    rival: Share = 0.0
    """Share of the updates after which a second policy begins anew on the learned reward, for as many (or
    fewer where it imitates), and takes over if it is worth more by that reward, see
    `armchair.training.rival`. 0: none. None either where a run begins with demonstrations or a policy."""
    rival_if: Literal["always", "better_known"] = "always"
    """"better_known": only where the learned reward thinks more of a clip that was answered than of what the
    policy does."""


@dataclass(frozen=True)
class PracticeConfig:
    """What the policy is trained on between two updates."""

    num_envs: Copies = 64
    """Copies simulated side by side for training."""
    rollout: Steps = 32
    """Control steps of every copy between two updates."""
    critic_updates: SomeUpdates = 1
    """Updates of the critic alone after the reward has changed."""


@dataclass(frozen=True)
class DemonstrationConfig:
    """Where demonstrations come from, and what they are used for."""

    source: str = ""
    """Demonstrations: `scripted:20` for so many by the task's script, `lerobot:DIR` or `minari:DIR` for the
    episodes of a data set, or a folder of recorded ones. The policy begins by imitating them, and they are
    worth comparisons. See `armchair.envs.demonstrations`. In a run of a wish, a folder of some that show it:
    see `armchair.training.wishes.shown`."""
    starts: Share = 0.0
    """Share of the episodes, in training and in clips, that begin along a demonstration (along the script's
    solution where there is none), falling to nothing over the run; it carries knowledge of the task into
    training. See `armchair.envs.start_states`."""
    pull: Annotated[float, Field(ge=0.0)] = 0.3
    """How strongly the policy is held to demonstrations in the beginning; falls to nothing over the run."""
    cloning: CloningConfig = field(default_factory=CloningConfig)
    """How demonstrations, where there are some, are imitated."""
    implicit: ImplicitConfig = field(default_factory=ImplicitConfig)
    """What demonstrations, where there are some, say by themselves."""


@dataclass(frozen=True)
class EvaluationConfig:
    """How the policy is measured while it learns; for reports only."""

    every: Updates = 10
    """Updates between two evaluations."""
    episodes: Copies = 100
    """Episodes in an evaluation."""


@dataclass(frozen=True)
class TeachConfig:
    """How a policy is taught by comparison; presets in `armchair/config/presets/`.

    Limits and types hold for what is read, see `armchair.config.validation`; Python code is not checked.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    task: str = "reach"
    """A task's name, or `gymnasium:ID` or `module:factory` for an environment of others."""
    seed: Seed = 0
    """Of everything random in the run."""
    policy: str = ""
    """A run whose policy to go on with, in place of one that knows nothing."""
    env: EnvConfig = field(default_factory=EnvConfig)
    """What is simulated."""
    queries: QueryConfig = field(default_factory=QueryConfig)
    """Which questions are asked."""
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    """When they are asked, and how long the policy is trained."""
    practice: PracticeConfig = field(default_factory=PracticeConfig)
    """What the policy is trained on."""
    demonstrations: DemonstrationConfig = field(default_factory=DemonstrationConfig)
    """What the policy is shown."""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    """How it is measured."""
    ppo: PPOConfig = field(default_factory=PPOConfig)
    """How the policy learns."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    """How the reward model learns."""
    wishes: WishConfig = field(default_factory=WishConfig)
    """What is wanted of how a finished skill is done."""


FALLIBLE: dict[str, float] = {"reward.members": 20}
"""What is otherwise where those who answer may be wrong, as people are: with more members in the ensemble the
reward at a place hangs less on chance, and on a few answers. See docs/results.md."""

FOREIGN_DEFAULTS = TeachConfig(
    env=EnvConfig(after_end="stays"),
    queries=QueryConfig(labels=200, first=40, film_envs=4, same_start=False),
    schedule=ScheduleConfig(session=10, session_every=5, updates=100),
    practice=PracticeConfig(num_envs=16, rollout=200),
    evaluation=EvaluationConfig(episodes=16),
    ppo=PPOConfig(gamma=0.97, epochs=10, minibatch=256),
)
"""Defaults for an environment of others. Nobody knows what matters in its observations, so it takes more
answers and more updates; its copies run one after the other and may be slow to draw, so there are few. It may
end at success, and a learned reward cannot tell how much an end is worth beside going on."""

POINTED_DEFAULTS = TeachConfig(
    env=EnvConfig(after_end="stays"),
    queries=QueryConfig(labels=100, first=16, wander="points", film_envs=8, same_start=False),
    schedule=ScheduleConfig(session=4, session_every=3, updates=100),
    practice=PracticeConfig(num_envs=16, rollout=64),
    evaluation=EvaluationConfig(episodes=32),
    ppo=PPOConfig(minibatch=256),
)
"""The same for one whose points are known: then answers go as far as in armchair's own tasks."""
