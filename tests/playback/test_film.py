"""Films of policies."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from armchair.envs.spec import EnvConfig, resolve_task
from armchair.playback.film import film_policy


@pytest.mark.gl
def test_a_mujoco_environment_of_others_is_filmed(tmp_path: Path) -> None:
    spec, file = resolve_task("gymnasium:Reacher-v5"), tmp_path / "film.mp4"
    seconds = film_policy(spec, EnvConfig(), lambda obs: torch.zeros(len(obs), 2), file, (1, 0), most=3)
    assert seconds > 0.0 and file.stat().st_size > 0
