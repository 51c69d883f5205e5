"""docs/environments.md: its examples run and its tables say what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
import torch

from armchair.envs.arm_env import ArmEnv, make_env
from armchair.envs.gym.registration import IDS, register_envs
from armchair.tasks import TASKS

PAGE = (Path(__file__).parents[3] / "docs" / "environments.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- test: (\w+) -->\n)?```python\n(.*?)```", re.DOTALL)
COLUMNS = {"reach": 1, "push": 2, "pick_place": 3, "stack": 4}

register_envs()


def examples() -> list[object]:
    found = [(mark, code) for mark, code in BLOCK.findall(PAGE) if mark != "skip"]
    return [
        pytest.param(code, marks=[getattr(pytest.mark, mark)] if mark else [], id=str(i))
        for i, (mark, code) in enumerate(found)
    ]


@pytest.mark.parametrize("code", examples())
def test_an_example_runs(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_all_ids_are_listed_with_the_length_of_their_episodes() -> None:
    rows = re.findall(r"^\| `(armchair/\S+)` \|[^|]*\| (\d+) \|", PAGE, re.MULTILINE)
    assert rows == [(name, str(gymnasium.spec(name).max_episode_steps)) for name in IDS]


@pytest.mark.parametrize("task", list(TASKS))
def test_the_counts_of_numbers(task: str) -> None:
    label = {"pick_place": "pick-and-place", "stack": "stacking"}.get(task, task)
    (counts,) = re.findall(rf"{label}\s(?:has )?(\d+) or (\d+)", PAGE)
    assert counts == tuple(str(make_env(task, control=control).obs_dim) for control in ("tool", "joint"))


def documented(row: str, task: str) -> slice:
    """Where the page says that something is in a task's observation."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row}")]
    first, last = line.split("|")[1 + COLUMNS[task]].strip().split("–")
    return slice(int(first), int(last) + 1)


def told(env: ArmEnv) -> dict[str, torch.Tensor]:
    """What the rows of the table promise, taken from the state."""
    state, rows = env.state, {}
    rows["tool: position"] = state.tool_pos
    rows["tool: half its velocity"] = state.tool_vel / 2
    if env.task.uses_gripper:
        rows["gripper"] = torch.stack((state.opening, state.opening_target), 1) / 0.08
    if env.task.num_blocks:
        rows["block A: position"] = state.block_pos[:, 0]
        rows["block A: way"] = state.block_pos[:, 0] - state.tool_pos
        rows["block A: velocity"] = state.block_vel[:, 0]
    target = env.goal if env.task.name != "stack" else state.block_pos[:, 1] + torch.tensor([0.0, 0.0, 0.05])
    rows["way to the goal"] = target - (state.block_pos[:, 0] if env.task.num_blocks else state.tool_pos)
    if env.task.name != "stack":
        rows["goal"] = env.goal
    return rows


@pytest.mark.parametrize("task", list(TASKS))
def test_the_numbers_are_where_the_table_says(task: str) -> None:
    env = make_env(task, num_envs=2, seed=0)
    for _ in range(12):
        step = env.step(env.script())
    for row, value in told(env).items():
        torch.testing.assert_close(step.obs[:, documented(row, task)], value, msg=f"{row}: {value}")
