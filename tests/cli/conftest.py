"""What several commands are tested on."""

from __future__ import annotations

import pytest
import torch

from armchair.config.read import as_yaml, load_config
from armchair.feedback.teachers import make_teacher
from armchair.maths import generator
from armchair.runs.folder import RunDir
from armchair.training.setup import teach


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run of teaching that is done, in which next to nothing was learned."""
    torch.set_num_threads(1)
    config = load_config("smoke")
    run = RunDir.create(tmp_path_factory.mktemp("runs"), "reach", as_yaml(config))
    list(teach(config, run, make_teacher("oracle", {}, generator(0, "teacher"))))
    return run
