"""A replay as one HTML file: the scene, a few clips and the player; it opens offline, with no server."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from armchair.envs.base import Env, Policy, Poses, tells_success
from armchair.errors import InvalidInput, MissingDependency, check_target
from armchair.jsonable import Json
from armchair.playback.page import PLACE, filled, packed
from armchair.runs.files import write_atomic


class PosedEnv(Env, Poses, Protocol):
    """An environment that can be replayed."""


OUTCOME = {True: ", success", False: ", no success"}


class Episode(NamedTuple):
    """What is replayed."""

    poses: Tensor  # (L, B, 7), the last row the goal's
    success: bool  # at its end


def play_episodes(env: PosedEnv, act: Policy, count: int, seed: int) -> list[Episode]:
    """Whole episodes of a single copy that records poses, each with its first moment."""
    episodes: list[Episode] = []
    with torch.no_grad():
        obs = env.reset(seed)
        while len(episodes) < count:
            moments, ended, success = [env.poses()[0]], False, False
            while not ended:
                step = env.step(act(obs))
                assert step.poses is not None
                moments.append(step.poses[0])
                obs, ended, success = step.obs, bool(step.done), bool(step.success)
            episodes.append(Episode(torch.stack(moments), success))
    return episodes


def write_replay(
    file: Path,
    env: PosedEnv,
    episodes: Sequence[Episode],
    *,
    task: str,
    title: str,
    caption: str = "",
    tells: bool = True,
) -> None:
    """Write the file. tells: whether to say which episodes ended in success.

    Raises MissingDependency where the page was not bundled when armchair was installed.
    """
    rows = len(env.body_names) + 1
    for episode in episodes:
        if episode.poses.shape[1:] != (rows, 7):
            raise InvalidInput(f"poses must be (L, {rows}, 7), got {tuple(episode.poses.shape)}")
    told = tells and tells_success(env)
    data: dict[str, Json] = {
        "title": title,
        "task": task,
        "dt": env.dt,
        "caption": caption,
        "scene": packed(env.scene_asset()),
        "clips": [
            {
                "label": f"Episode {number}" + (OUTCOME[episode.success] if told else ""),
                "steps": len(episode.poses),
                "bodies": rows,
                "poses": packed(episode.poses.numpy().astype("<f4").tobytes()),
            }
            for number, episode in enumerate(episodes, start=1)
        ],
    }
    write_atomic(file, filled(template(), data).encode())


def template() -> str:
    """The player's page, all in one, without anything to play."""
    found = files("armchair").joinpath("web", "static", "replay.html")
    if not found.is_file():
        raise MissingDependency(
            "the replay's page was not built when armchair was installed",
            "install Node.js 20 or newer, then `pip install` again or `make page` in a checkout",
        )
    page = found.read_text(encoding="utf-8")
    if page.count(PLACE) != 1:
        raise MissingDependency(f"the replay's page is of another version: it has no {PLACE}", "make page")
    return page


def check_replay_path(path: Path) -> None:
    """InvalidInput unless a replay can be put there: a name that ends in .html, in a folder that exists."""
    check_target("replay", path, ".html", ".htm")
