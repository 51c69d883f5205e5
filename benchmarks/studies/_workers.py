"""Seeds side by side in processes of this machine; results are those of one process, to the bit."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

import torch

from armchair.parallel.events import Done, Event, Failed, Tell
from armchair.parallel.pool import side_by_side

Result = TypeVar("Result")
Call = tuple[Callable[..., object], tuple[object, ...]]
"""A function of a study's file, and its arguments."""


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=1, help="processes that seeds are shared among")


def in_order(
    function: Callable[..., Result],
    given: Iterable[tuple[object, ...]],
    workers: int,
    show: Callable[[Result], object] = lambda result: None,
) -> list[Result]:
    """Call a function with each of the arguments. -> what it returns, in their order.

    show: is called with each in that order, as soon as it can be. Where calls fail the others are made all
    the same; then this ends the study, with one line that says which.
    """
    calls: list[Call] = [(function, arguments) for arguments in given]
    done: dict[int, Result] = {}
    failed: list[str] = []
    shown = 0

    def hear(event: Event) -> bool:
        nonlocal shown
        if isinstance(event, Failed):
            told = ", ".join(map(_short, calls[event.number][1]))
            failed.append(f"{function.__name__}({told}): {event.why}")
            print(f"{event.trace}{failed[-1]}", file=sys.stderr, flush=True)
        elif isinstance(event, Done):
            done[event.number] = cast(Result, event.result)
            while shown in done and not failed:
                show(done[shown])
                shown += 1
        return True

    side_by_side(_do, calls, workers, hear)
    if failed:
        for number in sorted(number for number in done if number >= shown):
            show(done[number])
        sys.exit(f"{len(failed)} of {len(calls)} failed: {'; '.join(failed)}")
    return [done[number] for number in range(len(calls))]


def seeds_of(args: argparse.Namespace) -> Sequence[int]:
    return range(args.first_seed, args.first_seed + args.seeds)


def _do(call: Call, tell: Tell) -> object:
    torch.set_num_threads(1)
    function, arguments = call
    return function(*arguments)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
