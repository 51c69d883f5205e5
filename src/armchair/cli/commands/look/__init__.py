"""`armchair look`: what in an environment of others may be a point, in a table, a picture and a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from armchair.cli.flags import JsonFlag, PointsFlags
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.envs.foreign.points.look import Looked

EXAMPLES = (
    "armchair look gymnasium_robotics:FetchPushDense-v4",
    "armchair look my_module:make_env --output mine.yaml --picture mine.png",
    "armchair look my_module:make_env --points hand=0 object=site:handle goal=36",
    "armchair look gymnasium:Reacher-v5 --json",
)
MOST_NAMES = 30


@dataclasses.dataclass(frozen=True)
class Args(PointsFlags, JsonFlag):
    """Look for points in an environment of others: the hand, objects, the goal.

    Some episodes of random actions show what moves, what stays and what is placed anew. What comes of it is
    a proposal as a configuration for `armchair teach ENV --config FILE`, and a picture to check it by. With
    --points these are looked at instead.
    """

    env: tyro.conf.Positional[str]
    """`gymnasium:ID` or `module:factory`."""
    output: Path | None = None
    """Write the configuration to this file; else it is printed."""
    picture: Path = Path("points.png")
    """Where the picture goes."""


def main(argv: Sequence[str]) -> int:
    """Looks, and returns 0."""
    args = parse(Args, "look", argv, EXAMPLES)
    report = Report("look", args.json)
    from armchair.api.begin import keep
    from armchair.cli.commands.look.drawing import draw, why_not
    from armchair.config.points import declared_by
    from armchair.envs.foreign.points.look import look
    from armchair.envs.spec import is_foreign
    from armchair.runs.trust import gate, named_in

    if not is_foreign(args.env):
        raise InvalidInput(
            f"{args.env} is not of the form gymnasium:ID or module:factory; armchair's own tasks have points"
        )
    for file in (args.output, args.picture):
        if file is not None and not file.absolute().parent.is_dir():
            raise InvalidInput(f"{file}: there is no folder {file.absolute().parent}")
    gate.allow(args.env)  # it was typed
    declared = declared_by(args.points, args.scalars)
    looked = look(args.env, declared)
    _tell(looked, report)
    reason = why_not(lambda: draw(args.env, looked, args.picture))
    report.say(f"picture: {args.picture}" if reason is None else f"no picture: {reason}")
    text = as_text(args.env, looked)
    if args.output is None:
        report.say(f"\n{text}")
    else:
        args.output.write_text(text, encoding="utf-8")
        keep(args.output, named_in({"task": args.env}))
        report.say(f"`armchair teach {args.env} --config {args.output}` goes on from here")
    report.finish(
        {
            "task": args.env,
            "points": dict(looked.declared.points),
            "scalars": dict(looked.declared.scalars),
            "goal_observed": looked.goal_observed,
            "picture": None if reason else str(args.picture),
            "output": None if args.output is None else str(args.output),
        }
    )
    return 0


def as_text(env: str, looked: Looked) -> str:
    """The configuration, for a file."""
    import yaml

    declared = looked.declared
    settings: dict[str, object] = {"points": dict(declared.points)}
    if declared.scalars:
        settings["scalars"] = dict(declared.scalars)
    if declared.differences:
        settings["differences"] = True
    note = "# Proposed from random actions: hold it against the picture before you believe it.\n"
    text = yaml.safe_dump({"task": env, "env": settings}, sort_keys=False, default_flow_style=None)
    return (note if looked.proposed else "") + text


def _tell(looked: Looked, report: Report) -> None:
    rows = [("point", "from", "is", "moves in an episode", "between episodes")]
    for point in looked.points:
        moves = f"{point.least:.3f} to {point.most:.3f}"
        rows.append((point.name, str(point.source), point.thing or "-", moves, f"{point.placed:.3f}"))
    report.say(table(rows) if looked.points else "nothing looks like a point")
    if looked.scalars:
        spans = [
            (one.name, str(one.source), one.thing or "-", f"{one.low:.3f} to {one.high:.3f}")
            for one in looked.scalars
        ]
        report.say(table([("scalar", "from", "is", "lies between"), *spans]))
    for line in looked.words:
        report.say(line)
    for kind, names in looked.names.items():
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        if names:
            report.say(f"{kind}: {', '.join(names[:MOST_NAMES])}{more}")
