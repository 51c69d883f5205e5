"""The field's benchmark, Meta-World: one command measures what is missing and prints the table.

    run.py results/                                             every row, seed 0
    run.py results/ --seeds 5 --workers 2                       five seeds, two runs side by side
    run.py results/ --tasks window-open --budgets 50 100        some rows
    run.py results/ --tasks window-open --teacher viewer        answers of the simulated person
    run.py results/ --teacher own-reward                        nobody is asked: PPO on the task's own reward
    run.py results/ --protocol repeat3 --besides                the second table; what stands beside
    run.py results/ --table-only --curves curves.png            only print, and draw the curves

Each run leaves a line in results/results.jsonl. Called again, the command goes on where it was stopped: a run
that was cut off is begun anew, one that is there under the same settings is not repeated. Needs
`pip install 'armchair[robotics]'` and Meta-World, see docs/environments.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import cast

from cells import (
    BESIDE,
    BUDGETS,
    OWN_REWARD,
    PROTOCOLS,
    TASKS,
    TEACHERS,
    Cell,
    besides,
    cells_of,
    digest,
    rows_of,
)
from tables import Row, tables
from teaching import piece

from armchair.jsonable import Json
from armchair.parallel.events import Done, Event, Failed
from armchair.parallel.pool import side_by_side
from armchair.runs import locks

WHO = ("oracle", *TEACHERS, OWN_REWARD)
LOCK = "measuring.lock"
RESULTS = "results.jsonl"


def known(folder: Path) -> list[dict[str, Json]]:
    """The results so far; a last line that a crash cut off is left out."""
    file = folder / RESULTS
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def keep(folder: Path, row: Row) -> None:
    """Add a line; one that was cut off before is closed first, so that it spoils none."""
    with (folder / RESULTS).open("a+b") as file:
        file.seek(0, 2)
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                _drop_last(folder / RESULTS)
        file.write(json.dumps(row).encode() + b"\n")


def _drop_last(file: Path) -> None:
    """Take the last line, which has no end, away."""
    whole = file.read_bytes()
    with file.open("r+b") as changed:
        changed.truncate(whole.rfind(b"\n") + 1)


def cell_of(row: Row) -> Cell:
    """What a result is of."""
    return Cell(**{name: row[name] for name in Cell._fields})  # pyright: ignore[reportArgumentType]


def current(results: Sequence[Row]) -> list[Row]:
    """The results under the settings of now; standard error is told of others, which are in no table."""
    found = [row for row in results if row["settings"] == digest(cell_of(row))]
    if len(found) < len(results):
        print(f"{len(results) - len(found)} results of other settings are left out", file=sys.stderr)
    return found


def missing(cells: Sequence[Cell], results: Sequence[Row]) -> list[Cell]:
    """The cells that none of the results is of."""
    there = {cell_of(row).key for row in results}
    return [cell for cell in cells if cell.key not in there]


@contextlib.contextmanager
def alone(folder: Path) -> Generator[None]:
    """Nobody else measures here: two commands would begin each other's runs anew, in the same folders."""
    with (folder / LOCK).open("ab") as file:
        if not locks.take(file.fileno()):
            print(f"another command is measuring in {folder}: wait, or name another folder", file=sys.stderr)
            sys.exit(2)
        yield


def go(cells: Sequence[Cell], folder: Path, workers: int, episodes: int) -> int:
    """Measure the cells, so many side by side. -> how many failed; standard error is told of each."""
    failed = 0

    def hear(event: Event) -> bool:
        nonlocal failed
        if isinstance(event, Failed):
            failed += 1
            print(f"{event.trace}{cells[event.number].key}: {event.why}", file=sys.stderr, flush=True)
        elif isinstance(event, Done):
            row = cast("dict[str, Json]", event.result)
            keep(folder, row)
            told = f"ever {row['ever']:.0%}, at the end {row['end']:.0%}, {row['steps']} steps"
            key = cells[event.number].key
            print(f"{key}: {told}, {row['cpu_s']} CPU s, {row['wall_s']} s", file=sys.stderr, flush=True)
        return True

    side_by_side(piece, [(cell, folder / "runs", episodes) for cell in cells], workers, hear)
    return failed


def arguments() -> argparse.Namespace:
    """What was asked for; the process ends with code 2 and a line where that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where results and runs are kept")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), default="field")
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    usual = f"{' '.join(map(str, BUDGETS))}; with --besides {' '.join(map(str, BESIDE))}"
    parser.add_argument("--budgets", nargs="+", type=int, help=f"of answers (default: {usual})")
    parser.add_argument("--teacher", choices=WHO, default=WHO[0], help="who answers, if anybody")
    parser.add_argument(
        "--besides", action="store_true", help="own reward, differences, raw inputs, other teachers"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="runs side by side, a core each")
    parser.add_argument("--episodes", type=int, default=100, help="of the last measurement of a run")
    parser.add_argument("--table-only", action="store_true")
    parser.add_argument("--curves", type=Path, help="draw success over answers into this picture")
    args = parser.parse_args()
    for name, least in {"seeds": 1, "workers": 1, "episodes": 1, "first-seed": 0}.items():
        given = getattr(args, name.replace("-", "_"))
        if given < least:
            parser.error(f"--{name} must be at least {least}, got {given}")
    if args.besides and args.teacher != "oracle":
        parser.error("--besides has teachers of its own: leave --teacher out")
    args.budgets = args.budgets or list(BESIDE if args.besides else BUDGETS)
    if min(args.budgets) < 1:
        parser.error(f"--budgets must be at least 1, got {min(args.budgets)}")
    if args.folder.exists() and not args.folder.is_dir():
        parser.error(f"{args.folder} is a file: name a folder for results and runs")
    if args.curves is not None and not args.curves.parent.is_dir():
        parser.error(f"--curves: there is no folder {args.curves.parent}")
    return args


def main() -> int:
    """Measure what is missing, then print the table of all that is there."""
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    rows = (
        besides(args.protocol, args.tasks, args.budgets)
        if args.besides
        else rows_of(args.protocol, args.tasks, args.budgets, args.teacher)
    )
    wanted = cells_of(rows, range(args.first_seed, args.first_seed + args.seeds))
    todo = [] if args.table_only else missing(wanted, current(known(args.folder)))
    with alone(args.folder) if todo else contextlib.nullcontext():
        failed = go(todo, args.folder, args.workers, args.episodes)
    results = current(known(args.folder))
    print(tables(results))
    if args.curves is not None:
        from curves import draw

        draw(args.curves, results)
    print(
        json.dumps(
            {"success": not failed, "figures": {"measured": len(todo) - failed, "known": len(results)}}
        )
    )
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
