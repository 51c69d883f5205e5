"""`armchair arm check`: what armchair makes of an arm of somebody's, joint by joint, and what it can do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import tyro

from armchair.cli.flags import JsonFlag
from armchair.cli.parse import parse
from armchair.cli.report import Report, table
from armchair.errors import InvalidInput
from armchair.jsonable import Json

EXAMPLES = (
    "armchair arm check panda.yaml",
    "armchair arm check my_robot.urdf --output my_robot.yaml",
    "armchair arm check panda.yaml --json",
)


@dataclasses.dataclass(frozen=True)
class Args(JsonFlag):
    """Check an arm of your own before anything is taught on it.

    What was found in its model is listed joint by joint, with what looks wrong; for each task it is told how
    many places the arm reaches, and how often the scripted solver solves it with this arm. Exit status 1
    where a task that the arm has all for is out of its reach.
    """

    what: tyro.conf.Positional[Literal["check"]]
    """What to do."""
    file: tyro.conf.Positional[Path]
    """A YAML file beside an MJCF or URDF, or such a model alone; see docs/arms.md."""
    output: Path | None = None
    """Write all that was found as a YAML file, to be changed and to be used with --arm."""
    picture: Path = Path("arm.png")
    """Where a picture of the arm at home goes."""
    episodes: int = 32
    """Of the scripted solver at each task; 0 for none."""


def main(argv: Sequence[str]) -> int:
    """Checks; 1 where a task is out of reach, else 0."""
    args = parse(Args, "arm", argv, EXAMPLES)
    report = Report("arm", args.json)
    for file in (args.output, args.picture):
        if file is not None and not file.absolute().parent.is_dir():
            raise InvalidInput(f"{file}: there is no folder {file.absolute().parent}")
    if not 0 <= args.episodes <= 1000:
        raise InvalidInput(f"--episodes must be from 0 to 1000, got {args.episodes}")
    from armchair.arms import load_arm
    from armchair.arms.told import as_text, doubts, joint_rows
    from armchair.cli.commands.arm.trying import draw, tried
    from armchair.cli.commands.look.drawing import why_not

    arm = load_arm(args.file)
    report.say(f"{arm.name}: {arm.num_joints} joints, tool {arm.model.tool if arm.model else 'built in'}")
    report.say(table([("joint", "kind", "from", "to", "speed", "effort", "home"), *joint_rows(arm)]))
    report.say(_gripper(arm.gripper is not None, arm.stroke))
    found = doubts(arm)
    for line in found:
        report.say(f"look at: {line}")
    trials = [tried(arm, task, args.episodes) for task in ("reach", "push", "pick_place", "stack")]
    report.say(table([("task", "places reached", "scripted solver"), *(trial.row() for trial in trials)]))
    reason = why_not(lambda: draw(arm, args.picture))
    report.say(f"picture: {args.picture}" if reason is None else f"no picture: {reason}")
    if args.output is not None:
        args.output.write_text(as_text(arm, args.output), encoding="utf-8")
        report.say(f"`armchair teach reach --arm {args.output}` goes on from here")
    told: dict[str, Json] = {trial.task: trial.told() for trial in trials}
    report.finish({"arm": arm.name, "joints": list(arm.joints), "doubts": list(found), "tasks": told})
    return 1 if any(trial.hopeless for trial in trials) else 0


def _gripper(there: bool, stroke: float) -> str:
    return f"gripper: opens by {100 * stroke:.1f} cm" if there else "gripper: none, so nothing is picked up"
