"""What demonstrations bring into a run: a policy to begin with, comparisons for nothing, and start states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from armchair.agents.agent import Agent
from armchair.agents.behaviour_cloning import CloneStats, Shown, clone
from armchair.agents.saved import load_policy
from armchair.config.demos import SCRIPTED
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import ArmEnv, scripted_demos
from armchair.envs.demonstrations import Demo, Source, load_demos, save_demos
from armchair.errors import InvalidInput
from armchair.maths import generator
from armchair.rewards.implicit import Windows, free_comparisons, joined
from armchair.rollout.clips import RecentEpisodes
from armchair.runs.folder import RunDir
from armchair.tasks import get_task
from armchair.training.progress import Envs
from armchair.types import PreferenceBatch

FOLDER = "demos"  # in a run's folder: what it was shown, so that it can be resumed from there alone
FADED = 0.8  # of a run's updates, after which no episode begins along a demonstration any more
LED = 0.5  # of a run's updates, after which answers alone decide what is better than what was shown
CRITIC_FIRST = 3  # updates of the critic alone, before a policy that imitates is changed


def check_folder(config: TeachConfig) -> None:
    """Raises what `demos_of` would of a folder's files, before a run is made."""
    if config.demos and SCRIPTED.fullmatch(config.demos) is None:
        demos_of(config)


def demos_of(config: TeachConfig, run: RunDir | None = None) -> list[Demo]:
    """The demonstrations that a run is shown; none where none are asked for.

    run: where they are kept, and taken from if they are there. Raises InvalidInput for files that do not fit.
    """
    if not config.demos:
        return []
    source = _source(config)
    if run is not None and (run.path / FOLDER).is_dir():
        return load_demos(run.path / FOLDER, source)
    number = SCRIPTED.fullmatch(config.demos)
    if number is None:
        folder = Path(config.demos)
        if not folder.is_dir():
            raise InvalidInput(f"demos must be scripted:N or a folder of demonstrations, got {folder}")
        demos = load_demos(folder, source)
        _check_seen(folder, demos, config)
    else:
        demos = _scripted(config, int(number[1]))
    if run is not None:
        keep_demos(run, config, demos)
    return demos


def keep_demos(run: RunDir, config: TeachConfig, demos: Sequence[Demo]) -> None:
    """Put what a run was shown into its folder, so that it can go on from there alone."""
    if demos:
        by = "script" if SCRIPTED.fullmatch(config.demos) else config.demos
        save_demos(run.path / FOLDER, demos, _source(config), by)


def _source(config: TeachConfig) -> Source:
    return Source(config.task, config.engine, config.control)


def along_demos(config: TeachConfig, demos: Sequence[Demo]) -> Sequence[Demo]:
    """What episodes may begin along: demonstrations, else the script's solution; nothing without starts."""
    if not config.starts:
        return ()
    return demos or _scripted(config, None)


def _scripted(config: TeachConfig, episodes: int | None) -> list[Demo]:
    return scripted_demos(config.task, config.engine, episodes, config.seed, motion=config.motion)


def _check_seen(folder: Path, demos: Sequence[Demo], config: TeachConfig) -> None:
    """Raises InvalidInput where what was seen is not what the reward model of this run looks at."""
    task = get_task(config.task, motion=config.motion)
    wanted, found = 3 * len(task.points) + len(task.scalars), demos[0].visible.shape[1]
    if found != wanted:
        mend = "set motion to true" if found > wanted else "leave motion out, or record them with it"
        raise InvalidInput(
            f"{folder} has {found} numbers of what was seen, this run looks at {wanted}: {mend}"
        )


def as_trained(config: TeachConfig) -> TeachConfig:
    """The configuration with the widths of the policy to go on with; InvalidInput if that does not fit."""
    if not config.policy:
        return config
    info = load_policy(RunDir.open(Path(config.policy)))[1]
    for name, own in (("task", info.task), ("control", info.control)):
        wanted = getattr(config, name)
        if own != wanted:
            raise InvalidInput(f"{config.policy} has a policy for {name} {own}, not for {wanted}")
    return replace(config, ppo=replace(config.ppo, hidden=info.hidden))


class Lessons:
    """What a run begins with, besides nothing: demonstrations and what is made of them, an older policy."""

    def __init__(self, config: TeachConfig, demos: Sequence[Demo]) -> None:
        self.config, self.demos = config, demos
        self.rng = generator(config.seed, "clone")
        self._visible = [demo.visible for demo in demos]
        self._obs = torch.cat([demo.obs for demo in demos]) if demos else torch.zeros(0, 0)
        self._action = torch.cat([demo.action for demo in demos]) if demos else torch.zeros(0, 0)

    def prepare(self, agent: Agent) -> CloneStats | None:
        """Let a new policy begin as the older one, and with what was shown."""
        if self.config.policy:
            agent.load_tensors(load_policy(RunDir.open(Path(self.config.policy)))[0].tensors())
        if not self.demos:
            return None
        return clone(agent, self._obs, self._action, self.config.clone, self.rng)

    def shown(self, progress: float) -> Shown | None:
        """What the policy is pulled towards, less and less in the course of the run (0 to 1)."""
        weight = self.config.pull * (1.0 - progress / LED)
        return Shown(self._obs, self._action, weight, self.rng) if self.demos and weight > 0.0 else None

    def new_to_values(self, updates: int) -> bool:
        """Whether the critic must first learn what is to be had, before it may judge what the policy can."""
        return bool(self.demos or self.config.policy) and updates < CRITIC_FIRST

    def with_free(
        self, answers: PreferenceBatch, lately: RecentEpisodes, progress: float, rng: torch.Generator
    ) -> PreferenceBatch:
        """The answers, and what the demonstrations say by themselves beside what the policy showed lately.

        A policy that has come far (progress, 0 to 1, of the run) may be better than what was shown.
        """
        if not self.demos:
            return answers
        config, length = self.config, self.config.clip_length
        clips = lately.cut(round(config.free.beats * max(0.0, 1.0 - progress / LED)), length, rng)
        visible = torch.stack([clip.visible for clip in clips]) if clips else torch.zeros(0, length, 0)
        windows = Windows(visible, torch.tensor([clip.start for clip in clips], dtype=torch.int64))
        return joined(answers, free_comparisons(self._visible, windows, length, config.free, rng))

    def fade(self, envs: Envs, progress: float) -> None:
        """Let fewer episodes begin along demonstrations, the farther the run has come (0 to 1).

        By the clock, not by success: what the learner does must not hang on the true reward.
        """
        for env in (envs.train, envs.film):
            if isinstance(env, ArmEnv) and env.starts is not None:
                env.paced = False
                env.start_share = self.config.starts * max(0.0, 1.0 - progress / FADED)
