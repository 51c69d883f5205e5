"""A run that is done, and what it does when there is more to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from armchair.config.read import as_yaml
from armchair.config.teach import TeachConfig
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training import trainer as loop
from armchair.training.setup import make_trainer, teach
from armchair.training.trainer import Trainer
from armchair.types import Answer


@pytest.fixture
def trainer(short: TeachConfig, tmp_path: Path) -> Iterator[Trainer]:
    torch.set_num_threads(1)
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(short, store)
        yield trainer
    trainer.envs.close()


def answer_all(store: Store) -> None:
    for question in store.claim("ann", n=2):
        store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, 0.0))


@pytest.mark.slow
def test_an_answer_that_is_changed_at_the_end_is_learnt_from(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.time, "sleep", lambda _: answer_all(trainer.store))
    fits = [turn.answers for turn in trainer.run() if turn.fits]
    assert trainer.updates == trainer.last_update == 6
    assert fits[-1] == 8, "the last answers are fitted as soon as they are in"
    assert list(trainer.run()) == [], "nothing is left to do"
    trainer.store.flip(trainer.store.history("ann", 1)[0].answer.id)
    again = list(trainer.run())
    assert again[0].fits and again[-1].updates == trainer.last_update == 6 + 2
    assert list(trainer.run()) == []


@pytest.mark.slow
def test_an_answer_that_is_taken_back_at_the_end_is_waited_for(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.time, "sleep", lambda _: answer_all(trainer.store))
    list(trainer.run())
    naps: list[int] = []
    question = trainer.store.undo("ann")
    assert question is not None and not trainer.done

    def nap(seconds: float) -> None:
        naps.append(1)
        if len(naps) == 3:
            trainer.store.submit(Answer(new_id(), question.id, "ann", "right", 1.0, 1.0, 0.0))

    monkeypatch.setattr(loop.time, "sleep", nap)
    last = list(trainer.run())[-1]
    assert len(naps) >= 3 and last.answers == 8 and trainer.done


def test_a_raised_budget_is_gone_on_with_and_the_counts_speak_of_it(
    short: TeachConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `armchair teach` does when the budget is raised on the page after the end."""
    run = RunDir.create(tmp_path, "reach", as_yaml(short))
    with Store.open(run.store_file) as store:
        monkeypatch.setattr(loop.time, "sleep", lambda _: answer_all(store))
        first = list(teach(short, run, None, stays=True))
        status = store.board.status()
        assert status is not None
        told = {key: status.value[key] for key in ("phase", "waits", "labels", "position")}
        assert told == {"phase": "done", "waits": True, "labels": 8, "position": store.position()}
        assert {(turn.labels, turn.of_updates) for turn in first} == {(8, 6)}
        assert {"agreement", "learned"} <= set(status.value), "what the answers after the first fit told"
        store.board.set_setting("labels", 12)
        more = list(teach(short, run, None, resume=True))
        assert {(turn.labels, turn.of_updates) for turn in more} == {(12, 10)}
        assert (more[-1].answers, more[-1].updates) == (12, 10)
        status = store.board.status()
        assert status is not None and (status.value["phase"], status.value["waits"]) == ("done", False)
