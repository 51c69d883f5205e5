"""`armchair envs`: what there is to choose from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from armchair.cli.flags import JsonFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.jsonable import Json
from armchair.offers.catalogue import CONTROL_WIDTHS, TASK_OUTLINES

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
    rows = TASK_OUTLINES.items()
    return [(name, f"{_count(task.num_blocks, 'block')}, {task.horizon} steps") for name, task in rows]


def _presets() -> list[dict[str, Json]]:
    from armchair.config.listing import listed, presets

    return [{"name": name, **listed(name)._asdict()} for name in presets()]


def _engines() -> list[tuple[str, str]]:
    from armchair.cli.checks import ENGINE_PACKAGES, engine_version

    return [(name, engine_version(name) or "not installed: see armchair doctor") for name in ENGINE_PACKAGES]


def _controls() -> list[tuple[str, str]]:
    rows = CONTROL_WIDTHS.items()
    return [(name, f"{' or '.join(map(str, widths))} numbers in [-1, 1]") for name, widths in rows]


def _gymnasium_ids() -> list[tuple[str, str]]:
    import gymnasium

    from armchair.envs.gym.registration import register_envs

    register_envs()
    specs = [spec for spec in gymnasium.registry.values() if spec.namespace == "armchair"]
    return [(spec.id, f'gymnasium.make("armchair:{spec.id}")') for spec in specs]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
