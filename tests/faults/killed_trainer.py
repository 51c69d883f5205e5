"""Train a run to its end through many kills: python killed_trainer.py FOLDER KILLS SEED -> one JSON line.

A process of its own, since it forks: each child goes on with the run and is killed by SIGKILL, at a random
moment, at a random call of a checkpoint, or at a random answer of a batch. When a run has come to its end
it must be what an uninterrupted one is; then the next begins.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
import torch.utils.tensorboard  # here, once, and not in every child

from armchair.config.read import as_yaml, load_config, with_flags
from armchair.feedback.teachers import Teacher, make_teacher
from armchair.maths import generator
from armchair.runs.checkpoint import newest
from armchair.runs.folder import RunDir
from armchair.store.integrity import check_store
from armchair.store.store import Store
from armchair.training.setup import teach

CONFIG = with_flags(
    load_config("smoke"),
    {
        "queries.labels": 9,
        "queries.first": 4,
        "schedule.session": 2,
        "schedule.session_every": 2,
        "schedule.updates": 7,
        "practice.num_envs": 4,
        "practice.rollout": 8,
        "queries.film_envs": 4,
        "evaluation.every": 2,
        "evaluation.episodes": 4,
    },
)
Place = Literal["anywhere", "checkpoint", "batch"]


def oracle() -> Teacher:
    return make_teacher("oracle", {}, generator(CONFIG.seed, "teacher"))


def trap(owner: object, name: str, left: list[int]) -> None:
    """Have the process kill itself at the call at which `left` has come down to nothing."""
    call: Callable[..., object] = getattr(owner, name)

    def counted(*args: object, **named: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **named)

    setattr(owner, name, counted)


def go_on(run: RunDir, place: Place, at: int) -> None:
    """What a child does: teach to the end, unless it comes to the trap."""
    if place == "checkpoint":
        left = [at % 60]
        for owner, name in ((os, "fsync"), (Path, "rename"), (Path, "replace"), (Path, "hardlink_to")):
            trap(owner, name, left)
    elif place == "batch":
        left = [at % 8]
        for name in ("ask", "submit", "claim"):
            trap(Store, name, left)
    for _ in teach(CONFIG, run, oracle(), resume=True):
        pass


def child(run: RunDir, place: Place, at: int, patience: float) -> bool:
    """Go on with the run in a child. -> whether it came to the end; else it was killed."""
    pid = os.fork()
    if not pid:
        try:
            go_on(run, place, at)
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)
    until = time.monotonic() + patience if place == "anywhere" else float("inf")
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            assert killed or status == 0, f"it did not resume from {run.path}: status {status}"
            return not killed
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            until = float("inf")
        time.sleep(0.002)


def contents(run: RunDir) -> dict[str, object]:
    """All that must be the same at the end, times and the ids of answers left out."""
    whole = newest(run)
    assert whole is not None
    tensors = {name: value.tolist() for name, value in whole.load("state")[0].items()}
    with Store.open(run.store_file, create=False) as store:
        records = store.records()
        clips = [name for r in records for name in (r.question.left, r.question.right)]
        seen = [value for clip in store.clips(clips) for value in (clip.id, clip.visible.tolist())]
        lines = [line["updates"] for line in store.board.metrics()]
    return {
        "state": tensors,
        "policy": {name: value.tolist() for name, value in run.load("policy")[0].items()},
        "records": [(tuple(r.question), r.answer.choice) for r in records],
        "clips": seen,
        "lines": [lines, [line["updates"] for line in run.metrics()]],
    }


def main(folder: Path, kills: int, seed: int) -> dict[str, int | float]:
    torch.set_num_threads(1)
    rng = random.Random(seed)
    began = time.monotonic()
    whole = RunDir.create(folder, "whole", as_yaml(CONFIG))
    for _ in teach(CONFIG, whole, oracle()):
        pass
    expected, took = contents(whole), time.monotonic() - began
    done, runs = 0, 0
    while done < kills:
        run, ended = RunDir.create(folder, "killed", as_yaml(CONFIG)), False
        while not ended:
            place: Place = rng.choice(("anywhere", "checkpoint", "batch"))
            ended = child(run, place, rng.randrange(10**6), rng.uniform(0.0, took))
            done += not ended
        found = contents(run)
        assert found.keys() == expected.keys()
        differing = [name for name in expected if found[name] != expected[name]]
        assert not differing, f"{run.path} differs in {differing} after {done} kills"
        assert all(finding.ok for finding in check_store(run.store_file))
        assert not list(run.checkpoints.glob("broken-*"))
        runs += 1
    return {"kills": done, "runs": runs, "seconds": round(time.monotonic() - began, 1)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
