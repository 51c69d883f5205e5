"""The command line. One module a command: `main(argv) -> int` parses, calls and prints.

Nothing heavy is imported here or at the top of a command's module, so that `armchair --help` is quick.
A command returns its exit status: 0 done, 1 done but the answer is bad (a check that failed). All else comes
to `main` as an exception: 2 for bad input and faults of the surroundings, 128 and the signal that ended it.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from armchair.cli.endings import signals, streams, threads, told
from armchair.console import warn
from armchair.errors import check_choice

COMMANDS: dict[str, str] = {
    "serve": "open the list of runs: begin, label, look, go on, stop; `armchair` alone does it too",
    "teach": "teach a policy by comparing clips: the page opens, the arm learns",
    "resume": "go on with a run of teaching where it stopped",
    "label": "serve the labelling page of a run, with a trainer or without",
    "judge": "let a vision-language model answer beside people, checked by them",
    "annotators": "who answered a run, how reliably, and whose answers count",
    "train": "train a policy on the task's own reward",
    "evaluate": "measure a saved policy's success",
    "choose": "what the weights of a run's wishes bring and cost; choose them",
    "compare": "the task's own reward against a teacher: curves, table, plot",
    "sweep": "many settings, each over several seeds: a grid or a search; one table, one plot",
    "export": "write a run's answers and clips as files, or its policy",
    "import": "read answers given elsewhere into a new run",
    "play": "watch a policy live in the browser, or film it",
    "look": "find the points in an environment of others: hand, object, goal",
    "arm": "check an arm of your own, an MJCF or URDF, before it is taught",
    "envs": "list tasks, engines, control modes and Gymnasium ids",
    "doctor": "check this machine and say how to mend what is wrong",
    "bench": "measure speed on this machine",
}
FIRST = "serve"  # what `armchair` alone does
MOST_LETTERS = 1000  # of an error's line
EXAMPLES = (
    "armchair",
    "armchair play stack --policy scripted --episodes 1 --video stack.mp4",
    "armchair envs",
    "armchair doctor --json",
)


def benchmarks_folder() -> Path | None:
    """The folder of benchmarks: under the working directory, or in the checkout this package runs from."""
    for root in (Path.cwd(), Path(__file__).resolve().parents[3]):
        if (root / "benchmarks").is_dir() and (root / "pyproject.toml").is_file():
            return root / "benchmarks"
    return None


def offered() -> dict[str, str]:
    """The commands and what they do; `bench` only where there are benchmarks."""
    return {name: does for name, does in COMMANDS.items() if name != "bench" or benchmarks_folder()}


def overview() -> str:
    """The text of `armchair --help`."""
    shown = offered()
    width = max(map(len, shown))
    listed = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in shown.items())
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    return (
        "usage: armchair\n       armchair COMMAND [options]\n\n"
        "Teach a robot arm from your armchair. Alone it opens a page on which everything can be done.\n\n"
        f"commands:\n{listed}\n\n"
        f"examples:\n{examples}\n\n"
        "armchair COMMAND --help tells more; --json on any command ends its output with one JSON object."
    )


def run_command(argv: Sequence[str]) -> int:
    """Runs the command that argv names, or tells which there are. Raises ArmchairError on bad input."""
    if argv and argv[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if argv and argv[0] == "--version":
        from armchair.version import __version__

        print(f"armchair {__version__}")
        return 0
    if not argv or argv[0].startswith("-"):
        argv = [FIRST, *argv]
    name, rest = argv[0], list(argv[1:])
    check_choice("command", name, COMMANDS if name == "bench" else offered())
    module = "import_" if name == "import" else name
    from armchair.runs.trust import gate

    with gate.closed():
        return int(importlib.import_module(f"armchair.cli.commands.{module}").main(rest))


def main(argv: Sequence[str] | None = None) -> int:
    """The `armchair` command: returns the exit status, after one line where it ends early.

    A traceback is a mistake of ours, and nothing else.
    """
    argv = sys.argv[1:] if argv is None else argv
    # Many small matrices on few cores: more BLAS threads than one only get in each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signals.forget()
    told.forget()
    try:
        status = run_command(argv)
        sys.stdout.flush()  # here, where a reader that has left can still be dealt with
    except SystemExit as stop:  # after --help
        return stop.code if isinstance(stop.code, int) else 0
    except BaseException as error:
        ending = told.ending_of(error)
        if ending is None:
            raise
        return _end(ending, argv)
    if status == 0 and (number := signals.received()) is not None:  # a server that was asked to end
        return _end(told.stopped(number), argv)
    return status


def process() -> int:
    """`main` as a process of its own: garbage is looked for seldom, for loading packages makes hardly any."""
    gc.set_threshold(10_000)
    streams.guard()
    signals.listen()
    status = main()
    if status == 0 and (why := streams.lost()) is not None:
        warn(f"what should have been printed could not be written: {why}")
        status = told.BAD_INPUT
    signals.finish(status)
    gc.freeze()  # nor at the end, when the system takes all
    threads.leave(status)
    return status


def _end(ending: told.Ending, argv: Sequence[str]) -> int:
    """One line on standard error; with --json an object with it on standard output, if none is there yet."""
    signals.finish(ending.status)
    if ending.status == told.BROKEN_PIPE:
        streams.leave_reader()
    line = _short(ending.line)
    if line:
        warn(line)
    if "--json" in argv and not told.is_finished():
        from armchair.cli.report import print_json

        print_json({"command": argv[0] if not argv[0].startswith("-") else FIRST, "error": line})
    return ending.status


def _short(line: str) -> str:
    """Without the middle where it is very long: it quotes what was given."""
    half = MOST_LETTERS // 2
    return line if len(line) <= MOST_LETTERS else f"{line[:half]} … {line[-half:]}"
