"""A store with everything that the dashboard shows, and folders of runs around it."""

from __future__ import annotations

import hashlib
import json
import math
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from streamlit.testing.v1 import AppTest

from armchair.ids import id_from
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question
from armchair.web.dashboard import source

STEPS, BODIES = 20, 12  # eight links, hand, two fingers, the goal's marker
BEGAN = 1_790_000_000.0  # s since the epoch
PAIRS = 30
SCENE = json.dumps(
    {
        "bodies": [{"name": name} for name in [*(f"link{k}" for k in range(8)), "hand", "left", "right"]],
        "tool_body": 8,
        "tool_offset": [0.0, 0.0, 0.1],
    }
).encode()


class Filled(NamedTuple):
    """A run's folder with a store in it, as `fill` leaves it."""

    run: Path
    store: Path
    pairs: list[Question]  # PAIRS questions; of the k-th the right clip is better where k is odd


def name(*parts: str | int) -> str:
    """A UUID that is always the same for the same parts."""
    return id_from(hashlib.sha256("/".join(map(str, parts)).encode()).digest())


def clip(*parts: str | int, step: int = 0, poses: bool = True, film: bytes | None = None) -> Clip:
    """A clip in which the tool goes along an arc."""
    phase = torch.linspace(0, 1, STEPS) * 0.8 + (sum(map(ord, "/".join(map(str, parts)))) % 97) / 97
    tip = torch.stack((0.45 + 0.12 * phase.cos(), 0.25 * phase.sin(), 0.35 - 0.2 * phase), dim=1)
    share = torch.linspace(0, 1, 9)[None, :, None]
    arm = tip[:, None] * share + torch.tensor([0.0, 0.0, 0.35]) * (share * math.pi).sin()
    points = torch.cat(
        (arm, tip[:, None], tip[:, None], torch.tensor([0.5, 0.1, 0.1]).expand(STEPS, 1, 3)), 1
    )
    turned = torch.tensor([0.0, 1.0, 0.0, 0.0]).expand(STEPS, BODIES, 4)  # the hand points down
    return Clip(
        id=name("clip", *parts),
        visible=torch.zeros(STEPS, 2),
        action=torch.zeros(STEPS, 1),
        reward=torch.zeros(STEPS),
        poses=torch.cat((points, turned), dim=2) if poses else None,
        frames=film,
        policy_step=step,
        episode=1,
        start=0,
    )


def ask(store: Store, strategy: str, k: int, **more: float | str | int) -> Question:
    """Put one question about two new clips."""
    steps = (int(more.pop("left_step", k)), int(more.pop("right_step", k)))
    left, right = (clip(strategy, k, side, step=at) for side, at in zip("lr", steps, strict=True))
    question = Question(name("q", strategy, k), left.id, right.id, strategy, max(steps))._replace(**more)
    store.ask([question], [left, right])
    return question


def answer(store: Store, who: str, question: Question, choice: Choice, k: int, seconds: float = 2.0) -> None:
    """Answer a question as the labelling page would: claimed, then submitted."""
    given = Answer(name("a", who, question.id), question.id, who, choice, 1.0, seconds, BEGAN + k, page="t1")
    while question.id not in {held.id for held in store.held(who)}:
        assert store.claim(who, n=50), "the question can be had"
    store.submit(given)


def truth(k: int) -> Choice:
    """The better side of the k-th pair."""
    return "right" if k % 2 else "left"


def other(choice: Choice) -> Choice:
    """The other side."""
    return "left" if choice == "right" else "right"


def fill(root: Path) -> Filled:
    """A run taught by three annotators: ann and bob, who know what they want, and coin, who throws one.

    ann says what is true, but k = 5 is a tie and k = 29 cannot be told. bob errs in k = 3 and k = 7.
    Repeats: ann 4, all the same; bob 2, one turned round. Progress: ann 6, newer wins 4, loses 1, ties 1.
    The model errs in k = 4.
    """
    run = RunDir.create(root, "reach", {"task": "reach", "seed": 3, "teacher": {"name": "people"}})
    file = run.path / "armchair.db"
    rng = random.Random(7)
    with Store.open(file) as store:
        board = store.board
        board.set_setting("repeat_share", 0.0)
        board.set_setting("overlap", 3)
        pairs = [
            ask(store, "diverse" if k % 3 else "uniform", k, guess=0.8 if (k % 2 == 1) != (k == 4) else 0.2)
            for k in range(PAIRS)
        ]
        for k, question in enumerate(pairs):
            said: Choice = "tie" if k == 5 else "cant_tell" if k == 29 else truth(k)
            answer(store, "ann", question, said, 3 * k, seconds=1.0 + k / 10)
            answer(store, "bob", question, other(truth(k)) if k in (3, 7) else truth(k), 3 * k + 1)
            answer(store, "coin", question, rng.choice(("left", "right")), 3 * k + 2, seconds=0.3)
        _repeats(store, pairs)
        _progress(store)
        board.set_setting("overlap", 1)
        board.set_setting("repeat_share", 0.05)
        ask(store, "newest", 99, left_step=20_000, right_step=20_000)
        for line in metrics():
            board.log(line)
            run.log(line)
        board.put_asset("scene", len(SCENE).to_bytes(4, "little") + SCENE, "application/octet-stream")
        board.set_status(
            {"phase": "practising", "task": "reach", "question": "Which one gets closer?", "labels": 120}
            | {"updates": 45, "of_updates": 45}
        )
    return Filled(run.path, file, pairs)


