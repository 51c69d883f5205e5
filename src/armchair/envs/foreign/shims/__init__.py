"""Small repairs of other people's packages of environments that do not work beside this MuJoCo by themselves.

Nothing is touched unless somebody has imported such a package, nor where it works as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from armchair.envs.foreign.shims import gymnasium_robotics, metaworld

Made = TypeVar("Made")

SHIMS: dict[str, Callable[[], bool]] = {
    "gymnasium_robotics": gymnasium_robotics.mend,
    "metaworld": metaworld.mend,
}
"""What mends a package, by its name: it says whether there was anything to mend."""


def mend() -> bool:
    """Mend the packages that are imported by now. -> whether there was anything to mend."""
    mended = [shim() for package, shim in SHIMS.items() if package in sys.modules]  # all of them
    return any(mended)


def made(make: Callable[[], Made]) -> Made:
    """What `make` makes of mended packages.

    Where it fails and has imported one of them itself, it is called once more: then that one is mended, too.
    """
    mend()
    try:
        return make()
    except Exception:  # other people's code may raise anything
        if not mend():
            raise
    return make()
