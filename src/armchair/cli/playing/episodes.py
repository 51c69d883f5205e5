"""`armchair play` of a number of episodes with poses: filmed, kept as a replay, in a window, or unseen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from armchair.cli.playing.args import Args
from armchair.cli.playing.cast import Cast, policy_of, weighed
from armchair.cli.report import Report
from armchair.cli.wishes.weights import told_weights
from armchair.envs.base import Policy, Poses, PoseWindow, tells_success
from armchair.playback.replay_html import PosedEnv, play_episodes, write_replay
from armchair.video import write_mp4


@dataclass
class Played:
    """How it went so far."""

    successes: list[bool] = field(default_factory=list[bool])  # of each episode, at its end
    env_steps: int = 0


def play_posed(cast: Cast, args: Args, report: Report) -> int:
    """A number of episodes: filmed, kept, in a window or unseen. -> 0."""
    env = cast.spec.make(1, cast.config, seed=args.seed, record=True)
    assert isinstance(env, Poses), "the task offers them"
    played = Played()
    try:
        policy = policy_of(cast, env, args.seed)
        if args.html is not None:
            _keep(env, policy, cast, args, played, report)
        else:
            _watch(env, _play(env, policy, args.episodes, played), args, report)
    finally:
        env.close()
    won, count = sum(played.successes), len(played.successes)
    told = cast.wish is None and tells_success(env)
    share = won / count if count and told else None
    ended = f"{count} episodes" + (f', taught "{cast.wish}"' if cast.wish else "")
    if told:
        ended = f"{won} of {count} episodes ended in success"
    report.say(f"{cast.spec.name}: {ended}{told_weights(cast.weights)}")
    video, html = (None if file is None else str(file) for file in (args.video, args.html))
    summary = {"task": cast.spec.name, "engine": cast.config.engine, "control": cast.config.control}
    summary |= {"policy": cast.policy, "seed": args.seed, "success": share, **weighed(cast)}
    summary |= {"episodes": count, "env_steps": played.env_steps, "video": video, "html": html}
    report.finish(summary)
    return 0


def _play(env: PosedEnv, policy: Policy, episodes: int, played: Played) -> Iterator[Tensor]:
    """Plays episodes of a single environment and notes them in `played`.

    Yields the poses (B + 1, 7) at every moment, each episode's first one included.
    """
    obs = env.reset()
    for _ in range(episodes):
        yield env.poses()[0]
        ended = False
        while not ended:
            step = env.step(policy(obs))
            assert step.poses is not None, "the environment must record poses"
            obs, ended = step.obs, bool(step.done)
            played.env_steps += 1
            if ended:
                played.successes.append(bool(step.success))
            yield step.poses[0]


def _keep(env: PosedEnv, policy: Policy, cast: Cast, args: Args, played: Played, report: Report) -> None:
    """Play the episodes and keep them as one HTML file."""
    assert args.html is not None
    episodes = play_episodes(env, policy, args.episodes, args.seed)
    played.successes = [episode.success for episode in episodes]
    played.env_steps = sum(len(episode.poses) - 1 for episode in episodes)
    name = Path(args.what).name
    caption = name if args.policy is None else f"{name}, policy {args.policy}"
    caption += told_weights(cast.weights)
    task, own = cast.spec.name, cast.wish is None
    title = f"{task}, {args.episodes} episode{'s' * (args.episodes != 1)}"
    write_replay(args.html, env, episodes, task=task, title=title, caption=caption, tells=own)
    report.say(f"{args.html}: opens in any browser")


def _watch(env: PosedEnv, moments: Iterator[Tensor], args: Args, report: Report) -> None:
    """Runs through the moments: into a film, in a window, or unseen."""
    dt = env.dt
    if args.video is not None:
        with env.renderer(args.size, args.size) as renderer:
            count = write_mp4(args.video, map(renderer.render, moments), 1 / dt)
        report.say(f"{args.video}: {count * dt:.1f} s")
    elif args.window:
        _show(env.window(), moments, dt)
    else:
        for _ in moments:
            pass


def _show(viewer: PoseWindow, moments: Iterator[Tensor], dt: float) -> None:
    """Shows the moments in a window in real time, until they end or the window is closed."""
    due = time.perf_counter()
    try:
        for poses in moments:
            viewer.show(poses)
            due += dt
            time.sleep(max(0.0, due - time.perf_counter()))
            if not viewer.is_open:
                return
    finally:
        viewer.close()
