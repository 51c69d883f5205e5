"""What a run has on its disk when its trainer ends early, and how to go on from there."""

from __future__ import annotations

import os

from armchair.runs.checkpoint import moment_of
from armchair.runs.folder import RunDir
from armchair.store.trainer_lock import trainer_of


def how_to_go_on(run: RunDir, of_updates: int | None = None) -> str:
    """One clause for a run that a trainer of this process was at work on; nothing where another one is.

    of_updates: how many updates of the policy were planned.
    """
    if trainer_of(run) not in (None, os.getpid()):
        return ""
    again = f"`armchair resume {run.path}`"
    when = moment_of(run)
    if when is None:
        return f"nothing was learned yet, {again} begins {run.path} anew"
    if not when.get("updates"):
        return f"no update of the policy was made yet, {again} begins with the first"
    planned = "" if of_updates is None else f" of {of_updates}"
    steps = f"{when['env_steps']:,} steps"
    return f"all up to update {when['updates']}{planned} ({steps}) is saved, {again} goes on from there"
