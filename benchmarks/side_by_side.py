"""`armchair compare reach` with 4 seeds: one process against two, each run whole, and whether they agree.

    python benchmarks/side_by_side.py --seeds 4 --workers 2 --times 1

Wants a quiet machine: it says what other processes wanted of it. One JSON object ends the output.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MUST = 1.7  # times as fast with two processes


def compare(folder: str, seeds: int, workers: int, more: Sequence[str]) -> tuple[float, str]:
    """-> seconds, the figures of all runs."""
    command = [sys.executable, "-m", "armchair.cli", "compare", "reach", "--seeds", str(seeds), "--json"]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--workers", str(workers), "--runs", folder, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    told = json.loads(done.stdout.splitlines()[-1])
    return seconds, Path(told["run"], "summary.json").read_text(encoding="utf-8")


def main() -> None:
    """A line for each pair, then the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="for armchair compare as it is")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    ratios: list[float] = []
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.times):
            one, figures = compare(folder, args.seeds, 1, args.more)
            several, others = compare(folder, args.seeds, args.workers, args.more)
            ratios.append(one / several)
            equal = equal and figures == others
            print(
                f"{args.seeds} seeds: {one:.1f} s in one process, {several:.1f} s in {args.workers}: "
                f"{ratios[-1]:.2f} times as fast, figures {'equal' if figures == others else 'DIFFER'}",
                flush=True,
            )
    ratio = statistics.median(ratios)
    print(f"median {ratio:.2f}; load before: {load:.2f} on {os.cpu_count()} cores")
    figures_of = {"ratio": ratio, "equal": equal, "load": load}
    print(json.dumps({"success": equal and ratio >= MUST, "figures": figures_of}))


if __name__ == "__main__":
    main()
