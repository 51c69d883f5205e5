"""`armchair bench`: runs the scripts in `benchmarks/`, each in a process of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import tyro

from armchair.cli import benchmarks_folder
from armchair.cli.endings.group import run_script
from armchair.cli.endings.told import leaving
from armchair.cli.flags import JsonFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import MissingDependency, RunError, check_choice
from armchair.jsonable import Json

EXAMPLES = ("armchair bench", "armchair bench --list", "armchair bench memory --json")
MINUTES = re.compile(r"^MINUTES = (\d+)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Args(JsonFlag):
    """Measure speed on this machine, one thread pinned, ratios within one run.

    The benchmarks live in the project's checkout, in benchmarks/.
    """

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which benchmarks to run; when none is named, all but those that take many minutes."""
    list: bool = False
    """Only list the benchmarks."""


def main(argv: Sequence[str]) -> int:
    """Runs the benchmarks; returns 0, or 1 when one of them says that it missed its mark."""
    args = parse(Args, "bench", argv, EXAMPLES)
    folder = benchmarks_folder()
    if folder is None:
        raise MissingDependency("the benchmarks are not in the installed package", "a checkout of armchair")
    scripts = find_benchmarks(folder)
    chosen = [check_choice("benchmark", name, scripts) for name in args.names]
    report = Report("bench", args.json)
    if args.list:
        report.say(table([(name, described(path)) for name, path in scripts.items()]))
        report.finish({"benchmarks": list(scripts)})
        return 0
    if not chosen:
        chosen = [name for name, path in scripts.items() if not minutes_of(path)]
        for name in (name for name in scripts if name not in chosen):
            report.log(f"not run, as it takes {minutes_of(scripts[name])} minutes: armchair bench {name}")
    results: dict[str, dict[str, Json]] = {}
    with leaving(lambda: f"done: {', '.join(results) or 'none'}"):
        for name in chosen:
            results[name] = run_benchmark(scripts[name], report)
    success = all(result.get("success") is not False for result in results.values())
    report.finish({"success": success, "benchmarks": results})
    return 0 if success else 1


def find_benchmarks(folder: Path) -> dict[str, Path]:
    """Name → script, for every script whose name does not begin with an underscore."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}


def summary_of(script: Path) -> str:
    """The first line of a script's docstring."""
    return script.read_text(encoding="utf-8").lstrip().lstrip("\"'").partition("\n")[0].rstrip("\"'. ")


def minutes_of(script: Path) -> int:
    """How long a script takes, if it says so by a line such as `MINUTES = 20`; else 0."""
    found = MINUTES.search(script.read_text(encoding="utf-8"))
    return 0 if found is None else int(found[1])


def described(script: Path) -> str:
    """What a script measures, and how long that takes where it is long."""
    minutes = minutes_of(script)
    return summary_of(script) + (f" ({minutes} minutes)" if minutes else "")


def run_benchmark(script: Path, report: Report) -> dict[str, Json]:
    """Runs one script with one BLAS thread; its last line of output is a JSON object, which is returned.

    The lines before it are shown. Raises RunError when the script fails or ends with something else.
    """
    report.say(f"{script.stem}: {described(script)}")
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    status, said = run_script(script, environment)
    *lines, last = said.strip().splitlines() or [""]
    if status != 0:
        raise RunError(f"benchmark {script.stem} failed with exit status {status}: {last}")
    for line in lines:
        report.say(f"  {line}")
    try:
        result = json.loads(last)
    except json.JSONDecodeError:
        result = None
    if not isinstance(result, dict):
        raise RunError(f"benchmark {script.stem} must end with one JSON object, not with {last[:60]!r}")
    return cast("dict[str, Json]", result)
