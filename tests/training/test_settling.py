"""What a run that people taught leaves for after its budget: comparisons, and the older policy."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from armchair.agents.saved import load_policy
from armchair.cli.checks import check_run
from armchair.config.read import as_yaml, load_config, with_flags
from armchair.feedback.teachers import true_return
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.runs.older import older_in_use, use_newest, use_older
from armchair.store import settling
from armchair.store.store import Store
from armchair.training import trainer as loop
from armchair.training.setup import teach
from armchair.types import Answer

CONFIG = with_flags(
    load_config("smoke"),
    {
        "queries.labels": 20,
        "queries.first": 6,
        "schedule.session": 2,
        "schedule.session_every": 1,
        "schedule.updates": 14,
        "schedule.patience": 3,
        "schedule.queue": 8,
        "evaluation.every": 100,
        "queries.progress_share": 0.3,
    },
)


def answer(store: Store, number: int = 1) -> list[str]:
    """Answer as many questions as wait, up to so many. -> their ids."""
    taken = store.claim("ann", n=number)
    for question in taken:
        left, right = store.clips([question.left, question.right])
        better = "left" if true_return(left) > true_return(right) else "right"
        store.submit(Answer(new_id(), question.id, "ann", better, 1.0, 1.0, time.time()))  # type: ignore[arg-type]
    return [question.id for question in taken]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run lies that people taught to the end of its budget."""
    torch.set_num_threads(1)
    run = RunDir.create(
        tmp_path_factory.mktemp("runs"), "reach", {**as_yaml(CONFIG), "teacher": {"name": "person"}}
    )
    with Store.open(run.store) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.time, "sleep", lambda _: answer(store))
        list(teach(CONFIG, run, None))
    return run.path


@pytest.fixture
def done(taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A copy of it, and its store. Who teaches on gets answers."""
    run = RunDir.open(shutil.copytree(taught, tmp_path / taught.name))
    with Store.open(run.store) as store:
        monkeypatch.setattr(loop.time, "sleep", lambda _: answer(store))
        yield run, store


def test_comparisons_wait_for_after_the_budget_and_are_not_charged(done: Any) -> None:
    run, store = done
    offer = settling.read(store.board)
    assert offer is not None and len(offer.questions) == 16 and 0 < offer.older < offer.newest == 20
    assert offer.older_success is not None and not offer.on
    assert answer(store, 4) == [], "nobody is given them unasked"
    before = store.counts()
    assert before.asked == 20 and before.open == 0
    settling.begin(store, offer)
    given = answer(store, 4)
    assert len(given) == 4 and set(given) <= set(offer.questions)
    for record in store.records(strategy="settling"):
        left, right = store.clips([record.question.left, record.question.right])
        assert {left.policy_step, right.policy_step} == {record.left_step, record.right_step}
        assert left.poses is not None and right.poses is not None
        assert torch.equal(left.poses[0, -1], right.poses[0, -1]), "the same goal"
    after = store.counts()
    assert (after.asked, after.settling, after.open) == (20, 4, 0)
    assert after.changed_at == before.changed_at < store.position(), "nothing to train on for"
    settling.end(store, settling.read(store.board))
    assert answer(store) == []
    assert store.board.status().value["position"] == after.changed_at
    again = list(teach(CONFIG, run, None, resume=True))
    assert not again and settling.read(store.board) == offer._replace(on=False), "nothing is filmed twice"
    assert (run.checkpoints / "older.safetensors").exists()


def test_training_that_goes_on_withdraws_them(done: Any) -> None:
    run, store = done
    store.board.set_setting("labels", 24)
    list(teach(CONFIG, run, None, resume=True))
    offer = settling.read(store.board)
    assert offer is not None and offer.newest == 24


def test_the_older_policy_can_be_the_runs(done: Any) -> None:
    run, store = done
    offer = settling.read(store.board)
    assert offer is not None
    newest = load_policy(run)[1]
    (run.path / "summary.json").write_text('{"success": 0.5}')
    use_older(run)
    agent, info = load_policy(run)
    assert info.env_steps < newest.env_steps
    assert older_in_use(run) == {
        "answers": offer.older,
        "in_place_of": 20,
        "success": offer.older_success,
        "env_steps": info.env_steps,
    }
    assert f'"answers": {offer.older}' in (run.path / "summary.json").read_text()
    assert agent.net.best(torch.zeros(2, info.obs_dim)).shape == (2, info.action_dim)
    said = {check.name: check for check in check_run(str(run.path))}
    assert said["policy"].found == f"the one after {offer.older} answers, chosen over that after 20"
    assert all(check.ok for check in said.values())
    use_newest(run)
    assert load_policy(run)[1] == newest and older_in_use(run) is None
    assert '"older_policy": null' in (run.path / "summary.json").read_text()
    use_older(run)
    list(teach(CONFIG, run, None, resume=True))
    assert load_policy(run)[1] == newest, "who goes on does so from the newest"
