"""`armchair play`: watch a scripted, random or saved policy live, film it, or keep it as a replay."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput, check_choice

if TYPE_CHECKING:
    from torch import Tensor

    from armchair.agents.agent import Agent
    from armchair.engines.display.picture import Viewer
    from armchair.envs.arm_env import ArmEnv

EXAMPLES = (
    "armchair play runs/reach-001",
    "armchair play runs/reach-001 --html replay.html --episodes 3",
    "armchair play stack --policy scripted --episodes 3",
    "armchair play reach --policy random --video reach.mp4",
    "armchair play pick_place --policy scripted --engine bullet --json",
    "armchair play runs/reach-001 --episodes 5 --video taught.mp4",
)
POLICIES = ("random", "scripted")

Policy = Callable[["Tensor"], "Tensor"]  # observations (1, D) -> actions (1, A)


@dataclasses.dataclass(frozen=True)
class Args:
    """Watch a policy at a task, live in the browser: give it new goals, push the arm.

    A run's policy is the newest, also while it is being taught. With --video, --html or --window a number
    of episodes is played instead; with --json, or where nobody sits at the terminal, they are played
    unseen. Their success is told.
    """

    what: tyro.conf.Positional[str]
    """A task (`armchair envs` lists them), `gymnasium:ID`, `module:factory`, a run's folder, whose policy is
    played at its task, or a dump of a run that went wrong (runs/NAME/dumps/001.safetensors)."""
    policy: str | None = None
    """"scripted" (the task's own solution, its default), "random" (of an imported environment), or a run."""
    episodes: int = 1
    """How many episodes."""
    seed: int = 0
    """Fixes what stands where and what a random policy does."""
    engine: str | None = None
    """The simulator; mujoco, or the one that a run's policy learnt on."""
    control: Literal["tool", "joint"] | None = None
    """What actions mean: tool, or what a run's policy learnt. The scripted policy needs tool."""
    video: Path | None = None
    """Film the episodes to this MP4 file."""
    html: Path | None = None
    """Keep the episodes as this file: a 3D replay that any browser opens, with no server and no network."""
    window: bool = False
    """Show the episodes in a window of their own instead of the browser."""
    port: int | None = None
    """The live page's port, any free one if not given; given, it is served whoever sits at the terminal."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""
    size: int = 480
    """Width and height of the video, in pixels; even."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


@dataclasses.dataclass
class Played:
    """What has been played so far."""

    successes: list[bool] = dataclasses.field(default_factory=list[bool])  # of each episode, at its end
    env_steps: int = 0


def main(argv: Sequence[str]) -> int:
    """Plays the episodes; returns 0."""
    args = parse(Args, "play", argv, EXAMPLES)
    check(args)
    report = Report("play", args.json)
    if Path(args.what).suffix == ".safetensors":
        from armchair.cli.play_dump import play_dump

        if args.video is not None or args.window:
            raise InvalidInput("a dump is replayed in the browser: use --html, or no flag at all")
        return play_dump(Path(args.what), args.html, report)
    cast = choose(args)
    if ":" in cast.task:
        if args.html is not None:
            raise InvalidInput(f"{cast.task} has pictures and no poses to replay: use --video")
        from armchair.cli.play_foreign import play_import

        act = None if cast.agent is None else cast.agent.net.best
        return play_import(cast.task, cast.policy, act, (args.episodes, args.seed), args.video, report)
    if is_live(args):
        from armchair.cli.links import Door
        from armchair.cli.play_live import play_live

        door = Door("127.0.0.1", args.port or 0, browser=not args.no_open)
        return play_live(cast, args.seed, door, report)
    from armchair.envs.arm_env import make_env

    env = make_env(cast.task, engine=cast.engine, control=cast.control, seed=args.seed, record_poses=True)
    played = Played()
    try:
        policy = make_policy(cast, env, args.seed)
        if args.html is not None:
            keep(env, policy, args, played, report)
        else:
            watch(env, play(env, policy, args.episodes, played), args, report)
    finally:
        env.close()
    won, count = sum(played.successes), len(played.successes)
    report.say(f"{cast.task}: {won} of {count} episodes ended in success")
    report.finish(
        {
            "task": cast.task,
            "engine": cast.engine,
            "control": cast.control,
            "policy": cast.policy,
            "seed": args.seed,
            "success": won / count if count else None,
            "episodes": count,
            "env_steps": played.env_steps,
            "video": None if args.video is None else str(args.video),
            "html": None if args.html is None else str(args.html),
        }
    )
    return 0


def is_live(args: Args) -> bool:
    """Whether to play in the browser until Ctrl-C; nothing waits for ever where nobody is there to end it."""
    if args.video or args.html or args.window or args.json:
        return False
    return args.port is not None or all(stream.isatty() for stream in (sys.stdin, sys.stdout))


def check(args: Args) -> None:
    """Raises InvalidInput for arguments that cannot be used, before anything heavy starts."""
    if args.episodes < 1:
        raise InvalidInput(f"--episodes must be at least 1, got {args.episodes}")
    if args.size < 2 or args.size % 2:
        raise InvalidInput(f"--size must be an even number of pixels, got {args.size}")
    if sum(bool(way) for way in (args.video, args.html, args.window)) > 1:
        raise InvalidInput("--video, --html and --window show the same episodes: give one of them")
    if args.video is not None:
        from armchair.video import check_video_path

        check_video_path(args.video)
    if args.html is not None:
        from armchair.playback.replay_html import check_replay_path, template

        check_replay_path(args.html)
        template()


class Cast(NamedTuple):
    """Who plays what, and where."""

    task: str
    engine: str
    control: str
    policy: str  # one of POLICIES, or a run's folder
    agent: Agent | None  # of a run


def choose(args: Args) -> Cast:
    """What the arguments come to; a run's policy brings the task, engine and control that it knows."""
    from armchair.cli.runs import find_run
    from armchair.tasks import TASKS

    if Path(args.what).parent != Path() and ":" not in args.what:
        find_run(Path(args.what))
    folder = args.what if Path(args.what).is_dir() and args.what not in TASKS else args.policy
    if folder is None or folder in POLICIES:
        if ":" in args.what:
            if args.policy == "scripted":
                raise InvalidInput(f"nobody has written a policy for {args.what}: use --policy random")
            return Cast(args.what, "", "", "random", None)
        check_choice("task", args.what, TASKS)
        policy, control = args.policy or "scripted", args.control or "tool"
        if policy == "scripted" and control != "tool":
            raise InvalidInput("the scripted policy drives the tool: use --control tool, or --policy random")
        return Cast(args.what, args.engine or "mujoco", control, policy, None)
    if args.what in TASKS and not Path(folder).is_dir():
        check_choice("policy (or a run's folder)", folder, POLICIES)
    return _of_run(args, Path(folder))


def _of_run(args: Args, folder: Path) -> Cast:
    from armchair.agents.saved import load_policy
    from armchair.runs.folder import RunDir

    agent, info = load_policy(RunDir.open(folder))
    if Path(args.what) != folder and args.what != info.task:
        raise InvalidInput(f"the policy in {folder} has learnt {info.task}, not {args.what}")
    if args.control not in (None, info.control):
        raise InvalidInput(f"the policy in {folder} has learnt with --control {info.control}")
    return Cast(info.task, args.engine or info.engine, info.control, str(folder), agent)


def make_policy(cast: Cast, env: ArmEnv, seed: int) -> Policy:
    """The policy that was chosen; a run's acts without the noise it explored with."""
    if cast.agent is not None:
        return cast.agent.net.best
    if cast.policy == "scripted":
        return lambda _: env.script()
    import torch

    from armchair.maths import generator

    rng = generator(seed, "play")
    return lambda _: 2.0 * torch.rand(1, env.action_dim, generator=rng) - 1.0


def play(env: ArmEnv, policy: Policy, episodes: int, played: Played) -> Iterator[Tensor]:
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


def keep(env: ArmEnv, policy: Policy, args: Args, played: Played, report: Report) -> None:
    """Play the episodes and keep them as one HTML file."""
    from armchair.playback.replay_html import play_episodes, write_replay

    assert args.html is not None
    episodes = play_episodes(env, policy, args.episodes, args.seed)
    played.successes = [episode.success for episode in episodes]
    played.env_steps = sum(len(episode.poses) - 1 for episode in episodes)
    name = Path(args.what).name
    caption = name if args.policy is None else f"{name}, policy {args.policy}"
    title = f"{env.task.name}, {args.episodes} episode{'s' * (args.episodes != 1)}"
    write_replay(args.html, env, episodes, title=title, caption=caption)
    report.say(f"{args.html}: opens in any browser")


def watch(env: ArmEnv, moments: Iterator[Tensor], args: Args, report: Report) -> None:
    """Runs through the moments: into a film, in a window, or unseen."""
    from armchair.engines.display.picture import Renderer, Viewer

    dt, marker, blocks = env.engine.dt, env.task.goal_marker, env.task.num_blocks
    if args.video is not None:
        from armchair.video import write_mp4

        with Renderer(blocks, marker, args.size, args.size) as renderer:
            count = write_mp4(args.video, map(renderer.render, moments), 1 / dt)
        report.say(f"{args.video}: {count * dt:.1f} s")
    elif args.window:
        show_live(Viewer(blocks, marker), moments, dt)
    else:
        for _ in moments:
            pass


def show_live(viewer: Viewer, moments: Iterator[Tensor], dt: float) -> None:
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
