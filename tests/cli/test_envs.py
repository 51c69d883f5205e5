from __future__ import annotations

import json

import gymnasium
import pytest

from armchair.cli import main


def test_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["envs", "--json"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["tasks"] == ["reach", "push", "pick_place", "stack"]
    assert summary["engines"][:2] == ["mujoco", "bullet"]
    assert "mujoco" in summary["installed"]
    assert summary["controls"] == ["tool", "joint"]
    assert "armchair/KukaReach-v0" in summary["gymnasium"]
    presets = {preset["name"]: preset for preset in summary["presets"]}
    assert presets["push"]["task"] == "push" and presets["push"]["about"].startswith("Push: shove a block")
    assert all(name in captured.err for name in summary["tasks"] + summary["gymnasium"])


def test_the_ids_it_lists_are_ids_of_gymnasium(capsys: pytest.CaptureFixture[str]) -> None:
    main(["envs", "--json"])
    for name in json.loads(capsys.readouterr().out)["gymnasium"]:
        assert gymnasium.spec(name).id == name
