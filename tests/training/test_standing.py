"""What people are told of what their newest answers did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from armchair.config.read import with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import make_teacher, true_return
from armchair.ids import new_id
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig, RewardEnsemble
from armchair.rewards.fit import fit
from armchair.store import second_looks
from armchair.store.board import CHANGE
from armchair.store.rows.records import Record
from armchair.store.store import Store
from armchair.training import trainer as loop
from armchair.training.setup import make_trainer
from armchair.training.standing.change import EVERY, GOALS, Change
from armchair.training.standing.contradicted import contradicted
from armchair.training.standing.learned import Learned
from armchair.types import Answer, PreferenceBatch, Question, VisibleLayout

LAYOUT = VisibleLayout(points=(), scalars=("x",))
SMALL = RewardConfig(inputs="raw", members=3, hidden=8, min_updates=120, drop=0.0)


def batch(signs: list[float], targets: list[float], pairs: list[int] | None = None) -> PreferenceBatch:
    """Pairs of clips that stay at minus and plus so much: the right one has the greater x."""
    x = torch.tensor(signs)[:, None, None].expand(-1, 4, 1)
    count = len(signs)
    numbers = torch.tensor(pairs or list(range(count)))
    weight, none = torch.ones(count), torch.zeros(count, dtype=torch.bool)
    return PreferenceBatch(-x, x, torch.tensor(targets), weight, none, numbers)


def model(towards: float) -> RewardEnsemble:
    """One that prefers the greater x (1) or the smaller (0)."""
    rng = torch.Generator().manual_seed(3)
    signs = [0.4, 0.7, 1.0, 1.3] * 4
    return fit(batch(signs, [towards] * 16), torch.randn(50, 1, generator=rng), LAYOUT, SMALL, rng)[0]


def test_an_answer_is_held_against_the_model_before_it() -> None:
    learned, up = Learned(), model(1.0)
    assert learned.facts() == {}
    learned.take_in(batch([1.0] * 5, [1.0, 0.0, 1.0, 0.0, 0.5]), 3, up, up)
    assert learned.facts()["agreement"] == {"agree": 1, "of": 2}, "a tie takes no side, the first two are old"
    assert learned.facts()["learned"] == {"answers": 3, "changed": 1}
    learned.take_in(batch([1.0] * 4, [1.0] * 4), 2, up, up)
    assert learned.facts()["agreement"] == {"agree": 3, "of": 4}, "it goes on over fits"
    assert learned.facts()["learned"] == {"answers": 2, "changed": 0}


def test_an_answer_counts_as_changing_something_where_the_model_thinks_otherwise_of_it_now() -> None:
    learned, up, down = Learned(), model(1.0), model(0.0)
    learned.take_in(batch([1.0, 1.0], [1.0, 0.5]), 2, up, down)
    assert learned.facts()["learned"] == {"answers": 2, "changed": 2}


def test_what_an_earlier_answer_taught_is_no_foresight() -> None:
    learned, up = Learned(), model(1.0)
    learned.take_in(batch([1.0] * 4, [1.0] * 4, pairs=[7, 8, 7, 9]), 2, up, up)
    assert learned.facts()["agreement"] == {"agree": 1, "of": 1}


def test_only_the_latest_twenty_count_and_a_resumed_run_knows_them() -> None:
    learned, up = Learned(), model(1.0)
    learned.take_in(batch([1.0] * 10, [0.0] * 10), 10, up, up)
    learned.take_in(batch([1.0] * 15, [1.0] * 15), 15, up, up)
    assert learned.facts()["agreement"] == {"agree": 15, "of": 20}
    again = Learned()
    again.load_tensors(learned.tensors())
    assert again.facts() == learned.facts()
    again.load_tensors({})
    assert again.facts() == learned.facts()


def answered(choice: str, name: str) -> Record:
    answer = Answer(name, name, "ann", choice, 1.0, 1.0, 0.0)  # type: ignore[arg-type]
    return Record(answer, Question(name, "l", "r", "uniform", 0), 0, 0, 0)


def test_the_answers_that_the_model_is_surest_to_be_otherwise_come_first() -> None:
    choices = ["left", "right", "left", "right", "tie", "left", "right", "right", "left"]
    trust = [0.3, 0.4, 0.7, 0.1, 0.0, 0.9, 0.45, 0.2, 0.05]
    target = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 1.0, 0.0])
    records = [answered(choice, str(k)) for k, choice in enumerate(choices)]
    assert contradicted(records, target, trust, ()) == ["8", "3", "7", "0"], "four at most"
    assert contradicted(records, target, trust, {"8", "0"}) == ["3", "7", "1", "6"]


def test_answers_against_all_others_are_offered_for_a_second_look(
    short: TeachConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    config = with_flags(short, {"queries.labels": 40, "queries.first": 30})
    wrong: list[str] = []
    with Store.open(tmp_path / "armchair.db") as store:
        store.board.set_setting("repeat_share", 0.0)
        trainer = make_trainer(config, store)

        def answer(seconds: float) -> None:
            for question in store.claim("ann", n=2):
                left, right = store.clips([question.left, question.right])
                better = "left" if true_return(left) > true_return(right) else "right"
                if store.counts().asked in (7, 15):
                    better = "right" if better == "left" else "left"
                    wrong.append(question.id)
                store.submit(Answer(new_id(), question.id, "ann", better, 1.0, 1.0, 0.0))  # type: ignore[arg-type]

        monkeypatch.setattr(loop.time, "sleep", answer)
        list(trainer.run())
        offered = second_looks.waiting(store.board, store.board.asset_versions())
        assert len(offered) <= 4
        assert set(wrong) & set(offered), "what was answered against all others is among them"
        second_looks.look(store.board, offered[0])
        store.flip(store.history("ann", 1)[0].answer.id)
        list(trainer.run())  # fits anew
        assert offered[0] not in second_looks.waiting(store.board, store.board.asset_versions())
        trainer.envs.close()


def changed(store: Store) -> tuple[dict[str, int], Tensor]:
    """The header of what changed, and the poses (2, L, B, 7)."""
    asset = store.board.asset(CHANGE)
    assert asset is not None
    length = int.from_bytes(asset.data[:4], "little")
    header = json.loads(asset.data[4 : 4 + length])
    poses = torch.frombuffer(bytearray(asset.data[4 + length :]), dtype=torch.float32)
    return header, poses.reshape(2, header["steps"], header["bodies"], 7)


def test_the_arm_before_and_now_is_left_for_the_page_on_the_same_goals(
    short: TeachConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(short, store)

        def answer(seconds: float) -> None:
            for question in store.claim("ann", n=2):
                store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, 0.0))

        monkeypatch.setattr(loop.time, "sleep", answer)
        list(trainer.run())
        header, poses = changed(store)
        assert header["now"] == 8 and 0 < header["before"] < 8
        assert header["steps"] == GOALS * trainer.envs.film.horizon
        before, now = poses
        half = trainer.envs.film.horizon
        assert torch.equal(before[:, -1], now[:, -1]), "the goal's marker is where it was"
        assert torch.allclose(before[0], now[0], atol=0.05), "both begin alike"
        assert not torch.equal(before[half - 1], now[half - 1])
        assert not torch.equal(now[0, -1], now[half, -1]), "and then another goal"
        tensors = trainer.standing.tensors()
        assert any(name.startswith("change.") for name in tensors)
        trainer.envs.close()


def test_films_of_what_changed_are_rare_and_only_for_people(short: TeachConfig, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    with Store.open(tmp_path / "armchair.db") as store:
        trainer = make_trainer(short, store)
        env, net, at = trainer.envs.film, trainer.policy.agent.net, [0.0]
        change = Change(store.board, env, 0, lambda: at[0])
        assert not change.film(8, 100, net), "there is nothing to compare with"
        change.keep(4, 50, net)
        assert change.film(8, 100, net)
        assert not change.film(8, 50, net), "nothing was learnt since"
        at[0] = EVERY - 1
        assert not change.film(9, 200, net) and change.film(9, 200, net, now=True)
        at[0] = 3 * EVERY
        assert change.film(9, 300, net)
        trainer.envs.close()
    with Store.open(tmp_path / "oracle.db") as store:
        trainer = make_trainer(short, store, make_teacher("oracle", {}, generator(0, "teacher")))
        list(trainer.run())
        assert store.board.asset(CHANGE) is None and trainer.standing.tensors() == {}
        trainer.envs.close()