def _repeats(store: Store, pairs: Sequence[Question]) -> None:
    for who, ks, turned in (("ann", range(4), ()), ("bob", (10, 11), (11,))):
        for k in ks:
            old = pairs[k]
            again = Question(
                name("again", who, k), old.right, old.left, "repeat", k, None, repeat_of=old.id, only_for=who
            )
            store.ask([again])
            before: Choice = "tie" if (who, k) == ("ann", 5) else truth(k)
            if (who, k) == ("bob", 3):
                before = other(before)
            said = other(before) if k not in turned else before  # its sides are exchanged
            answer(store, who, again, said, 200 + k)


def _progress(store: Store) -> None:
    """The newer clip is on the right where k is odd."""
    for k, won in enumerate((True, True, False, True, None, True)):
        newer: Choice = "right" if k % 2 else "left"
        steps = {f"{newer}_step": 4000 + 1000 * k, f"{other(newer)}_step": 1000}
        question = ask(store, "progress", k, only_for="ann", **steps)
        answer(store, "ann", question, "tie" if won is None else newer if won else other(newer), 300 + k)


def metrics() -> list[dict[str, float]]:
    """45 updates of 2048 steps, two seconds each; evaluated each ninth time, fitted each third."""
    lines: list[dict[str, float]] = []
    for k in range(1, 46):
        line: dict[str, float] = {"updates": k, "env_steps": 2048 * k, "asked": 2 * k, "answers": 2 * k}
        line |= {"reward": 0.5 + 0.01 * (k % 3), "success": min(1.0, k / 40), "created": BEGAN + 2 * k}
        if k % 9 == 0:
            line |= {"eval_success": k / 50, "eval_return": -20 + k / 5, "eval_ever": k / 45}
        if k % 3 == 0:
            line |= {"fit_accuracy": 0.9, "fit_nll": 0.4 - k / 500, "fit_spread": 0.3 - k / 300}
            line |= {"accuracy": 0.6 + k / 150, "nll": 0.69 - k / 200, "ece": 0.2 - k / 300}
        lines.append(line)
    return lines


def beside(root: Path) -> None:
    """Runs to compare with, in a comparison's folder: two on the true reward, two by an oracle."""
    folder = RunDir.create(root, "compare-reach", {"command": "compare", "task": "reach"})
    for seed, success in ((0, 0.9), (1, 1.0)):
        about = {"command": "train", "task": "reach", "seed": seed}
        run = RunDir.create(folder.path / "runs", "train", about)
        for k in range(1, 5):
            run.log(
                {"env_steps": 5000 * k, "answers": 0, "eval_success": success * k / 4, "eval_return": -3.0}
            )
        taught = {"task": "reach", "seed": seed, "teacher": {"name": "oracle"}}
        run = RunDir.create(folder.path / "runs", "teach", taught)
        for k in range(1, 5):
            run.log({"env_steps": 5000 * k, "answers": 10 * k, "eval_success": 0.8 * success * k / 4})


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The filled store, for tests that only look."""
    root = tmp_path_factory.mktemp("runs")
    beside(root)
    return fill(root)


@pytest.fixture
def looked_at(once: Filled) -> Iterator[Filled]:
    """The filled store, in use by the dashboard, for tests that only look."""
    source.use(once.store, once.run)
    yield once
    source.close()


@pytest.fixture
def own(once: Filled, tmp_path: Path) -> Iterator[Filled]:
    """A copy of it, in use by the dashboard, for tests that change it."""
    root = shutil.copytree(once.run.parent, tmp_path / "runs")
    run = root / once.run.name
    source.use(run / "armchair.db", run)
    yield once._replace(run=run, store=run / "armchair.db")
    source.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """A store in which nothing has happened yet, in use by the dashboard."""
    file = tmp_path / "armchair.db"
    Store.open(file).close()
    source.use(file)
    yield file
    source.close()


@pytest.fixture
def page() -> Callable[[str], AppTest]:
    """Draws a page by the name of its module."""

    def draw(module: str) -> AppTest:
        script = f"from armchair.web.dashboard.views import {module}\n{module}.show()\n"
        drawn = AppTest.from_string(script, default_timeout=120).run()
        assert not drawn.exception, drawn.exception
        return drawn

    return draw
