"""How far the simulated viewer agrees with the task's own reward, and how that falls as clips become alike.

An oracle teaches a few runs as usual; then the viewer looks at every pair that was asked.

    viewer_check.py reach --seeds 5
    viewer_check.py push --seeds 2 --params jnd=3 weber=0
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from _workers import add_workers, in_order, seeds_of

from armchair.config.read import load_config, with_flags
from armchair.config.teach import TeachConfig
from armchair.feedback.teachers import Teacher, true_return
from armchair.feedback.viewer import QUARTILE, difference
from armchair.jsonable import Json
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.training.asking.described import make_described
from armchair.training.setup import teach
from armchair.types import Clip

FIRST_SEED = 100
LATE = 6  # the last questions, about what is nearly alike
KINDS: dict[str, dict[str, Json]] = {
    "one view": {"views": 1},
    "two views": {"views": 2},
    "two views, the small one in full size, too": {"views": 2, "swap": 1},
}
Pairs = list[tuple[Clip, Clip]]


def asked(config: TeachConfig) -> Pairs:
    """Let an oracle teach. -> the pairs in the order in which they were answered."""
    teacher = make_described({"name": "oracle"}, config)
    with tempfile.TemporaryDirectory() as folder:
        run = RunDir.create(Path(folder), "run", {})
        for _ in teach(config, run, teacher):
            pass
        with Store.open(run.store) as store:
            records = sorted(store.history(None, 10**6), key=lambda record: record.seq)
            names = [name for one in records for name in (one.question.left, one.question.right)]
            clips = store.clips(names)
    return list(zip(clips[0::2], clips[1::2], strict=True))


def agreement(teacher: Teacher, pairs: Sequence[tuple[Clip, Clip]]) -> torch.Tensor:
    """Of each pair how likely an answer is right, wrong and undecided. -> (P, 3)."""
    assert teacher.sight is not None
    left, right = (torch.stack([pair[k].visible for pair in pairs]) for k in (0, 1))
    better = torch.tensor([1.0 if true_return(b) > true_return(a) else -1.0 for a, b in pairs])
    seen = better * difference(teacher.sight, left, right, teacher.params.eyes)
    found, lapse = torch.special.ndtr(torch.stack((seen, -seen)) - QUARTILE / 2), teacher.params.lapse
    found = (1.0 - lapse) * found + lapse / 2
    return torch.cat((found, 1.0 - found.sum(0, keepdim=True))).T


def at_seed(preset: str, seed: int, given: dict[str, Json]) -> dict[str, list[list[float]]]:
    """The agreement of each kind of viewer with the questions of one run."""
    config = with_flags(load_config(preset), {"seed": seed})
    pairs = asked(config)
    found: dict[str, list[list[float]]] = {}
    for kind, traits in KINDS.items():
        teacher = make_described({"name": "viewer", **traits, **given}, config)
        assert teacher is not None
        found[kind] = agreement(teacher, pairs).tolist()
    return found


def line(rows: torch.Tensor) -> str:
    """Agreement of the answers that name a side, and how many do not."""
    right, wrong, ties = rows.mean(0).tolist()
    return f"{right / (right + wrong):4.0%} ({ties:3.0%} ties)"


def main() -> None:
    """Print a table: a row for each kind of viewer, a column for each part of the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset", nargs="?", default="reach")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--params", nargs="*", default=[], metavar="NAME=NUMBER")
    add_workers(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    given: dict[str, Json] = {
        key: yaml.safe_load(value) for key, value in (one.split("=") for one in args.params)
    }
    first = load_config(args.preset).queries.first
    of_seeds = in_order(at_seed, [(args.preset, seed, given) for seed in seeds_of(args)], args.workers)
    for kind in KINDS:
        told = [torch.tensor(found[kind]) for found in of_seeds]
        parts = {
            "all": torch.cat(told),
            f"first {first}": torch.cat([rows[:first] for rows in told]),
            "then": torch.cat([rows[first:-LATE] for rows in told]),
            f"last {LATE}": torch.cat([rows[-LATE:] for rows in told]),
        }
        print(f"{kind}: " + "; ".join(f"{name} {line(rows)}" for name, rows in parts.items()), flush=True)


if __name__ == "__main__":
    main()
