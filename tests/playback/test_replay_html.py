"""The replay in one file: it holds everything, asks for nothing, and nothing can break out of it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.scene import scene_of
from armchair.errors import InvalidInput, MissingDependency
from armchair.playback import replay_html as replay_file
from armchair.playback.replay_html import Episode, check_replay_path, play_episodes, template, write_replay
from armchair.tasks import TASKS

DATA = re.compile(r'<script type="application/json" id="replay">(.*?)</script>', re.DOTALL)
PAGE = f'<html><script type="application/json" id="replay">{replay_file.PLACE}</script></html>'


@pytest.fixture
def env() -> ArmEnv:
    return make_env("push", record_poses=True)


def scripted(env: ArmEnv) -> list[Episode]:
    return play_episodes(env, lambda obs: env.script(), 2, seed=1)


def test_what_was_played_is_in_the_file(env: ArmEnv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_file, "template", lambda: PAGE)
    episodes = scripted(env)
    file = tmp_path / "replay.html"
    write_replay(file, env, episodes, task="push", title="</script><b>", caption="two")
    found = DATA.search(file.read_text(encoding="utf-8"))
    assert found is not None
    data = json.loads(found[1])
    assert (data["title"], data["task"], data["dt"], data["caption"]) == ("</script><b>", "push", 0.05, "two")
    assert base64.b64decode(data["scene"]) == scene_of(TASKS["push"])
    assert [clip["label"] for clip in data["clips"]] == ["Episode 1, success", "Episode 2, success"]
    for clip, episode in zip(data["clips"], episodes, strict=True):
        poses = np.frombuffer(base64.b64decode(clip["poses"]), "<f4")
        assert np.array_equal(poses.reshape(clip["steps"], clip["bodies"], 7), episode.poses.numpy())
        assert clip["steps"] == TASKS["push"].horizon + 1


def test_the_file_asks_for_nothing_outside(env: ArmEnv, tmp_path: Path) -> None:
    try:
        template()
    except MissingDependency:
        pytest.skip("the page is not built here")
    file = tmp_path / "replay.html"
    write_replay(file, env, scripted(env), task="push", title="push")
    page = file.read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    assert len(DATA.findall(page)) == 1
    outside = re.findall(
        r"""<(?:link|script|img|iframe|source)[^>]*(?:src|href)\s*=\s*["'](?!data:)[^"']+""", page
    )
    assert outside == []
    assert not re.findall(r"""@import|url\(\s*["']?(?:https?:)?//|\bfetch\(\s*["'`]""", page)


def test_poses_of_another_scene_are_refused(env: ArmEnv, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\(L, 13, 7\)"):
        write_replay(tmp_path / "a.html", env, [Episode(torch.zeros(4, 12, 7), True)], task="push", title="x")
    assert not (tmp_path / "a.html").exists()


def test_a_page_that_was_not_built_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(replay_file, "files", lambda name: tmp_path)
    with pytest.raises(MissingDependency, match=r"Node\.js"):
        template()


@pytest.mark.parametrize(
    ("name", "right"), [("a.mp4", "use a.html"), ("none/a.html", "no folder"), ("b.html", "it is a folder")]
)
def test_where_it_cannot_be_written(name: str, right: str, tmp_path: Path) -> None:
    (tmp_path / "b.html").mkdir()
    with pytest.raises(InvalidInput, match=right):
        check_replay_path(tmp_path / name)
