"""Somebody says "no, not that": what is asked then, and that the model comes to what was meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from armchair.config.on_skill import on_skill
from armchair.config.read import from_run, with_flags
from armchair.feedback import objections
from armchair.feedback.styles import style_score
from armchair.ids import new_id
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.setup import make_trainer
from armchair.training.trainer import Trainer
from armchair.types import Answer, Clip

WISH = "left"
SMALL = {"queries.labels": 24, "queries.first": 24, "schedule.updates": 6, "evaluation.every": 100}


@pytest.fixture
def trainer(skill: Path, tmp_path: Path) -> Iterator[Trainer]:
    """A run of one wish that people answer."""
    torch.set_num_threads(1)
    config = on_skill(from_run(RunDir(skill).config()), {WISH: "Which one is on the left?"}, {}, str(skill))
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(with_flags(config, SMALL), store)
        yield trainer
        trainer.envs.close()


def judge(trainer: Trainer, name: str) -> Callable[[Clip], float]:
    """What somebody who likes a style makes of a clip."""
    return style_score(name, trainer.envs.film.layout.points)


def answer_all(store: Store, worth: Callable[[Clip], float]) -> list[str]:
    """Answer what waits. -> how each question was chosen, in the order in which they were given out."""
    strategies: list[str] = []
    while taken := store.claim("ann", n=1):
        (question,) = taken
        left, right = store.clips([question.left, question.right])
        choice = "left" if worth(left) > worth(right) else "right"
        store.submit(Answer(new_id(), question.id, "ann", choice, 1.0, 1.0, time.time()))
        strategies.append(question.strategy)
    return strategies


def told(trainer: Trainer) -> Json:
    """What the page shows of what was understood."""
    return trainer.reward.facts().get("understood")


def test_more_is_asked_at_once_and_changes_what_is_understood(trainer: Trainer) -> None:
    """What was answered about another wish is outweighed by the answers that follow the objection."""
    store = trainer.store
    store.board.set_setting("repeat_share", 0.0)
    meant, mistaken = judge(trainer, "left_of_goal"), judge(trainer, "from_above")
    while trainer.reward.model is None:
        trainer.turn()
        answer_all(store, mistaken)
    trainer.turn()
    answer_all(store, mistaken)
    shown = told(trainer)
    assert isinstance(shown, dict)
    best, worst = ([str(name) for name in shown[end]] for end in ("best", "worst"))  # type: ignore[union-attr]
    before = trainer.querier.asked
    objections.objected(store, WISH, best, worst, trainer.env_steps)
    store.board.set_setting("labels", 24 + objections.MORE)
    assert told(trainer) is None, "nothing is claimed until more is answered"
    trainer.labels += objections.MORE  # as it reads from the board before each turn
    trainer.turn()
    assert trainer.querier.asked - before >= objections.MORE - 2
    put = [question for question in store.put() if question.strategy == objections.STRATEGY]
    assert len(put) == objections.MORE and {question.wish for question in put} == {WISH}
    assert {frozenset((q.left, q.right)) for q in put[:2]} == {
        frozenset(p) for p in zip(best, worst, strict=True)
    }
    assert all(question.guess is None for question in put), "the model that was wrong chose none"
    trainer.turn()
    assert len([q for q in store.put() if q.strategy == objections.STRATEGY]) == objections.MORE, "once"

    model, before = trainer.reward.judge, agreement(trainer, meant)
    assert answer_all(store, meant)[: objections.MORE] == [objections.STRATEGY] * objections.MORE
    assert objections.settled(store, WISH)
    trainer.turn()
    assert trainer.reward.judge is not model
    assert agreement(trainer, meant) > before
    again = told(trainer)
    assert isinstance(again, dict) and again != shown


def agreement(trainer: Trainer, worth: Callable[[Clip], float]) -> float:
    """How far the wish's model goes with `worth`, over all clips: the rank correlation."""
    model, names = trainer.reward.judge, [name for q in trainer.store.put() for name in (q.left, q.right)]
    assert model is not None
    clips = trainer.store.clips(list(dict.fromkeys(names)))
    said = model.clip_values(torch.stack([clip.visible for clip in clips])).mean(0)
    true = torch.tensor([worth(clip) for clip in clips])
    ranks = torch.stack([one.argsort().argsort().float() for one in (said, true)])
    return float(torch.corrcoef(ranks)[0, 1])


def test_where_nobody_objects_nothing_is_owed(tmp_path: Path) -> None:
    """Nor where a wish is unknown; then nothing is put."""
    with Store.open(tmp_path / "armchair.db") as store:
        store.add_wish(WISH, "Which one is on the left?")
        assert objections.owed(store) == {} and objections.settled(store, WISH)
        assert objections.more_of(store, WISH) == 0
        store.board.misunderstand(WISH)
        assert objections.owed(store) == {WISH: objections.MORE} and not objections.settled(store, WISH)
