"""Odd environments, `odd.py`: each is taught, or refused in one line before there is a run's folder."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from armchair.cli import main

sys.path.append(str(Path(__file__).parent))

from odd import CASES, REFUSED, Case

Capture = pytest.CaptureFixture[str]
SMALL = """
queries: {labels: 4, first: 2, film_envs: 2, clip_length: 5}
schedule: {session: 2, session_every: 1, updates: 1}
practice: {num_envs: 2, rollout: 12}
evaluation: {every: 1, episodes: 2}
ppo: {epochs: 1}
reward: {min_updates: 5, epochs: 1}
"""
QUICK = (
    "plain",
    "reward_array",
    "obs_nested",
    "info_ragged",
    "picture_none",
    "picture_raises_later",
    "loses_itself",
    "sets_torch",
)
LOOKED_AT = ("obs_single", "obs_nested", "obs_nan", "space_missing")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    return file


def teach(name: str, small: Path, *more: str) -> int:
    return main(["teach", f"odd:{name}", "--teacher", "oracle", "--config", str(small), *more])


@pytest.mark.parametrize(("name", "case"), [item for item in CASES.items() if item[1].outcome == REFUSED])
def test_what_cannot_be_used_is_refused_in_a_line(
    name: str, case: Case, small: Path, capsys: Capture
) -> None:
    assert teach(name, small) == 2
    told = capsys.readouterr().err
    assert case.says in told
    assert told.count("\n") == 1 and told.startswith("armchair: ")
    assert not (small.parent / "runs").exists()


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, marks=[] if name in QUICK else [pytest.mark.slow])
        for name, case in CASES.items()
        if case.outcome != REFUSED
    ],
)
@pytest.mark.filterwarnings("ignore:step ")  # an environment that warns all the time
def test_what_can_be_converted_is_taught(name: str, case: Case, small: Path, capsys: Capture) -> None:
    assert teach(name, small) == 0
    told = capsys.readouterr().err
    assert case.says in told
    assert "Traceback" not in told
    (run,) = (small.parent / "runs").iterdir()
    assert (run / "summary.json").is_file()


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in LOOKED_AT else [pytest.mark.slow]) for n in CASES]
)
@pytest.mark.filterwarnings("ignore:step ")
def test_looking_ends_well_whatever_it_is(name: str, small: Path, capsys: Capture) -> None:
    status = main(["look", f"odd:{name}", "--output", "mine.yaml"])
    told = capsys.readouterr().err
    assert status in (0, 2)
    assert "Traceback" not in told
    assert status == 0 or told.count("\n") == 1
    assert (small.parent / "mine.yaml").exists() == (status == 0)


def test_people_need_no_reward(small: Path, capsys: Capture) -> None:
    """The first questions are put: clips are in the store, their true reward unknown; nobody need answer."""
    from armchair.config.read import load_config
    from armchair.envs.spec import resolve_task
    from armchair.store.store import Store
    from armchair.training.environments import check_task
    from armchair.training.setup import make_trainer

    small.write_text(f"task: odd:reward_none\n{SMALL}")
    config = load_config(str(small))
    check_task(resolve_task(config.task), config, rewarded=False)
    with Store.open(small.parent / "armchair.db") as store:
        trainer = make_trainer(config, store)
        try:
            assert trainer.turn() is None
            store.register("ann", "person")
            (question,) = store.claim("ann", n=1)
            names = [question.left, question.right]
            assert not store.rewards_known(names)
            assert [clip.reward.abs().sum() for clip in store.clips(names)] == [0.0, 0.0]
            assert math.isnan(trainer.evaluate().total.value), "nobody knows the return"
        finally:
            trainer.envs.close()
