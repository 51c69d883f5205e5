"""A run's policy alone, as it acts now: a folder with nothing else in it, which commands take as a run."""

from __future__ import annotations

import shutil
from pathlib import Path

from armchair.agents.saved import load_policy, save_policy
from armchair.agents.weighted import without_wishes
from armchair.errors import RunError
from armchair.runs.folder import STORE_KEY, RunDir

WEIGHTS = "weights"  # in what is said of the policy: of its wishes, which are built in


def export_policy(run: RunDir, target: Path) -> dict[str, float]:
    """Write the policy, at the chosen weights if it has wishes, into a new folder. -> the weights, by wish.

    It has the run's configuration, without a database that it names, and a policy whose only inputs are
    observations. Raises RunError where there is no policy, or where the folder is there or cannot be made.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunError(f"{target} is there already: name a new folder")
    agent, info = load_policy(run)
    values = [round(value, 6) for value in agent.net.weights.tolist()]
    weights = dict(zip(info.wishes, values, strict=True))
    config = {key: value for key, value in run.config().items() if key != STORE_KEY}

    def put(into: RunDir) -> None:
        more = {WEIGHTS: weights} if weights else None
        save_policy(into, without_wishes(agent), info._replace(wishes=()), more=more)
        into.videos.rmdir()

    made, _ = RunDir.fill(target.parent, f".{target.name}", config, put)
    try:
        if target.exists():
            target.rmdir()  # an empty one
        made.path.rename(target)
    except OSError as error:
        shutil.rmtree(made.path, ignore_errors=True)
        raise RunError(f"cannot write to {target}: {error.strerror}") from None
    return weights
