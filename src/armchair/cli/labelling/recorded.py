"""`armchair label dataset:DIR`: people compare windows of recorded episodes, a reward model learns beside."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path

import torch

from armchair.cli.endings.signals import calmly
from armchair.cli.flags import DatasetFlags, PageFlags
from armchair.cli.links import Shown, check_page, invite, show_links
from armchair.cli.page import PageServer
from armchair.cli.report import Report
from armchair.errors import InvalidInput
from armchair.exchange.lerobot import preferences, progress
from armchair.jsonable import Json
from armchair.offers.extras import need
from armchair.runs.folder import RunDir, runs_in
from armchair.store.board import MAX_LABELS
from armchair.store.store import Store
from armchair.store.trainer_lock import check_unlocked, trainer_lock
from armchair.training.labelling.footage import Footage
from armchair.training.labelling.learner import DATASET, DatasetLearner, LabelPlan

PREFIX = "dataset:"
LOOK = 0.3  # s between two looks for answers


def label_dataset(where: str, page_flags: PageFlags, args: DatasetFlags, report: Report) -> int:
    """Serve the page over a run about a data set, a new one or the one there is, until asked to end. -> 0."""
    need("parquet", "a data set")
    torch.set_num_threads(1)
    run, plan = _found(where, args)
    footage = Footage(Path(plan.dataset), plan.camera, plan.clip_length)
    beside = footage.data.root if args.write else None
    if beside is not None:
        _check_free(beside, overwrite=args.overwrite)
    check_page(page_flags, None if run is None else run.store)
    if run is None:
        run = _new(args.runs, plan, footage)
        report.log(f"labelling {plan.dataset} in {run.path}")
    else:
        check_unlocked(run)
    with trainer_lock(run), Store.open(run.store) as store:
        store.board.set_setting("finished", False)
        learner = DatasetLearner(run, store, footage, plan, beside)
        learner.turn()
        invited = invite(store, page_flags)
        with PageServer(run, page_flags, report) as page:
            show_links(store, invited, page_flags, Shown(page.address, report))
            _until_done(learner, report)
            page.say_goodbye()
        return _end(learner, run, report)


def _until_done(learner: DatasetLearner, report: Report) -> None:
    """Ask and fit until somebody wants it to end."""
    board = learner.store.board
    with calmly() as asked:
        while not asked() and not board.settings().finished:
            found = learner.turn()
            if found is not None:
                share = None if found.heldout is None else found.heldout.accuracy
                told = (
                    "" if share is None or math.isnan(share) else f", predicts {share:.0%} of those not seen"
                )
                report.log(f"{found.answers} answers{told}")
            time.sleep(LOOK)
        learner.fit()
        learner.tell("done" if learner.done else "stopped", now=True)


def _end(learner: DatasetLearner, run: RunDir, report: Report) -> int:
    counts, found = learner.store.counts(), learner.report
    share = None if found is None or found.heldout is None else found.heldout.accuracy
    share = None if share is None or math.isnan(share) else share
    files: list[Json] = [str(folder / progress.FILE) for folder in learner.folders] if found else []
    report.say(
        f"{counts.asked} answers in {run.path}: `armchair label {run.path}` goes on"
        + (f"; progress in {' and '.join(map(str, files))}" if files else "")
    )
    summary: dict[str, Json] = {"run": str(run.path), "answers": counts.asked, "heldout": share}
    report.finish(summary | {"progress": files})
    return 0


def _found(where: str, args: DatasetFlags) -> tuple[RunDir | None, LabelPlan]:
    """The run that labels the data set already, if there is one, and what is to be done."""
    if not where.startswith(PREFIX):
        run = RunDir.open(Path(where))
        return run, LabelPlan.of(run.config())
    folder = Path(where.removeprefix(PREFIX))
    if not 1 <= args.labels <= MAX_LABELS:
        raise InvalidInput(f"--labels must be from 1 to {MAX_LABELS}, got {args.labels}")
    wanted = LabelPlan(str(folder.resolve()), args.camera, args.clip_length, args.labels, args.question)
    for run in reversed(runs_in(args.runs)):
        found = run.config()
        if found.get(DATASET) == wanted.dataset:
            return run, LabelPlan.of(found)
    return None, wanted


def _new(runs: Path, plan: LabelPlan, footage: Footage) -> RunDir:
    """A run's folder that says all that was settled."""
    settled = asdict(plan) | {"camera": footage.camera, "clip_length": footage.length}
    about: dict[str, Json] = {"command": "label", **settled}
    return RunDir.create(runs, f"dataset-{Path(plan.dataset).name}", about)


def _check_free(folder: Path, *, overwrite: bool) -> None:
    """InvalidInput where --write would replace a file of the data set."""
    there = [name for name in (progress.FILE, preferences.FILE) if (folder / name).exists()]
    if there and not overwrite:
        raise InvalidInput(f"{folder} has {' and '.join(there)} already: add --overwrite to replace them")
