"""The clips of a run as a LeRobotDataset, an episode each, with what people said and the learned progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from armchair.errors import InvalidInput
from armchair.exchange.lerobot import preferences, progress
from armchair.exchange.lerobot.schema import Episode, Named
from armchair.exchange.lerobot.writing import DatasetWriter
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.motion import clips_with_motion
from armchair.store.store import Store
from armchair.types import Clip, VisibleLayout
from armchair.video import Frame

BATCH = 100  # clips in memory at a time
Pictures = Callable[[Clip], Iterable[Frame]]
"""A clip -> the picture of each state that its actions led to; none where it has none."""


class Source(NamedTuple):
    """What is to be known of a run besides what its clips hold."""

    task: str  # in words
    robot: str
    fps: float
    layout: VisibleLayout | None  # None: nobody knows what the numbers are
    model: RewardEnsemble | None  # None: nothing was learned
    model_path: str


class Written(NamedTuple):
    """What a data set came to."""

    episodes: int
    frames: int
    answers: int
    films: bool
    progress: bool


def export_clips(store: Store, folder: Path, source: Source, pictures: Pictures) -> Written:
    """Write the clips that questions speak of into a new folder, in the order in which they were asked.

    A frame is a state, the action taken in it and the reward of where that led to, so that a clip of L states
    has L - 1 frames. Raises InvalidInput where there are no clips, or clips of one state.
    """
    records = store.records()
    put = [record.question for record in records] + store.put()
    names = list(dict.fromkeys(name for question in put for name in (question.left, question.right)))
    if not names:
        raise InvalidInput("the run has no clips yet: nobody was asked anything")
    known = store.rewards_known(names)
    settings, rewards = store.board.settings(), list[Tensor]()
    with DatasetWriter(folder, _named(store.clips(names[:1])[0], source, known)) as data:
        for begin in range(0, len(names), BATCH):
            for clip in store.clips(names[begin : begin + BATCH]):
                data.add(_episode(clip, source.task, known), list(pictures(clip))[:-1])
                rewards += [] if source.model is None else [_learned(source.model, clip.visible)[:-1]]
        put_into = data.finish()
        questions = {None: settings.question or source.task}
        questions |= {wish.name: wish.question for wish in store.wishes()}
        asked = preferences.Asked(
            {name: preferences.Place(number, 0) for number, name in enumerate(names)},
            data.lengths[0],
            questions,
            store.annotators(),
        )
        answers = preferences.write_preferences(put_into / preferences.FILE, records, asked)
        if rewards:
            progress.write_progress(put_into / progress.FILE, rewards, source.model_path)
        return Written(len(names), sum(data.lengths), answers, data.has_films, bool(rewards))


def names_of(layout: VisibleLayout | None, size: int) -> tuple[str, ...]:
    """A name for each number of what is visible: "tool.x", "tool.y", "tool.z", …, then the scalars'."""
    if layout is None or layout.size != size:
        return tuple(f"visible_{i}" for i in range(size))
    points = tuple(f"{point}.{axis}" for point in layout.points for axis in "xyz")
    return points + layout.scalars


def numbered(name: str, size: int) -> tuple[str, ...]:
    """Names of numbers that have none."""
    return tuple(f"{name}_{i}" for i in range(size))


def _named(clip: Clip, source: Source, known: bool) -> Named:
    if len(clip.visible) < 2:
        raise InvalidInput(
            "clips of a single step have no frames: a frame is a state and the action after it"
        )
    visible = names_of(source.layout, clip.visible.shape[1])
    actions = numbered("action", clip.action.shape[1])
    return Named(source.fps, source.robot, visible, actions, visible, reward=known, success=False)


def _episode(clip: Clip, task: str, known: bool) -> Episode:
    reward = clip.reward[1:] if known else None
    return Episode(clip.visible[:-1], clip.action[1:], task, reward, visible=clip.visible[1:])


def _learned(model: RewardEnsemble, visible: Tensor) -> Tensor:
    """The learned reward of a clip's states. (L, F) -> (L,)."""
    if visible.shape[-1] < model.layout.size:  # it looks at motion, which the clip does not hold
        at = _without_motion(model.layout, visible.shape[-1])
        visible = clips_with_motion(visible.unsqueeze(0), at)[0]
    return model.mean(visible)


def _without_motion(layout: VisibleLayout, size: int) -> VisibleLayout:
    return VisibleLayout(layout.points, layout.scalars[: size - 3 * len(layout.points)])


def known_names(names: Sequence[str]) -> VisibleLayout:
    """The layout that names tell: three that end in .x, .y and .z, one after the other, are a point.

    Points must come first; where a scalar comes before one, all numbers are scalars.
    """
    points: list[str] = []
    rest = list(names)
    while len(rest) >= 3 and all(rest[i] == f"{rest[0][:-2]}.{axis}" for i, axis in enumerate("xyz")):
        points.append(rest[0][:-2])
        rest = rest[3:]
    return VisibleLayout(tuple(points), tuple(rest))
