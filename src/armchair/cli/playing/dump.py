"""`armchair play DUMP`: what a run that went wrong left, replayed where it can be."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from armchair.cli.locate import admit
from armchair.cli.report import Report
from armchair.errors import MissingDependency
from armchair.playback.dumps import Dump, read_dump, write_dump_replay
from armchair.runs.folder import RunDir
from armchair.runs.trust import named_in


def play_dump(file: Path, html: Path | None, report: Report, *, trust: bool) -> int:
    """Say what is in the dump, and replay the steps that led to it; returns 0.

    html: where the replay goes; beside the dump if not given. Dumps without an arm are described only.
    """
    dump = read_dump(file)
    _admit(file, dump, trust=trust)
    for line in describe(dump):
        report.say(line)
    shown = html or file.with_suffix(".html")
    written = False
    if dump.replayable:
        try:
            write_dump_replay(dump, shown)
            report.say(f"{shown}: opens in any browser")
            written = True
        except MissingDependency as error:
            if html is not None:
                raise
            report.log(f"no replay: {error}")
    else:
        report.say("it cannot be replayed: it has no arm's state and actions")
    report.finish({**dump.about, "html": str(shown) if written else None, "steps": dump.steps})
    return 0


def _admit(file: Path, dump: Dump, *, trust: bool) -> None:
    """Let the dump's task be made: trusted with the run that it lies in, or else alone."""
    run, names = RunDir(file.parent.parent), named_in({"task": dump.about.get("task")})
    own = named_in(run.config()) if names and run.config_file.is_file() else []
    if names and set(names) <= set(own):
        admit(run.path, own, trust=trust)
    else:
        admit(file, names, trust=trust)


def describe(dump: Dump) -> list[str]:
    """A few lines about a dump: what happened and what is in it."""
    about = dump.about
    lines = [
        f"{about.get('task')}: the {about.get('not_finite')} was not finite at update "
        f"{about.get('updates')}, after {about.get('env_steps')} environment steps"
    ]
    for name, value in sorted(dump.tensors.items()):
        if name.startswith("rollout."):
            lines.append(f"  {name.removeprefix('rollout.'):<12} {tuple(value.shape)}{_bad(value)}")
    for part in ("agent", "model"):
        inside = [value for name, value in dump.tensors.items() if name.startswith(f"{part}.")]
        wrong = sum(not bool(value.isfinite().all()) for value in inside)
        if inside:
            lines.append(f"  {part:<12} {len(inside)} tensors, {wrong} of them not finite")
    return lines


def _bad(value: Tensor) -> str:
    """Where something in (T, N, …) is not finite first."""
    if not value.is_floating_point():
        return ""
    wrong = value.reshape(*value.shape[:2], -1).isfinite().all(2).logical_not().nonzero()
    if not len(wrong):
        return ""
    step, copy = (int(k) for k in wrong[0])
    return f", not finite from step {step} on, in copy {copy}"
