"""What others have published on these tasks with an oracle, from the papers' tables."""

from __future__ import annotations

from typing import NamedTuple

SOURCES = {
    "STAR": "STAR: Efficient Preference-based Reinforcement Learning via Dual Regularization, NeurIPS 2025, "
    "https://sites.google.com/view/pbrl-star",
    "SENIOR": "SENIOR: Efficient Query Selection and Preference-Guided Exploration in Preference-based "
    "Reinforcement Learning, 2025, https://arxiv.org/abs/2506.14648; the figure is from a secondary source",
    "PPE": "Improving Reward Models with Proximal Policy Exploration for Preference-Based Reinforcement "
    "Learning, NeurIPS 2025, https://openreview.net/forum?id=9KIvyH3L7c",
    "PEBBLE": "PEBBLE (Lee et al., ICML 2021), as PPE reports it",
    "RUNE": "RUNE (Liang et al., ICLR 2022)",
}


class Published(NamedTuple):
    """A figure of a paper: success at some step of an episode."""

    task: str
    answers: int
    success: str
    method: str  # of `SOURCES`


STEPS = "0.5–1M"  # of the environment, in their runs
PUBLISHED = (
    Published("window-open", 100, "65 %", "STAR"),
    Published("window-open", 250, "90 %", "SENIOR"),
    Published("window-open", 400, "87 %", "PEBBLE"),
    Published("window-open", 400, "100 %", "PPE"),
    Published("button-press", 2000, "77 %", "PEBBLE"),
    Published("button-press", 2000, "90 %", "PPE"),
    Published("drawer-open", 4000, "20 %", "PEBBLE"),
    Published("drawer-open", 4000, "80 ± 45 %", "PPE"),
    Published("door-open", 3000, "100 %", "PPE"),
    Published("sweep-into", 4000, "81 %", "STAR"),
    Published("sweep-into", 10_000, "100 %", "RUNE"),
    Published("hammer", 10_000, "96 %", "PPE"),
)
