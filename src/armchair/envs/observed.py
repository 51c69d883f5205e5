"""What each number of a policy's observation is, in our tasks: its name, its unit and how it is scaled."""

from __future__ import annotations

from typing import NamedTuple

from armchair.envs.control import MODES
from armchair.errors import check_choice
from armchair.tasks.base import Task
from armchair.world import MAX_OPENING, block_names


class Quantity(NamedTuple):
    """One number that goes into a policy, or comes out of it: what it is times `scale`."""

    name: str
    unit: str  # SI, "" for a pure number
    scale: float = 1.0  # the number is the quantity in its unit times this


def observation_of(task: Task, control: str) -> tuple[Quantity, ...]:
    """The numbers (D,) that a policy of the task sees under a control mode, in order.

    Raises InvalidChoice for an unknown mode.
    """
    check_choice("control", control, MODES)
    found = [*_vector("tool", "m"), *_vector("tool_velocity", "m/s", 0.5)]
    if task.uses_gripper:
        found += [Quantity(name, "m", 1.0 / MAX_OPENING) for name in ("opening", "opening_target")]
    for name in block_names(task.num_blocks):
        found += [*_vector(name, "m"), *_vector(f"tool_to_{name}", "m")]
        found += [Quantity(f"{name}_cos4yaw", ""), Quantity(f"{name}_sin4yaw", "")]
        found += [*_vector(f"{name}_up", ""), *_vector(f"{name}_velocity", "m/s")]
    for name in task.columns:
        found += _vector(name, "m")
    return (*found, *_of_control(control, task.arm.joints))


def _of_control(control: str, joints: tuple[str, ...]) -> list[Quantity]:
    if control == "tool":
        return _vector("tool_to_target", "m")
    parts = (("position", "rad", 1.0), ("velocity", "rad/s", 0.1), ("to_target", "rad", 1.0))
    return [Quantity(f"{joint}_{what}", unit, scale) for what, unit, scale in parts for joint in joints]


def _vector(name: str, unit: str, scale: float = 1.0) -> list[Quantity]:
    return [Quantity(f"{name}_{axis}", unit, scale) for axis in "xyz"]
