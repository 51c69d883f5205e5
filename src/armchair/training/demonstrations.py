"""What demonstrations bring into a run: a policy to begin with, implicit preferences, and start states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import CloningStats, ImitationTerm, imitate
from armchair.agents.saved import load_policy
from armchair.agents.weighted import without_wishes
from armchair.config.checks import RECORDED, SCRIPTED
from armchair.config.teach import TeachConfig
from armchair.engines import cpu_engine
from armchair.envs.base import Demonstrable, Env
from armchair.envs.demonstrations import (
    Demo,
    Source,
    load_demos,
    record_script,
    save_demos,
    scripted_episodes,
)
from armchair.envs.foreign.points.declaration import Declared
from armchair.envs.spec import TaskSpec
from armchair.errors import InvalidInput
from armchair.exchange.demonstrations import Fits, read_demos
from armchair.maths import CPU, generator
from armchair.rewards.implicit import PolicyClips, implicit_preferences, join
from armchair.rollout.clips import RecentEpisodes
from armchair.runs.folder import RunDir
from armchair.types import PreferenceBatch

FOLDER = "demos"  # in a run's folder: what it was shown, so that it can be resumed from there alone
RECORDING_COPIES = 32  # in which the script plays
FADED = 0.8  # of a run's updates, after which no episode begins along a demonstration any more
LED = 0.5  # of a run's updates, after which answers alone decide what is better than what was shown
CRITIC_FIRST = 3  # updates of the critic alone, before a policy that imitates is changed


def check_folder(spec: TaskSpec, config: TeachConfig) -> None:
    """Raises what `demonstrations_of` would of a folder's files, before a run is made."""
    source = config.demonstrations.source
    if source and SCRIPTED.fullmatch(source) is None:
        demonstrations_of(spec, config)


def demonstrations_of(spec: TaskSpec, config: TeachConfig, run: RunDir | None = None) -> list[Demo]:
    """The demonstrations that a run is shown; none where none are asked for.

    run: where they are kept, and taken from if they are there. Raises InvalidInput for files that do not fit.
    """
    wanted = config.demonstrations.source
    if not wanted:
        return []
    if run is not None and (run.path / FOLDER).is_dir():
        return load_demos(run.path / FOLDER, _source(config))
    number = SCRIPTED.fullmatch(wanted)
    if RECORDED.fullmatch(wanted):
        demos = read_demos(wanted, _fits(spec, config))
    elif number is None:
        folder = Path(wanted)
        if not folder.is_dir():
            raise InvalidInput(
                "demos must be scripted:N, lerobot:DIR, minari:DIR or a folder of demonstrations, "
                f"got {folder}"
            )
        demos = load_demos(folder, _source(config))
        _check_visible(folder, demos, spec, config)
    else:
        demos = _scripted(spec, config, int(number[1]))
    if run is not None:
        keep_demos(run, config, demos)
    return demos


def keep_demos(run: RunDir, config: TeachConfig, demos: Sequence[Demo]) -> None:
    """Put what a run was shown into its folder, so that it can go on from there alone."""
    if demos:
        source = config.demonstrations.source
        by = "script" if SCRIPTED.fullmatch(source) else source
        save_demos(run.path / FOLDER, demos, _source(config), by)


def start_along(spec: TaskSpec, config: TeachConfig, demos: Sequence[Demo]) -> Sequence[Demo]:
    """What episodes may begin along: demonstrations, else the script's solution; nothing without starts.

    Demonstrations that were recorded elsewhere have no states to begin from.
    """
    if not config.demonstrations.starts:
        return ()
    return [demo for demo in demos if demo.engine.shape[1]] or _scripted(spec, config, None)


def _source(config: TeachConfig) -> Source:
    return Source(config.task, cpu_engine(config.env.engine), config.env.control)


def _fits(spec: TaskSpec, config: TeachConfig) -> Fits:
    """What recorded demonstrations must be like for this run."""
    env, given = spec.make(1, config.env.on_cpu(), seed=config.seed), config.env
    try:
        sizes = (env.obs_dim, env.action_dim, env.layout.size)
    finally:
        env.close()
    declared = Declared(given.points, given.scalars, given.motion, given.differences)
    return Fits(*sizes, declared, config.queries.clip_length)


