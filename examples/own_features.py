"""A feature of one's own that the reward looks at: how far the tool is above the goal."""

import torch
from _settings import SETTINGS

import armchair


def above(states: armchair.States) -> torch.Tensor:
    """Height of the tool over the goal, in decimetres: features should be about as large as one. -> (…)."""
    return 10.0 * (states["tool"][..., 2] - states["goal"][..., 2])


def score(clip: armchair.Clip) -> float:
    """Near the goal, and never below it."""
    way = clip["tool"] - clip["goal"]
    return -float(way.norm(dim=1).mean() + 2.0 * (-way[:, 2]).clamp_min(0.0).mean())


if __name__ == "__main__":
    features = {"above": above}
    run = armchair.teach("reach", teacher=score, labels=40, config=SETTINGS, features=features)
    for progress in run:
        for fit in progress.fits:
            print("most of the reward hangs on", ", ".join(name for name, _ in fit.relevance[:3]))
    again = armchair.load(run.path, features=features)  # a folder holds their names alone
    print(f"a reward of {again.reward.members} members that looks at {again.config.reward.chosen[-1]}")
