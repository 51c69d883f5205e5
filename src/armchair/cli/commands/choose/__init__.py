"""`armchair choose`: what the weights of a run's wishes bring and cost, and choosing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, TrustFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import RunError
from armchair.runs.curve import Curve, Row, along, as_json, between, read_curve

if TYPE_CHECKING:
    from armchair.jsonable import Json

EXAMPLES = (
    "armchair choose runs/lift-001",
    "armchair choose runs/lift-001 --wish-weight 0.4",
    "armchair choose runs/lift-001 --wish-weight carry_high=0.4 smooth=1 --json",
)
CLOSE = 5e-4  # weights that a table shows as the same


@dataclass(frozen=True)
class Args(TrustFlag, JsonFlag):
    """Show what each weight of a run's wishes came to, and choose the weights that its policy has.

    "Task done" is the share of episodes in which the skill's own reward model finds the task done, "success"
    the task's true one where it is known. The reward of a wish is learned: only differences mean something.
    What is chosen is what `play`, `evaluate` and `export --policy` take, until something else is chosen.
    """

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    wish_weight: tuple[str, ...] = ()
    """Choose this, from 0 to 1: carry_high=0.4, or a number where there is one wish; others stay."""


def main(argv: Sequence[str]) -> int:
    """Prints the table, chooses, returns 0."""
    args = parse(Args, "choose", argv, EXAMPLES)
    report = Report("choose", args.json)
    from armchair.agents.choosing import check_weights, choose, weights_of
    from armchair.cli.locate import admit_run, find_run
    from armchair.cli.wishes.weights import read_weights, told_weights

    run = find_run(args.run)
    admit_run(run, trust=args.trust)
    weights = weights_of(run)
    check_weights({}, tuple(weights), run.path)
    curve = read_curve(run)
    if curve is not None and set(curve.wishes) != set(weights):
        raise RunError(
            f"{run.path} has a curve of {_listed(curve.wishes)}, its policy has {_listed(weights)}"
        )
    given = read_weights(args.wish_weight, tuple(weights), run.path)
    if given:
        weights = choose(run, given)
    summary: dict[str, Json] = {"run": str(run.path), "wishes": list(weights), "chosen": weights, "rows": []}
    if curve is None:
        report.say("no curve yet: the trainer leaves one at the end of a run")
    else:
        curve = curve._replace(chosen=tuple(weights[name] for name in curve.wishes))
        for name, question in zip(curve.wishes, curve.questions, strict=True):
            report.say(f'{name}: "{question}"')
        report.say(table(lines_of(curve)))
        summary |= {name: as_json(curve)[name] for name in ("questions", "rows")}
    shown = told_weights(weights).removeprefix(", ")
    report.say(f"chosen{' now' if given else ''}: {shown}")
    report.finish(summary)
    return 0


def lines_of(curve: Curve) -> list[list[str]]:
    """The curve as rows of a table, its head first, with the chosen weights marked.

    Those of one wish have a row of their own where they lie between two that were measured.
    """
    rewards = [f"reward of {name}" for name in curve.wishes]
    lines = [["", *curve.wishes, "task done", "success", *rewards]]
    rows = list(curve.rows)
    guess = None
    if len(curve.wishes) == 1 and not any(_is_chosen(row, curve) for row in rows):
        guess = between(along(curve, curve.wishes[0], {}), 0, curve.chosen[0])
        rows += [] if guess is None else [guess._replace(weights=curve.chosen)]
    for row in sorted(rows, key=lambda row: row.weights):
        known = "?" if row.success is None else f"{row.success:.1%}"
        numbers = [f"{row.done:.1%}", known, *(f"{value:.3f}" for value in row.wish)]
        mark = ("chosen" if guess is None else "chosen, about") if _is_chosen(row, curve) else ""
        lines.append([mark, *(f"{weight:g}" for weight in row.weights), *numbers])
    return lines


def _is_chosen(row: Row, curve: Curve) -> bool:
    return all(abs(a - b) < CLOSE for a, b in zip(row.weights, curve.chosen, strict=True))


def _listed(names: Sequence[str] | Mapping[str, float]) -> str:
    return ", ".join(names)
