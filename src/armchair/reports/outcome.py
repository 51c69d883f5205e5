"""What a finished run leaves for people: a summary, a plot of how it went, a film of the policy."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from armchair.agents.saved import load_policy
from armchair.config.teach import TeachConfig
from armchair.envs.arm_env import make_env
from armchair.envs.foreign.env import import_env, why_no_pictures
from armchair.errors import MissingDependency
from armchair.jsonable import Json
from armchair.playback.replay_html import play_episodes, write_replay
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir
from armchair.video import even, write_mp4

FPS = 20
EPISODES = 2  # in the film
REPLAYED = 4  # episodes in the replay
MOST_FRAMES = 600  # in the film of an imported environment, whose pictures may be slow to draw


def summarise(run: RunDir, config: TeachConfig, seconds: float) -> dict[str, Json]:
    """The run in a few numbers: the last evaluation and the last fit. `seconds` of wall clock.

    success: None where the environment does not say what success is; the return tells how it went.
    """
    lines = run.metrics()
    last = {key: value for line in lines for key, value in line.items()}
    return {
        "task": config.task,
        "engine": config.engine,
        "control": config.control,
        "seed": config.seed,
        "inputs": config.reward.inputs,
        "success": last.get("eval_success"),
        "return": last.get("eval_return"),
        "episodes": config.evaluate_episodes,
        "answers": last.get("answers"),
        "accuracy": last.get("accuracy"),
        "env_steps": last.get("env_steps"),
        "diverged": last.get("diverged"),
        "faults": last.get("faults"),
        "seconds": round(seconds, 1),
    }


def write_summary(run: RunDir, summary: dict[str, Json]) -> None:
    """Write summary.json."""
    write_atomic(run.path / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())


def plot_curve(run: RunDir) -> Path:
    """Draw success and answers against environment steps, as curve.png; returns where success is not told."""
    from matplotlib.figure import Figure

    lines = run.metrics()
    what = "eval_success" if any("eval_success" in line for line in lines) else "eval_return"
    evaluated = [line for line in lines if what in line]
    figure = Figure(figsize=(7.5, 4.2), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(_column(evaluated, "env_steps"), _column(evaluated, what), "o-", color="#d55e00")
    axes.set(xlabel="environment steps", ylabel="return of an episode")
    if what == "eval_success":
        axes.set(ylim=(-0.03, 1.03), ylabel="success at the end of the episode")
    axes.yaxis.label.set_color("#d55e00")
    right = axes.twinx()
    right.plot(
        _column(lines, "env_steps"), _column(lines, "answers"), color="#0072b2", drawstyle="steps-post"
    )
    right.set(ylabel="answers", ylim=(0, None))
    right.yaxis.label.set_color("#0072b2")
    for side in (axes, right):
        side.spines["top"].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_title(f"{run.name}: taught by comparison", loc="left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    file = run.path / "curve.png"
    write_atomic(file, picture.getvalue())
    return file


def _column(lines: list[dict[str, Json]], key: str) -> list[float]:
    return [float(str(line[key])) for line in lines]


def film_policy(run: RunDir, config: TeachConfig, episodes: int = EPISODES) -> Path:
    """Film the run's policy, best actions, in a few episodes of its own. -> videos/policy.mp4.

    Raises MissingDependency where nothing can be drawn, without OpenGL for example.
    """
    file = run.videos / "policy.mp4"
    if ":" in config.task:
        agent, _ = load_policy(run)
        film_imported(config.task, agent.net.best, file, episodes, config.seed + 3, MOST_FRAMES)
    else:
        write_mp4(file, _frames(run, config, episodes), FPS)
    return file


def leave_replay(run: RunDir, config: TeachConfig, episodes: int = REPLAYED) -> Path:
    """Let the run's policy play a few episodes of its own, to be replayed in a browser. -> replay.html.

    Raises MissingDependency where the player was not bundled when armchair was installed.
    """
    file = run.path / "replay.html"
    agent, info = load_policy(run)
    env = make_env(config.task, engine=config.engine, control=config.control, record_poses=True)
    try:
        played = play_episodes(env, agent.net.best, episodes, config.seed + 3)
        caption = f"{run.name}, after {info.env_steps:,} environment steps"
        write_replay(file, env, played, title=f"{config.task}, taught by comparison", caption=caption)
    finally:
        env.close()
    return file


def film_imported(
    task: str, act: Callable[[Tensor], Tensor], file: Path, episodes: int, seed: int, most: int | None = None
) -> float:
    """Film an environment of others as `act` plays it. -> length of the film in s.

    most: frames after which it ends, be there more episodes or not. Raises MissingDependency where the
    environment cannot be drawn.
    """
    reason = why_no_pictures(task)
    if reason is not None:
        raise MissingDependency(f"{task} cannot be drawn: {reason}")
    env = import_env(task, render=True)

    def frames() -> Iterator[NDArray[np.uint8]]:
        obs = env.reset(seed)
        ended = 0
        while ended < episodes:
            step = env.step(act(obs))
            obs = step.obs
            ended += int(step.done.sum())
            yield even(env.frames()[0])

    try:
        with torch.inference_mode():
            return write_mp4(file, islice(frames(), most), env.fps) / env.fps
    finally:
        env.close()


def _frames(run: RunDir, config: TeachConfig, episodes: int) -> Iterator[NDArray[np.uint8]]:
    from armchair.engines.display.picture import Renderer

    agent, _ = load_policy(run)
    env = make_env(config.task, engine=config.engine, control=config.control, record_poses=True)
    with Renderer(env.task.num_blocks, env.task.goal_marker) as renderer, torch.inference_mode():
        obs = env.reset(seed=config.seed + 3)
        for _ in range(episodes * env.horizon):
            step = env.step(agent.net.best(obs))
            obs = step.obs
            assert step.poses is not None
            yield renderer.render(step.poses[0])
    env.close()
