"""Timing for benchmarks: contenders take turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping

import torch


def pin(threads: int = 1) -> None:
    """Keep this process on the first `threads` cores, and torch on one thread."""
    torch.set_num_threads(1)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:threads])


def take_turns(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each contender in each round, after one round that does not count.

    clock: wall clock by default; `time.process_time` where all the work is this process's on one thread,
    which other programs on the machine disturb less.
    """
    for work in contenders.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            start = clock()
            work()
            times[name].append(clock() - start)
    return times


def ratio(peer: list[float], ours: list[float]) -> float:
    """How many times quicker ours is: the median over rounds of the ratio within the round."""
    return statistics.median(a / b for a, b in zip(peer, ours, strict=True))


def finish(rows: Mapping[str, tuple[float, float]]) -> None:
    """Print each measured figure beside the one wanted (at least), and the JSON object that bench reads."""
    for name, (measured, wanted) in rows.items():
        mark = "ok" if measured >= wanted else "MISSED"
        print(f"{name}: {measured:.2f} (wanted: at least {wanted:.2f}) {mark}")
    success = all(measured >= wanted for measured, wanted in rows.values())
    figures = {name: {"measured": round(m, 3), "wanted": w} for name, (m, w) in rows.items()}
    print(json.dumps({"success": success, "figures": figures}))
