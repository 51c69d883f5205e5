"""Packages of environments that people are likely to name: what is in them, and how to install them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gymnasium.error import DependencyNotInstalled

from armchair.envs.foreign.shims import metaworld
from armchair.offers.extras import command, missing

HINTS = {
    "gymnasium_robotics": f"; {command('robotics')}",
    "metaworld": f"; {command('robotics')}, then pip install --no-deps metaworld==3.1.1, which by "
    "itself would ask for an older MuJoCo (docs/environments.md)",
}
"""What helps where a package of others cannot be imported."""

IDS = {
    "gymnasium_robotics": re.compile(
        r"(Fetch(Reach|Push|Slide|PickAndPlace)|HandReach|HandManipulate|AdroitHand|FrankaKitchen|PointMaze|AntMaze)"
        r"\w*-v\d+"
    ),
    "metaworld": re.compile(r"[a-z]+(-[a-z]+)*-v3"),
}
"""What ids, or names of tasks, look like that belong to a package."""

_TASKS: dict[str, Callable[[], Mapping[str, Callable[..., object]]]] = {"metaworld": metaworld.tasks}


def remedy(error: BaseException) -> str:
    """What installs what one of Gymnasium's own environments misses ("; pip install …"), or nothing."""
    lacks = isinstance(error, ImportError | DependencyNotInstalled)
    return f"; {command('gym')}" if lacks and any(name in str(error) for name in missing("gym")) else ""


def owner(name: str) -> str | None:
    """The module to name in front of an id that Gymnasium does not know by itself, if that is known."""
    return next((module for module, ids in IDS.items() if ids.fullmatch(name)), None)


def tasks(module: str) -> Mapping[str, Callable[..., object]]:
    """Tasks by name which are no Gymnasium ids, of a module that is imported. -> functions that make one."""
    return _TASKS[module]() if module in _TASKS else {}
