"""What a run's policy does, drawn: a film, and a replay for a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from armchair.agents.saved import load_policy
from armchair.config.teach import TeachConfig
from armchair.envs.base import Poses
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput
from armchair.playback.film import film_policy
from armchair.playback.replay_html import play_episodes, write_replay
from armchair.runs.folder import RunDir
from armchair.store.wishes import run_wish

FILMED, REPLAYED = 2, 4  # episodes in the film, and in the replay
MOST_FRAMES = 600  # in the film of an environment of others


def draw_film(run: RunDir, config: TeachConfig, file: Path | None = None, episodes: int = FILMED) -> Path:
    """Film the run's policy, best actions, in a few episodes of its own. -> the file, an MP4.

    file: videos/policy.mp4 in the run's folder if not given. Raises MissingDependency where nothing can be
    drawn.
    """
    file = file or run.videos / "policy.mp4"
    spec, act = resolve_task(config.task), load_policy(run)[0].net.best
    most = MOST_FRAMES if spec.foreign else None  # pictures of others may be slow to draw
    film_policy(spec, config.env.on_cpu(), act, file, (episodes, config.seed + 3), most)
    return file


def draw_replay(run: RunDir, config: TeachConfig, file: Path | None = None, episodes: int = REPLAYED) -> Path:
    """Let the run's policy play a few episodes of its own, to be replayed in a browser. -> the file, a page.

    file: replay.html in the run's folder if not given. Raises InvalidInput where the task has no bodies that
    could be shown.
    """
    file = file or run.path / "replay.html"
    spec = resolve_task(config.task)
    if not spec.shows_poses(config.env):
        raise InvalidInput(f"{config.task} has no 3D scene to replay: a film shows it")
    agent, info = load_policy(run)
    env = spec.make(1, replace(config.env.on_cpu(), motion=False), record=True)
    assert isinstance(env, Poses), "the task shows them"
    try:
        played = play_episodes(env, agent.net.best, episodes, config.seed + 3)
        caption = f"{run.name}, after {info.env_steps:,} environment steps"
        title = f"{config.task}, taught by comparison"
        own = run_wish(run) is None
        write_replay(file, env, played, task=config.task, title=title, caption=caption, tells=own)
    finally:
        env.close()
    return file
