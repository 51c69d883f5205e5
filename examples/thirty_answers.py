"""Thirty answers teach an arm to reach: the shortest way there is. Half a minute on a small machine."""

from _settings import SETTINGS

import armchair


def score(clip: armchair.Clip) -> float:
    """How well a clip does, to whoever answers: the nearer the tool is to the goal, the better."""
    return -float((clip["tool"] - clip["goal"]).norm(dim=1).mean())


if __name__ == "__main__":
    run = armchair.teach("reach", teacher=score, labels=30, config=SETTINGS)
    print(
        f"{run.success:.0%} of the episodes end at the goal, after {len(run.answers)} answers; see {run.path}"
    )
