"""`armchair play --dataset`: a number of episodes, kept as a LeRobotDataset."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from armchair.cli.playing.args import Args
from armchair.cli.playing.cast import Cast, policy_of, weighed
from armchair.cli.report import Report
from armchair.cli.wishes.weights import told_weights
from armchair.envs.base import Env, Frames, Poses, tells_success
from armchair.errors import MissingDependency
from armchair.exchange.lerobot.recording import Picture, StopFilming, Wanted, named_for, record
from armchair.exchange.lerobot.schema import robot_named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.video import Frame, even


def record_dataset(cast: Cast, args: Args, folder: Path, report: Report) -> int:
    """Play and record; without films where none can be made, which standard error is told. -> 0."""
    spec = cast.spec
    reason = spec.why_no_pictures(cast.config)
    films = reason is None
    if reason is not None:
        report.log(f"no films: {reason}")
    try:
        successes, data, told = _record(cast, args, folder, films=films)
    except (MissingDependency, StopFilming) as error:
        if not films:
            raise
        report.log(f"no films: {error or 'pictures failed'}")
        successes, data, told = _record(cast, args, folder, films=False)
    share = sum(successes) / len(successes) if told and cast.wish is None else None
    ended = f", {sum(successes)} of them ended in success" if share is not None else ""
    frames, filmed = sum(data.lengths), "with films" if data.has_films else "without films"
    count = len(successes)
    report.say(f"{folder}: {count} episodes, {frames} frames, {filmed}{ended}{told_weights(cast.weights)}")
    summary = {"task": spec.name, "policy": cast.policy, "seed": args.seed, "success": share, **weighed(cast)}
    report.finish(
        {**summary, "episodes": count, "frames": frames, "films": data.has_films, "dataset": str(folder)}
    )
    return 0


def _record(cast: Cast, args: Args, folder: Path, *, films: bool) -> tuple[list[bool], DatasetWriter, bool]:
    """-> which episodes ended in success, what was written, whether success means something."""
    spec = cast.spec
    env = spec.make(1, replace(cast.config, threads=1), seed=args.seed, record=films)
    try:
        named = named_for(
            env, spec.slug if spec.foreign else robot_named(cast.config.arm), success=not spec.foreign
        )
        wanted = Wanted(args.episodes, args.seed, cast.wish or spec.question)
        drawing = _drawing(env, args.size, films=films)
        with drawing as picture, torch.inference_mode(), DatasetWriter(folder, named) as data:
            successes = record(env, policy_of(cast, env, args.seed), data, wanted, picture)
            data.finish()
        return successes, data, tells_success(env)
    finally:
        env.close()


@contextmanager
def _drawing(env: Env, size: int, *, films: bool) -> Generator[Picture | None]:
    """What draws the state that the copy is in."""
    if films and isinstance(env, Frames):
        yield lambda: next(map(even, env.frames()), None)
    elif films and isinstance(env, Poses):
        env.reset()
        with env.renderer(size, size) as renderer:

            def draw() -> Frame:
                return renderer.render(env.poses()[0])

            yield draw
    else:
        yield None
