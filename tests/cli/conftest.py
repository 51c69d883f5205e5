"""What several commands are tested on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.config.read import as_yaml, load_config
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.training.setup import teach

Give = Callable[..., None]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of teaching that is done, in which next to nothing was learned."""
    torch.set_num_threads(1)
    config = load_config("smoke")
    run = RunDir.create(tmp_path_factory.mktemp("runs"), "reach", as_yaml(config))
    list(teach(config, run, make_teacher("oracle", {}, generator(0, "teacher"))))
    return run


@pytest.fixture
def wished(taught: RunDir, tmp_path: Path, give_wishes: Give) -> RunDir:
    """A run that is done, with one wish, whose weight is 0.6."""
    shutil.copytree(taught.path, tmp_path / "lift-001")
    run = RunDir.open(tmp_path / "lift-001")
    give_wishes(run)
    return run
