"""Demonstrations: whole episodes that somebody showed: the script, a person, or files from elsewhere.

One demonstration is one npz file, `EPISODE.npz`, with T steps:

    engine   (T, E)     a row of the engine's snapshot before each action, for start states
    goal     (3,)       m
    obs      (T, D)     what a policy saw before each action
    action   (T, A)     what was wanted there, in [-1, 1]
    visible  (T, F)     what a person saw after it
    poses    (T, B, 7)  of all bodies after it, the goal's marker last
    about    text       JSON: format, task, engine, control, by
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from armchair.envs.base import Demonstrable, Env
from armchair.errors import InvalidInput
from armchair.reading.arrays import read_npz
from armchair.reading.limits import IMPORT_BYTES, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs.files import write_atomic

FORMAT = "armchair-demo-1"
NOISE = 0.3  # standard deviation of what is added to the script's actions, so that the states differ
TRIES = 8  # episodes played at most for each one that is wanted
MOST_FILES = 5000  # demonstrations in a folder
MOST_BYTES = 256 * 2**20  # that a file may unpack to
EPISODES = 256  # scripted ones that start states come from where no demonstrations are given
MOST_STATE_BYTES = 256 * 2**20  # that these may take: a row of PyBullet's has 50 kB, of MuJoCo's 2 kB


class DemonstrableEnv(Env, Demonstrable, Protocol):
    """An environment that somebody has written a solution for."""


class Demo(NamedTuple):
    """One episode of T steps."""

    engine: Tensor  # (T, E) rows of the engine's snapshot, before each action
    goal: Tensor  # (3,) m
    obs: Tensor  # (T, D) before each action
    action: Tensor  # (T, A) what was wanted, in [-1, 1]; what was done may have had noise on it
    visible: Tensor  # (T, F) after it
    poses: Tensor  # (T, B, 7) after it


class Source(NamedTuple):
    """Where demonstrations come from: they fit this task, engine and control mode only."""

    task: str
    engine: str
    control: str


def record_script(env: DemonstrableEnv, episodes: int, seed: int, noise: float = NOISE) -> list[Demo]:
    """`episodes` episodes that the task's script solved, with noise on what it does but not on what is kept.

    The noise leads beside the straight way, and the actions kept lead back to it (Laskey et al., 2017,
    "DART"). Poses are kept where env records them; it is left in the middle of an episode. Episodes that end
    without success are played again. Raises InvalidInput when too few succeed, or where the script cannot
    drive the arm.
    """
    rng = torch.Generator().manual_seed(seed)
    kept: list[Demo] = []
    rounds = -(-TRIES * episodes // env.num_envs)
    for round_ in range(rounds):
        kept += _one_round(env, seed + round_, noise, rng)
        if len(kept) >= episodes:
            return kept[:episodes]
    raise InvalidInput(
        f"the script solved {len(kept)} of {rounds * env.num_envs} episodes, {episodes} are needed"
    )


def _one_round(env: DemonstrableEnv, seed: int, noise: float, rng: torch.Generator) -> list[Demo]:
    """One whole episode of every copy. -> those that lasted and succeeded in the end."""
    obs = env.reset(seed)
    goal = env.start_state().goal
    rows: list[tuple[Tensor, ...]] = []
    whole, success = torch.ones(env.num_envs, dtype=torch.bool), torch.zeros(0)
    for _ in range(env.horizon):
        wanted, engine = env.script().clamp(-1.0, 1.0), env.start_state().engine
        extra = noise * torch.randn(wanted.shape, generator=rng)
        extra[:, 3:] = 0.0  # the gripper does as the script says
        step = env.step(wanted + extra)
        poses = torch.zeros(env.num_envs, 0, 7) if step.poses is None else step.poses
        rows.append((engine, obs, wanted, step.visible, poses))
        whole &= ~step.terminated
        success, obs = step.success, step.obs
    engine, seen, action, visible, poses = (torch.stack(parts, 1) for parts in zip(*rows, strict=True))
    return [
        Demo(engine[n], goal[n], seen[n], action[n], visible[n], poses[n])
        for n in (success & whole).nonzero().squeeze(1).tolist()
    ]


def scripted_episodes(env: DemonstrableEnv) -> int:
    """How many episodes of the script to take start states from: as many as the memory for them allows."""
    row = env.start_state().engine[0]
    return max(1, min(EPISODES, MOST_STATE_BYTES // (row.numel() * row.element_size() * env.horizon)))


# ---- files


def save_demos(folder: Path, demos: Sequence[Demo], source: Source, by: str) -> None:
    """Write each as a file of its own into the folder. Raises RunError when that cannot be done."""
    folder.mkdir(parents=True, exist_ok=True)
    about = json.dumps({"format": FORMAT, **source._asdict(), "by": by})
    for number, demo in enumerate(demos):
        content = io.BytesIO()
        arrays = {name: value.numpy() for name, value in demo._asdict().items()}
        np.savez_compressed(content, about=np.array(about), **arrays)
        write_atomic(folder / f"demo-{number:03d}.npz", content.getvalue())


def load_demos(folder: Path, source: Source) -> list[Demo]:
    """The demonstrations in a folder, by name of their files; they must be of this source.

    Raises InvalidInput where there are none, and for one that cannot be used here.
    """
    files = sorted(folder.glob("*.npz"))
    if len(files) > MOST_FILES or sum(file.stat().st_size for file in files) > IMPORT_BYTES:
        raise InvalidInput(f"{folder} holds more than {MOST_FILES} demonstrations or {IMPORT_BYTES} bytes")
    if not files:
        raise InvalidInput(f"{folder} holds no demonstrations: npz files, see `armchair.envs.demonstrations`")
    return [_load(file, source) for file in files]


def _load(file: Path, source: Source) -> Demo:
    arrays = read_npz(file, MOST_BYTES)
    missing = [name for name in ("about", *Demo._fields) if name not in arrays]
    if missing:
        raise InvalidInput(f"{file} is no demonstration: it has no {', '.join(missing)}")
    try:
        about = parse_object(str(arrays["about"]), f"`about` in {file}", TOLD_BYTES)
    except (InvalidInput, ValueError) as error:  # letters that are none, in NumPy's text
        raise InvalidInput(f"{file} is no demonstration: {error}") from None
    found = {name: str(about.get(name)) for name in ("format", *Source._fields)}
    for name, wanted in {"format": FORMAT, **source._asdict()}.items():
        if found[name] != wanted:
            raise InvalidInput(f"{file} is of {name} {found[name]!r}, here it must be {wanted!r}")
    try:
        demo = Demo(*(torch.from_numpy(arrays[name]) for name in Demo._fields))
    except (TypeError, ValueError) as error:  # ValueError: of bytes in the wrong order
        raise InvalidInput(f"{file} cannot be read: {error}") from None
    _check(file, demo)
    return demo


def _check(file: Path, demo: Demo) -> None:
    """InvalidInput unless all parts are of one length and finite."""
    steps = len(demo.obs)
    for name, value in demo._asdict().items():
        if name != "goal" and (value.ndim < 2 or len(value) != steps or not steps):
            raise InvalidInput(f"{file}: {name} must have {steps} rows as obs has, got {tuple(value.shape)}")
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise InvalidInput(f"{file}: {name} has numbers that are not finite")
    if demo.goal.shape != (3,):
        raise InvalidInput(f"{file}: goal must be three numbers, got {tuple(demo.goal.shape)}")
