from __future__ import annotations

import json
import subprocess
import sys

import gymnasium
import pytest

from armchair.arms import IIWA
from armchair.cli import main
from armchair.cli.checks import ENGINE_PACKAGES
from armchair.config.listing import listed, presets
from armchair.config.read import load_config
from armchair.engines import ENGINES
from armchair.envs.control import MODES, make_control
from armchair.envs.spec import resolve_task
from armchair.offers.catalogue import CONTROL_WIDTHS, TASK_OUTLINES
from armchair.tasks import TASKS


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


def test_what_is_listed_without_torch_is_what_there_is() -> None:
    assert list(TASK_OUTLINES) == list(TASKS) and tuple(ENGINE_PACKAGES) == ENGINES
    widths = {
        name: tuple(sorted({mode.action_dim(False), mode.action_dim(True)}))
        for name, mode in ((name, make_control(name, IIWA)) for name in MODES)
    }
    assert widths == CONTROL_WIDTHS


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_listed_as_it_is_read_where_people_answer(name: str) -> None:
    config, found = load_config(name, people=True), listed(name)
    assert (found.task, found.labels) == (config.task, config.queries.labels)
    assert found.question == resolve_task(config.task).question
    assert found.about and not found.about.startswith("#")


def test_the_lists_load_no_torch_and_no_simulator() -> None:
    program = (
        "import sys\nfrom armchair.cli import main\nassert main(['envs', '--json']) == 0\n"
        "print(sorted({'torch', 'mujoco', 'pybullet', 'fastapi'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
