"""What others have published on these tasks, read off their papers: success at some step of an episode."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """A figure of a paper."""

    task: str
    answers: int
    success: str
    method: str
    steps: str  # of the environment, in a run


PUBLISHED = (
    Published("window-open", 100, "65 %", "STAR", "0.5–1M"),
    Published("window-open", 250, "90 %", "SENIOR", "0.5–1M"),
    Published("window-open", 400, "100 %", "PPE", "0.5–1M"),
    Published("button-press", 2000, "90 %", "PPE", "0.5–1M"),
    Published("drawer-open", 4000, "80 ± 45 %", "PPE", "0.5–1M"),
    Published("door-open", 3000, "100 %", "PPE", "0.5–1M"),
    Published("sweep-into", 4000, "81 %", "STAR", "0.5–1M"),
    Published("hammer", 10_000, "96 %", "PPE", "0.5–1M"),
)
