"""Flips of single bits in the files of a run, and whether `doctor` names each that changes what is read."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from pathlib import Path

import torch

from armchair.ids import new_id
from armchair.runs.checkpoint import write_checkpoint
from armchair.runs.folder import RunDir
from armchair.runs.soundness import checkpoints
from armchair.store.integrity import check_store
from armchair.store.schema import metadata
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question


def make_run(root: Path) -> RunDir:
    """A run with something in every table, most of it not clips, and two checkpoints."""
    run = RunDir.create(root, "reach", {"task": "reach"})
    with Store.open(run.store_file) as store:
        for number in range(12):
            left, right = make_clip(number), make_clip(number + 100)
            store.ask([Question(new_id(), left.id, right.id, "uniform", number, 0.5)], [left, right])
            (question,) = store.claim(f"ann {number % 3}")
            answer = Answer(new_id(), question.id, f"ann {number % 3}", "left", 1.0, 1.5, 1e9 + number)
            store.submit(answer)
            store.board.log({"env_steps": number, "success": 0.25, "reward": 1.5})
            store.people.invite(f"guest {number}")
        extra = [make_clip(number + 200) for number in range(4)]
        pairs = ((extra[0], extra[1]), (extra[2], extra[3]))
        store.ask([Question(new_id(), one.id, two.id, "diverse", 3) for one, two in pairs], extra)
        store.claim("bob", n=2)
        store.people.redeem(store.people.invite("cem"))
        store.people.exclude("ann 1")
        store.board.set_setting("question", "Which one is calmer?")
        store.board.set_status({"phase": "running", "updates": 3, "success": 0.5})
        store.board.put_asset("scene", random.Random(0).randbytes(6000), "application/octet-stream")
    for number in (1, 2):
        write_checkpoint(run, lambda into: save(into, number), {"updates": number})  # noqa: B023
    return run


def save(into: RunDir, number: int) -> None:
    for name in ("state", "policy"):
        into.save(
            name, {"weights": torch.arange(300.0) + number, "rng": torch.arange(50)}, {"position": number}
        )


def make_clip(number: int) -> Clip:
    value = torch.full((3, 4), float(number))
    return Clip(new_id(), value, value[:, :2], torch.ones(3), None, b"film" * 30, number, 2, 1)


def content(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a store holds."""
    raw = sqlite3.connect(file)
    try:
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in metadata.sorted_tables:
            names = ", ".join(f"[{column.name}]" for column in table.c)
            found[table.name] = sorted(
                raw.execute(f"SELECT {names} FROM [{table.name}]").fetchall(), key=repr
            )
        return found
    finally:
        raw.close()


def flip(data: bytes, rng: random.Random) -> bytes:
    at, bit = rng.randrange(len(data)), rng.randrange(8)
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


def flip_store(run: RunDir, flips: int, seed: int) -> Counter[str]:
    """-> how many flips were named, how many changed nothing, how many were missed."""
    rng, file = random.Random(seed), run.store_file
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    good, known = file.read_bytes(), content(file)
    assert all(finding.ok for finding in check_store(file)), "it is sound"
    told: Counter[str] = Counter()
    for _ in range(flips):
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        file.write_bytes(flip(good, rng))
        if not all(finding.ok for finding in check_store(file)):
            told["named"] += 1
        else:
            told["harmless" if content(file) == known else "missed"] += 1
    file.write_bytes(good)
    return told


def flip_checkpoints(run: RunDir, flips: int, seed: int) -> Counter[str]:
    """The same of the files in the checkpoints and beside them."""
    rng = random.Random(seed)
    files = sorted(file for file in run.checkpoints.rglob("*") if file.is_file())
    for file in files:  # of its own each, as on a file system that knows no second names
        data = file.read_bytes()
        file.unlink()
        file.write_bytes(data)
    assert not checkpoints(run).wrong, "it is sound"
    told: Counter[str] = Counter()
    for _ in range(flips):
        file = rng.choice(files)
        good = file.read_bytes()
        file.write_bytes(flip(good, rng))
        told["named" if checkpoints(run).wrong else "missed"] += 1
        file.write_bytes(good)
    return told