def _scripted(spec: TaskSpec, config: TeachConfig, episodes: int | None) -> list[Demo]:
    """Demonstrations by the task's script; episodes: None for as many as start states want."""
    plan = replace(config.env.on_cpu(), control="tool", threads=1)  # what the script drives
    env = spec.make(RECORDING_COPIES, plan, seed=config.seed, record=True)
    assert isinstance(env, Demonstrable), "the configuration was checked"
    try:
        return record_script(env, episodes or scripted_episodes(env), config.seed)
    finally:
        env.close()


def _check_visible(folder: Path, demos: Sequence[Demo], spec: TaskSpec, config: TeachConfig) -> None:
    """Raises InvalidInput where what was seen is not what the reward model of this run looks at."""
    layout, found = spec.layout(config.env), demos[0].visible.shape[1]
    if layout is not None and found != layout.size:
        mend = "set motion to true" if found > layout.size else "leave motion out, or record them with it"
        raise InvalidInput(
            f"{folder} has {found} numbers of what was seen, this run looks at {layout.size}: {mend}"
        )


class Demonstrations:
    """What a run begins with, besides nothing: demonstrations and what is made of them, an older policy."""

    def __init__(self, config: TeachConfig, demos: Sequence[Demo], device: torch.device = CPU) -> None:
        """device: where the policy learns."""
        if config.wishes.asked:  # what they say of a wish is in `armchair.training.wishes.shown`
            demos = ()
        self.config, self.demos = config, demos
        self.rng = generator(config.seed, "clone", device=device)
        self._visible = [demo.visible for demo in demos]
        self._obs, self._action = (
            (torch.cat(parts) if demos else torch.zeros(0, 0)).to(device)
            for parts in ([demo.obs for demo in demos], [demo.action for demo in demos])
        )

    def prepare(self, agent: Agent) -> CloningStats | None:
        """Let a new policy begin as the older one, and with what was shown."""
        if self.config.policy and not self.config.wishes.asked:  # then it begins as the skill anyway
            agent.load_tensors(
                without_wishes(load_policy(RunDir.open(Path(self.config.policy)))[0]).tensors()
            )
        if not self.demos:
            return None
        return imitate(agent, self._obs, self._action, self.config.demonstrations.cloning, self.rng)

    def imitation(self, progress: float) -> ImitationTerm | None:
        """What the policy is pulled towards, less and less in the course of the run (0 to 1)."""
        weight = self.config.demonstrations.pull * (1.0 - progress / LED)
        return (
            ImitationTerm(self._obs, self._action, weight, self.rng) if self.demos and weight > 0.0 else None
        )

    def critic_alone(self, updates: int) -> bool:
        """Whether the critic must first learn what is to be had, before it may judge what the policy can."""
        return bool(self.demos or self.config.policy) and updates < CRITIC_FIRST

    def add_implicit(
        self, answers: PreferenceBatch, recent: RecentEpisodes, progress: float, rng: torch.Generator
    ) -> PreferenceBatch:
        """The answers, and what the demonstrations say by themselves beside what the policy showed lately.

        A policy that has come far (progress, 0 to 1, of the run) may be better than what was shown.
        """
        if not self.demos:
            return answers
        config, length = self.config.demonstrations.implicit, self.config.queries.clip_length
        clips = recent.cut(round(config.beats * max(0.0, 1.0 - progress / LED)), length, rng)
        visible = torch.stack([clip.visible for clip in clips]) if clips else torch.zeros(0, length, 0)
        windows = PolicyClips(visible, torch.tensor([clip.start for clip in clips], dtype=torch.int64))
        return join(answers, implicit_preferences(self._visible, windows, length, config, rng))

    def fade(self, envs: Iterable[Env], progress: float) -> None:
        """Let fewer episodes begin along demonstrations, the farther the run has come (0 to 1).

        By the clock, not by success: what the learner does must not hang on the true reward.
        """
        for env in envs:
            if isinstance(env, Demonstrable) and env.starts is not None:
                env.starts.set_share(self.config.demonstrations.starts * max(0.0, 1.0 - progress / FADED))
