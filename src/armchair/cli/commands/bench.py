"""`armchair bench`: runs the scripts in `benchmarks/`, each in a process of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import tyro

from armchair.cli import benchmarks_folder
from armchair.cli.flags import JsonFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import MissingDependency, RunError, check_choice
from armchair.jsonable import Json

EXAMPLES = ("armchair bench", "armchair bench --list", "armchair bench memory --json")


@dataclasses.dataclass(frozen=True)
class Args(JsonFlag):
    """Measure speed on this machine, one thread pinned, ratios within one run.

    The benchmarks live in the project's checkout, in benchmarks/.
    """

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which benchmarks to run; all when none is named."""
    list: bool = False
    """Only list the benchmarks."""


def main(argv: Sequence[str]) -> int:
    """Runs the benchmarks; returns 0, or 1 when one of them says that it missed its mark."""
    args = parse(Args, "bench", argv, EXAMPLES)
    folder = benchmarks_folder()
    if folder is None:
        raise MissingDependency("the benchmarks are not in the installed package", "a checkout of armchair")
    scripts = find_benchmarks(folder)
    chosen = [check_choice("benchmark", name, scripts) for name in args.names] or list(scripts)
    report = Report("bench", args.json)
    if args.list:
        report.say(table([(name, summary_of(path)) for name, path in scripts.items()]))
        report.finish({"benchmarks": list(scripts)})
        return 0
    results = {name: run_benchmark(scripts[name], report) for name in chosen}
    success = all(result.get("success") is not False for result in results.values())
    report.finish({"success": success, "benchmarks": results})
    return 0 if success else 1


def find_benchmarks(folder: Path) -> dict[str, Path]:
    """Name → script, for every script whose name does not begin with an underscore."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}


def summary_of(script: Path) -> str:
    """The first line of a script's docstring."""
    return script.read_text(encoding="utf-8").lstrip().lstrip("\"'").partition("\n")[0].rstrip("\"'. ")


def run_benchmark(script: Path, report: Report) -> dict[str, Json]:
    """Runs one script with one BLAS thread; its last line of output is a JSON object, which is returned.

    The lines before it are shown. Raises RunError when the script fails or ends with something else.
    """
    report.say(f"{script.stem}: {summary_of(script)}")
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    *lines, last = run.stdout.strip().splitlines() or [""]
    if run.returncode != 0:
        raise RunError(f"benchmark {script.stem} failed with exit status {run.returncode}: {last}")
    for line in lines:
        report.say(f"  {line}")
    try:
        result = json.loads(last)
    except json.JSONDecodeError:
        result = None
    if not isinstance(result, dict):
        raise RunError(f"benchmark {script.stem} must end with one JSON object, not with {last[:60]!r}")
    return cast("dict[str, Json]", result)
