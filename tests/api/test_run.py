"""What came of a run, for programs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch

import armchair
from armchair.errors import InvalidChoice, InvalidInput, RunError
from armchair.types import VisibleLayout


def test_a_run_tells_what_came_of_it(done: armchair.Run) -> None:
    run = armchair.load(done.path)
    assert (run.task, run.path) == ("reach", done.path)
    assert isinstance(run.answers, pd.DataFrame) and isinstance(run.metrics, pd.DataFrame)
    assert len(run.answers) == 8 and set(run.answers["annotator"]) == {"teacher"}
    assert run.metrics["answers"].iloc[-1] == 8
    assert run.success == run.metrics["eval_success"].dropna().iloc[-1]
    assert run.evaluate(episodes=4).episodes == 4
    assert run.layout == VisibleLayout(("tool", "goal"), ())


def test_tables_are_rows_without_pandas(done: armchair.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = ModuleType("pandas")
    nowhere.__spec__ = None
    monkeypatch.setitem(sys.modules, "pandas", nowhere)
    assert isinstance(done.answers, list) and len(done.answers) == 8
    assert done.answers[0]["choice"] in ("left", "right")


def test_clips_are_seen_by_name(done: armchair.Run) -> None:
    clips = done.clips
    assert len(clips) == 16 and set(done.answers["left"]) <= set(clips)
    clip = clips[done.answers["left"].iloc[0]]
    assert clip.names == ("tool", "goal") and clip["goal"].shape == (len(clip), 3)
    assert torch.equal(clip["goal"], clip.visible[:, 3:6])
    with pytest.raises(InvalidChoice, match="did you mean 'tool'"):
        clip["toll"]
    with pytest.raises(KeyError):
        clips["nobody"]


def test_answers_of_an_oracle_agree_with_the_rewards_of_its_clips(done: armchair.Run) -> None:
    for row in done.answers.to_dict("records"):
        left, right = (float(done.clips[row[side]].reward.sum()) for side in ("left", "right"))
        assert row["choice"] == ("left" if left > right else "right")


def test_a_policy_takes_what_it_is_given(done: armchair.Run) -> None:
    policy = done.policy
    one, many = np.zeros(policy.obs_dim, np.float32), torch.zeros(3, policy.obs_dim)
    assert policy(one).shape == (policy.action_dim,) and isinstance(policy(one), np.ndarray)
    assert isinstance(policy(many), torch.Tensor)
    assert np.allclose(policy(many)[1].numpy(), policy(one)) and not policy.wishes
    assert np.array_equal(policy.predict(one)[0], policy(one))
    drawn = policy.sample(many, seed=1)
    assert torch.equal(drawn, policy.sample(many, seed=1)) and not torch.equal(drawn, policy(many))
    assert drawn.abs().max() <= 1.0
    with pytest.raises(InvalidInput, match=r"must have shape \(15,\) or \(N, 15\), got \(4,\)"):
        policy(np.zeros(4, np.float32))
    with pytest.raises(InvalidInput, match="must be finite, row 0"):
        policy(np.full(policy.obs_dim, np.nan, np.float32))


def test_a_reward_is_the_mean_of_its_members(done: armchair.Run) -> None:
    reward, clip = done.reward, next(iter(done.clips.values()))
    assert torch.equal(reward.of(clip), reward(clip.visible))
    assert np.allclose(reward(clip.visible.numpy()), reward.of(clip).numpy())
    assert reward.spread(clip.visible).shape == (len(clip),)
    with pytest.raises(InvalidInput, match=r"must end with 6 numbers \(tool, goal\), got \(2, 5\)"):
        reward(np.zeros((2, 5), np.float32))


def test_a_replay_is_a_page(done: armchair.Run, tmp_path: Path) -> None:
    page = done.replay(tmp_path / "reach.html", episodes=1)
    assert page == tmp_path / "reach.html" and b"<html" in page.read_bytes()[:2000].lower()
    with pytest.raises(InvalidInput, match=r"must end in \.html, got 'reach\.mp4'"):
        done.replay(tmp_path / "reach.mp4")


@pytest.mark.slow
@pytest.mark.gl
def test_a_film_is_an_mp4(done: armchair.Run, tmp_path: Path) -> None:
    assert done.film(str(tmp_path / "reach.mp4"), episodes=1).read_bytes()[4:8] == b"ftyp"


def test_where_there_is_no_run_the_nearest_is_named(done: armchair.Run) -> None:
    with pytest.raises(RunError, match=r"did you mean .*reach-001"):
        armchair.load(done.path.parent / "reach-01")


def test_a_run_that_learned_nothing_yet_says_so(done: armchair.Run, tmp_path: Path) -> None:
    run = tmp_path / "reach-001"
    shutil.copytree(done.path, run)
    shutil.rmtree(run / "checkpoints")
    (run / "checkpoints").mkdir()
    with pytest.raises(RunError, match="no reward model"):
        _ = armchair.load(run).reward
    with pytest.raises(RunError, match="has no checkpoint 'policy'"):
        _ = armchair.load(run).policy
