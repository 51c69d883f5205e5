"""`armchair export`: a run's answers and clips as files for other programs."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.cli.report import Json
    from armchair.feedback.store import Store
    from armchair.rundir import RunDir
    from armchair.types import Clip

EXAMPLES = (
    "armchair export runs/reach-001 --out answers",
    "armchair export runs/reach-001 --out answers --format parquet --json",
    "armchair export runs/reach-001 --out folder --format seed --films",
)
FILM_SIZE, FPS = 240, 20  # pixels; a control step is 0.05 s


@dataclasses.dataclass(frozen=True)
class Args:
    """Write a run's answers, and the clips they speak of, as tables or as a folder of files.

    Answers that were taken back are left out. What the files hold: docs/data.md.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    out: Path
    """The folder to write to; it is made when there is none."""
    format: Literal["jsonl", "parquet", "seed"] = "jsonl"
    """Two tables, as JSON lines or Parquet; or `seed`, the older layout: preferences.json, clips and npz."""
    films: bool = False
    """With --format seed: also draw the clips as MP4. Needs OpenGL; without a GPU it takes seconds a clip."""
    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


def main(argv: Sequence[str]) -> int:
    """Writes the files and returns 0."""
    args = parse(Args, "export", argv, EXAMPLES)
    if args.films and args.format != "seed":
        raise InvalidInput("--films goes with --format seed: the tables hold the poses")
    report = Report("export", args.json)
    from armchair.feedback.store import Store
    from armchair.rundir import RunDir
    from armchair.training.teach import STORE

    run = RunDir.open(args.run)
    with Store.open(run.path / STORE, create=False) as store:
        counts = _export_seed(args, run, store) if args.format == "seed" else _export_tables(args, store)
    told = " and ".join(f"{value} {name}" for name, value in counts.items())
    report.say(f"{told} written to {args.out}")
    report.finish({"run": str(run.path), "out": str(args.out), "format": args.format, **counts})
    return 0


def _export_tables(args: Args, store: Store) -> dict[str, Json]:
    from armchair.feedback.exchange import export_jsonl, export_parquet

    export = export_parquet if args.format == "parquet" else export_jsonl
    files = export(store, args.out)
    return {"answers": files.answers, "clips": files.clips}


def _export_seed(args: Args, run: RunDir, store: Store) -> dict[str, Json]:
    from armchair.feedback.seed_layout import export_seed_layout
    from armchair.tasks import TASKS

    if not args.films or run.config().get("task") not in TASKS:  # clips of others have films already
        return {"answers": export_seed_layout(store, args.out)}
    with _camera(run) as film:
        return {"answers": export_seed_layout(store, args.out, film=film)}


@contextmanager
def _camera(run: RunDir) -> Generator[Callable[[Clip], bytes]]:
    """A function that makes a film of a clip's poses."""
    from armchair.engines.picture import Renderer
    from armchair.tasks import get_task
    from armchair.video import write_mp4

    task = get_task(str(run.config().get("task")))
    with (
        Renderer(task.num_blocks, task.goal_marker, FILM_SIZE, FILM_SIZE) as renderer,
        tempfile.TemporaryDirectory() as folder,
    ):

        def film(clip: Clip) -> bytes:
            if clip.poses is None:
                raise InvalidInput(f"clip {clip.id} has no poses to draw: leave --films out")
            file = Path(folder) / "clip.mp4"
            write_mp4(file, map(renderer.render, clip.poses), FPS)
            return file.read_bytes()

        yield film
