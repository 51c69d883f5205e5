"""`armchair export`: a run's answers and clips as files for other programs; its policy; a copy of it all."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from armchair.cli.flags import JsonFlag, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.jsonable import Json
    from armchair.runs.folder import RunDir
    from armchair.store.store import Store
    from armchair.types import Clip

EXAMPLES = (
    "armchair export runs/reach-001 --out answers",
    "armchair export runs/reach-001 --out answers --format parquet --json",
    "armchair export runs/reach-001 --out folder --format seed --films",
    "armchair export runs/reach-001 --backup backups/reach-001",
    "armchair export runs/reach-001 --to postgresql://user@host/reach",
    "armchair export runs/lift-001 --policy lifting",
    "armchair export runs/lift-001 --policy lifting --push hub:ann/lifting",
    "armchair export runs/reach-001 --out clips --format lerobot --films",
    "armchair export runs/reach-001 --out pairs.npz --format pairs",
)
FILM_SIZE, FPS = 240, 20  # pixels; a control step is 0.05 s


@dataclasses.dataclass(frozen=True)
class Args(TrustFlag, JsonFlag):
    """Write a run's answers, and the clips they speak of, as tables or as files; or its policy; or all.

    Answers that were taken back are left out of tables; a copy holds everything. The run may be in use. What
    the files hold: docs/data.md.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    out: Path | None = None
    """The folder to write to; it is made when there is none. A file with --format pairs and unirlhf."""
    backup: Path | None = None
    """Copy the whole run into this new folder instead: `armchair resume` goes on from it."""
    to: str | None = None
    """Copy the whole run into this database instead, by URL; `armchair import URL` brings it back."""
    policy: Path | None = None
    """Write the policy alone into this new folder instead: policy.onnx and .pt2 for other programs,
    reward.onnx, a model card, and what commands take as a run. See docs/deploy.md."""
    open_weights: bool = False
    """With --policy: leave the weights of the policy's wishes an input, `weights`, in place of building in
    those that `armchair choose` shows."""
    push: str | None = None
    """With --policy: push that folder's files to the Hugging Face Hub as well, as hub:USER/NAME."""
    format: Literal["jsonl", "parquet", "seed", "lerobot", "pairs", "unirlhf"] = "jsonl"
    """Two tables, as JSON lines or Parquet; `lerobot`, the clips as a LeRobotDataset with the answers and the
    learned progress beside it; `pairs`, plain arrays in NAME.npz or NAME.parquet; `unirlhf`, NAME.zip as of
    that platform; or `seed`, the older layout: preferences.json, clips and npz."""
    films: bool = False
    """With --format seed or lerobot: also draw the clips as MP4. Needs OpenGL; without a GPU it takes seconds
    a clip."""


def main(argv: Sequence[str]) -> int:
    """Writes the files and returns 0."""
    args = parse(Args, "export", argv, EXAMPLES)
    if args.films and args.format not in ("seed", "lerobot"):
        raise InvalidInput("--films goes with --format seed or lerobot: the tables hold the poses")
    if sum(where is not None for where in (args.out, args.backup, args.to, args.policy)) != 1:
        raise InvalidInput("say where to: one of --out FOLDER, --policy FOLDER, --backup FOLDER and --to URL")
    if args.policy is None and (args.push is not None or args.open_weights):
        raise InvalidInput("--push and --open-weights go with --policy FOLDER")
    report = Report("export", args.json)
    from armchair.cli.locate import admit_run
    from armchair.runs.folder import RunDir

    run = RunDir.open(args.run)
    admit_run(run, trust=args.trust)
    if args.policy is not None:
        from armchair.cli.exporting.policy import write_policy

        return write_policy(run, args.policy, report, open_weights=args.open_weights, to=args.push)
    if args.out is None:
        return _copy(args, run, report)
    from armchair.store.store import Store

    with Store.open(run.store, create=False) as store:
        counts = FORMATS[args.format](args, args.out, run, store)
    written = " and ".join(f"{value} {name}" for name, value in counts.items())
    report.say(f"{written} written to {args.out}")
    report.finish({"run": str(run.path), "out": str(args.out), "format": args.format, **counts})
    return 0


def _copy(args: Args, run: RunDir, report: Report) -> int:
    """The whole run, into a folder or a database."""
    from armchair.store.copies.backup import back_up, copy_to_database
    from armchair.store.database import shown

    if args.backup is not None:
        rows, where = back_up(run, args.backup), str(args.backup)
        report.say(f"{run.path} copied to {where}: `armchair resume {where}` goes on from there")
    else:
        assert args.to is not None
        rows, where = copy_to_database(run, args.to), shown(args.to)
        report.say(f"{run.path} copied to {where}: `armchair import` brings it back as a run")
    report.finish({"run": str(run.path), "out": where, "format": "copy", "rows": rows})
    return 0


def _export_tables(args: Args, out: Path, _: RunDir, store: Store) -> dict[str, Json]:
    from armchair.exchange.tables import export_jsonl, export_parquet

    files = (export_parquet if args.format == "parquet" else export_jsonl)(store, out)
    return {"answers": files.answers, "clips": files.clips}


def _export_lerobot(args: Args, out: Path, run: RunDir, store: Store) -> dict[str, Json]:
    from armchair.cli.exporting.lerobot import export_lerobot

    return export_lerobot(run, store, out, films=args.films)


def _export_pairs(args: Args, out: Path, _: RunDir, store: Store) -> dict[str, Json]:
    from armchair.exchange.pair_files import export_pairs

    return {"answers": export_pairs(store, out)}


def _export_unirlhf(args: Args, out: Path, _: RunDir, store: Store) -> dict[str, Json]:
    from armchair.cli.exporting.lerobot import question_of
    from armchair.exchange.unirlhf.writing import export_unirlhf

    return {"questions": export_unirlhf(store, out, question_of(store))}


def _export_seed(args: Args, out: Path, run: RunDir, store: Store) -> dict[str, Json]:
    from armchair.arms import load_arm
    from armchair.config.read import from_run
    from armchair.envs.scene import renderer_of
    from armchair.exchange.sketch_layout import export_sketch_layout
    from armchair.tasks import TASKS, get_task
    from armchair.video import write_mp4

    task = str(run.config().get("task"))
    if not args.films or task not in TASKS:  # clips of others have films already
        return {"answers": export_sketch_layout(store, out)}
    arm = load_arm(from_run(run.config()).env.arm)
    drawing = renderer_of(get_task(task, arm=arm), FILM_SIZE, FILM_SIZE)
    with drawing as renderer, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mp4"

        def film(clip: Clip) -> bytes:
            if clip.poses is None:
                raise InvalidInput(f"clip {clip.id} has no poses to draw: leave --films out")
            write_mp4(file, map(renderer.render, clip.poses), FPS)
            return file.read_bytes()

        return {"answers": export_sketch_layout(store, out, film=film)}


FORMATS: dict[str, Callable[[Args, Path, RunDir, Store], dict[str, Json]]] = {
    "jsonl": _export_tables,
    "parquet": _export_tables,
    "lerobot": _export_lerobot,
    "pairs": _export_pairs,
    "unirlhf": _export_unirlhf,
    "seed": _export_seed,
}
