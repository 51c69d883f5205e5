"""`armchair export --format lerobot`: what a run knows of itself, for its clips as a LeRobotDataset."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from armchair.cli.draw import control_dt, drawing
from armchair.config.read import from_run
from armchair.envs.base import PoseDrawing
from armchair.envs.spec import resolve_task
from armchair.errors import InvalidInput, RunError
from armchair.exchange.lerobot.clips import Source, export_clips
from armchair.exchange.lerobot.films import frames_of
from armchair.exchange.lerobot.schema import frames_per_second, robot_named
from armchair.jsonable import Json
from armchair.offers.catalogue import ANY_TASK
from armchair.rewards.saved import REWARD_MODEL, has_reward, read_reward
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Clip, VisibleLayout
from armchair.video import Frame

SIZE = 240  # pixels, width and height, of what is drawn from poses


def export_lerobot(run: RunDir, store: Store, out: Path, *, films: bool) -> dict[str, Json]:
    """Write the data set. films: draw clips that have poses. -> what there is of what."""
    task = str(run.config().get("task", ""))
    path = run.checkpoints / REWARD_MODEL
    model = read_reward(path) if has_reward(run) else None
    source = Source(
        task=question_of(store),
        robot=robot_named(from_run(run.config()).env.arm) if _is_own(task) else "unknown",
        fps=frames_per_second(control_dt(store)),
        layout=_layout(run, task) if model is None else model.layout,
        model=model,
        model_path=str(REWARD_MODEL),
    )
    with ExitStack() as closing:
        found = export_clips(store, out, source, _Pictures(store, closing, films))
    counts: dict[str, Json] = {"episodes": found.episodes, "frames": found.frames, "answers": found.answers}
    return counts


def question_of(store: Store) -> str:
    """What people are asked."""
    status, settings = store.board.status(), store.board.settings()
    told = status.value.get("question") if status is not None else None
    return str(settings.question or told or ANY_TASK)


class _Pictures:
    """The pictures of a clip: those of its film, or drawn from its poses."""

    def __init__(self, store: Store, closing: ExitStack, films: bool) -> None:
        """films: whether poses are to be drawn."""
        self._store, self._closing, self._films = store, closing, films
        self._renderer: PoseDrawing | None = None

    def __call__(self, clip: Clip) -> Iterable[Frame]:
        if clip.frames is not None:
            return frames_of(clip.frames, f"the film of clip {clip.id}", len(clip.visible))
        if not self._films:
            return ()
        if clip.poses is None:
            raise InvalidInput(f"clip {clip.id} has no poses to draw: leave --films out")
        if self._renderer is None:
            made = drawing(self._store, clip.poses.shape[1], SIZE)
            self._renderer = self._closing.enter_context(made)
        return map(self._renderer.render, clip.poses)


def _is_own(task: str) -> bool:
    try:
        return not resolve_task(task).foreign
    except InvalidInput:  # of a run that was imported
        return False


def _layout(run: RunDir, task: str) -> VisibleLayout | None:
    """What the numbers of clips are, where the run knows."""
    try:
        return resolve_task(task).layout(from_run(run.config()).env)
    except (InvalidInput, RunError):
        return None
