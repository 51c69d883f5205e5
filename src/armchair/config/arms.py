"""With which arm a policy is put to work: its own, or another one."""

from __future__ import annotations

from pathlib import Path

from armchair.agents.saved import PolicyInfo
from armchair.arms import load_arm
from armchair.errors import InvalidInput


def chosen_arm(wanted: str | None, info: PolicyInfo) -> str:
    """The arm's file as settings keep it. wanted: a file, "" for the built-in arm, None for the policy's own.

    Raises InvalidInput for a file that cannot be read, and for another arm where a policy moves its joints.
    """
    if wanted is None:
        return info.arm
    arm = str(Path(wanted).resolve()) if wanted else ""
    if arm != info.arm and info.control != "tool":
        raise InvalidInput(
            f"a policy of control {info.control} knows the joints of its own arm alone: leave out --arm, or "
            "teach with --control tool"
        )
    load_arm(arm)
    return arm
