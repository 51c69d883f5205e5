"""`armchair envs`: what there is to choose from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from armchair.cli.flags import JsonFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.jsonable import Json

EXAMPLES = ("armchair envs", "armchair envs --json")


@dataclasses.dataclass(frozen=True)
class Args(JsonFlag):
    """List the tasks, presets, engines, control modes and Gymnasium ids."""


def main(argv: Sequence[str]) -> int:
    """Prints the lists and returns 0."""
    args = parse(Args, "envs", argv, EXAMPLES)
    report = Report("envs", args.json)
    tasks, engines, controls, ids = _tasks(), _engines(), _controls(), _gymnasium_ids()
    known = _presets()
    told = [(str(preset["name"]), str(preset["about"])) for preset in known]
    lists = (
        ("tasks", tasks),
        ("presets", told),
        ("engines", engines),
        ("control modes", controls),
        ("Gymnasium", ids),
    )
    for title, rows in lists:
        report.say(f"{title}\n{table(rows)}\n")
    keys = {"tasks": tasks, "engines": engines, "controls": controls, "gymnasium": ids}
    found: dict[str, Json] = {key: [name for name, _ in rows] for key, rows in keys.items()}
    found["installed"] = [name for name, note in engines if "not installed" not in note]
    report.finish({**found, "presets": known})
    return 0


def _tasks() -> list[tuple[str, str]]:
    from armchair.tasks import TASKS

    rows = TASKS.items()
    return [(name, f"{_count(task.num_blocks, 'block')}, {task.horizon} steps") for name, task in rows]


def _presets() -> list[dict[str, Json]]:
    from armchair.config.read import about_preset, load_config, presets
    from armchair.envs.spec import resolve_task

    found: list[dict[str, Json]] = []
    for name in presets():
        config = load_config(name, people=True)
        facts = {"question": resolve_task(config.task).question, "labels": config.queries.labels}
        found.append({"name": name, "task": config.task, "about": about_preset(name), **facts})
    return found


def _engines() -> list[tuple[str, str]]:
    from armchair.cli.checks import engine_version
    from armchair.engines import ENGINES

    return [(name, engine_version(name) or "not installed: see armchair doctor") for name in ENGINES]


def _controls() -> list[tuple[str, str]]:
    from armchair.envs.control import CONTROLS

    rows: list[tuple[str, str]] = []
    for name, control in CONTROLS.items():
        widths = sorted({control.action_dim(False), control.action_dim(True)})
        rows.append((name, f"{' or '.join(map(str, widths))} numbers in [-1, 1]"))
    return rows


def _gymnasium_ids() -> list[tuple[str, str]]:
    import gymnasium

    from armchair.envs.gym.registration import register_envs

    register_envs()
    specs = [spec for spec in gymnasium.registry.values() if spec.namespace == "armchair"]
    return [(spec.id, f'gymnasium.make("armchair:{spec.id}")') for spec in specs]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
