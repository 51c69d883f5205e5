"""A wish from the list: what is shown of a finished skill, and the command that begins the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Clip, Question

NOWHERE = "00000000-0000-4000-8000-000000000000"  # no clip's id

POSES = torch.arange(42, dtype=torch.float32).reshape(3, 2, 7)


def skill(root: Path, pairs: int = 7, *, done: bool = True, film: bytes | None = None) -> RunDir:
    """A run of reach that has a policy and a reward, with pairs of clips; every clip is in two of them."""
    run = RunDir.create(root, "reach", {"task": "reach", "queries": {"clip_length": 3}})
    for name in ("policy", "reward"):
        (run.checkpoints / f"{name}.safetensors").touch()
    still = torch.zeros(3, 1)
    clips = [
        Clip(new_id(), still, still, torch.zeros(3), None if film else POSES, film, k, k, k)
        for k in range(2 * pairs)
    ]
    with Store.open(run.store_file) as store:
        for at in (0, 1):  # every clip in two pairs
            both = zip(clips[at::2], clips[1 - at :: 2], strict=True)
            asked = [Question(new_id(), one.id, other.id, "uniform", one.policy_step) for one, other in both]
            store.ask(asked, clips)
        store.board.set_status({"phase": "done" if done else "stopped", "control_dt": 0.1})
        store.board.put_asset("scene", b"a scene", "application/octet-stream")
    return run


def test_only_a_finished_skill_can_be_wished_upon(served: Any, owner: TestClient) -> None:
    """Not one that stopped midway, nor one whose policy or reward is gone."""
    whole, stopped, bare = skill(served.root), skill(served.root, done=False), skill(served.root)
    (bare.checkpoints / "reward.safetensors").unlink()
    can = {row["name"]: row["can_wish"] for row in owner.get("/api/runs").json()["runs"]}
    assert can == {whole.name: True, stopped.name: False, bare.name: False}


def test_five_pairs_of_the_newest_clips_are_shown(served: Any, owner: TestClient) -> None:
    """Each clip once, at addresses that give its poses; the times are in seconds."""
    run = skill(served.root)
    told = owner.get(f"/api/runs/{run.name}/skill").json()
    assert (told["name"], told["task"], told["control_dt"], told["scene"]) == (run.name, "reach", 0.1, True)
    assert told["judged"] == [
        {"clip": "moment", "seconds": 0.3},
        {"clip": "usual", "seconds": 0.3},
        {"clip": "episode", "seconds": 5.0},
    ]
    refs = [ref for pair in told["pairs"] for ref in (pair["left"], pair["right"])]
    assert len(told["pairs"]) == 5 and len({ref["id"] for ref in refs}) == 10
    with Store.open(run.store_file) as store:
        newest = sorted(clip.policy_step for clip in store.clips([ref["id"] for ref in refs]))
    assert newest == list(range(10)), "of the latest those that begin earliest"
    got = owner.get(refs[0]["url"])
    assert got.status_code == 200 and got.content == POSES.numpy().tobytes()
    assert owner.get(refs[0]["film"]).status_code == 404, "none is stored"
    assert owner.get(f"/api/runs/{run.name}/scene").content == b"a scene"
    assert owner.get(f"/api/runs/{run.name}/clips/{new_id()}").status_code == 404
    assert owner.get("/wish").headers["content-type"].startswith("text/html")


def test_a_skill_with_films_or_without_clips(served: Any, owner: TestClient) -> None:
    """Stored films are given; without clips there is nothing to show, and that is no error."""
    filmed, empty = skill(served.root, 1, film=b"a film"), skill(served.root, 0)
    (pair,) = owner.get(f"/api/runs/{filmed.name}/skill").json()["pairs"]
    assert pair["left"]["kind"] == "film" and owner.get(pair["left"]["film"]).content == b"a film"
    assert owner.get(f"/api/runs/{empty.name}/skill").json()["pairs"] == []


def test_a_wish_begins_by_the_command_line(served: Any, owner: TestClient) -> None:
    """The words that are typed in a terminal; what the command refuses comes back as one line."""
    run = skill(served.root)
    given = {"question": " Which one\n is calmer? ", "clip": "moment"}
    name = owner.post(f"/api/runs/{run.name}/wish", json=given).json()["name"]
    words = RunDir(served.root / name).config()["words"]
    assert isinstance(words, list)
    assert words[:4] == ["--policy", str(run.path), "--wish=Which one is calmer?", "--clip=moment"]
    assert "--no-page" in words
    reply = owner.post(f"/api/runs/{run.name}/wish", json={"question": ""})
    assert (reply.status_code, reply.json()["error"]) == (422, "a wish is a question in words")
    for wrong in ({}, {"question": "Which?", "clip": "week"}, {"question": 3}, {**given, "labels": 3}):
        assert owner.post(f"/api/runs/{run.name}/wish", json=wrong).status_code == 422, wrong
    assert owner.post("/api/runs/reach-999/wish", json=given).status_code == 404


@pytest.mark.parametrize("path", ["skill", "scene", f"clips/{NOWHERE}", f"clips/{NOWHERE}/film"])
def test_nobody_else_sees_a_skill(served: Any, path: str) -> None:
    """Nor begins a wish: only who is logged in as owner."""
    run = skill(served.root)
    stranger = TestClient(served.app, "http://localhost", headers={"X-Armchair": "1"})
    assert stranger.get(f"/api/runs/{run.name}/{path}").status_code == 401
    assert stranger.post(f"/api/runs/{run.name}/wish", json={"question": "Which?"}).status_code == 401
    assert stranger.get("/wish", headers={"Accept": "text/html"}).status_code == 401
    token = served.people.people.invite("ann", "annotator")
    assert stranger.post("/api/login", json={"token": token}).status_code == 204
    assert stranger.get(f"/api/runs/{run.name}/{path}").status_code == 403
    assert stranger.post(f"/api/runs/{run.name}/wish", json={"question": "Which?"}).status_code == 403
