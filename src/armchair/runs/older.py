"""The older policy that a run may go back to: its file, and which of the two policies is the run's.

When a run that people taught is done, its checkpoint holds the policy of a third to half of the answers
before, too. To go back is to publish that one as the run's policy; the checkpoints stay as they are, and
training that goes on does so from the newest.
"""

from __future__ import annotations

import json
from contextlib import suppress

from armchair.errors import RunError
from armchair.jsonable import Json
from armchair.reading.files import read_bytes
from armchair.reading.limits import JSON_BYTES, TOLD_BYTES
from armchair.reading.plain import parse_object
from armchair.runs.checkpoint import newest, publish_as
from armchair.runs.files import write_atomic
from armchair.runs.folder import RunDir

OLDER, POLICY = "older", "policy"
ANSWERS, INSTEAD = "answers", "in_place_of"  # in what is said of an older policy


def can_go_back(run: RunDir) -> bool:
    """Whether there is an older policy."""
    return (run.checkpoints / f"{OLDER}.safetensors").is_file()


def use_older(run: RunDir) -> None:
    """Make the older policy the run's, and say so in the summary. RunError where there is none."""
    if not can_go_back(run):
        raise RunError(f"{run.path} has no older policy to go back to")
    publish_as(run, OLDER, POLICY)
    _sum_up(run)


def use_newest(run: RunDir) -> None:
    """Make the newest policy the run's again."""
    newest(run)
    _sum_up(run)


def older_in_use(run: RunDir) -> dict[str, Json] | None:
    """What is said of the run's policy where it is an older one: after how many answers; else None."""
    with suppress(OSError, ValueError):
        file = run.checkpoints / f"{POLICY}.json"
        about = parse_object(read_bytes(file, TOLD_BYTES), str(file))
        if INSTEAD in about:
            return {name: about.get(name) for name in (ANSWERS, INSTEAD, "success", "env_steps")}
    return None


def _sum_up(run: RunDir) -> None:
    file = run.path / "summary.json"
    with suppress(OSError, ValueError):
        summary = parse_object(read_bytes(file, JSON_BYTES), str(file))
        summary["older_policy"] = older_in_use(run)
        write_atomic(file, (json.dumps(summary, indent=2) + "\n").encode())
