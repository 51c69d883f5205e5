"""The files of a run have the rights that new files have: as umask says, all of them alike."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.web.processes.launcher import Launcher

SMALL = """task: reach
queries: {labels: 12, first: 12, clip_length: 5, film_envs: 4}
schedule: {updates: 1}
evaluation: {every: 1, episodes: 2}
practice: {num_envs: 2, rollout: 8}
"""


@pytest.fixture(params=[0o002, 0o027], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_all_files_of_a_run_have_the_same_rights(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("armchair.cli.teaching.draw_film", lambda run, _: run.path / "none")
    Path("small.yaml").write_text(SMALL)
    assert main(["teach", "reach", "--config", "small.yaml", "--teacher", "oracle"]) == 0
    (run,) = Path("runs").iterdir()
    found = [path for path in run.rglob("*") if not path.is_symlink()]
    wrong = [
        f"{path}: {stat.S_IMODE(path.stat().st_mode):o}"
        for path in found
        if stat.S_IMODE(path.stat().st_mode) != (0o777 if path.is_dir() else 0o666) & ~umask
    ]
    assert not wrong and (run / "checkpoints" / "reward.safetensors") in found and len(found) > 10


def test_the_log_of_a_trainer_too(tmp_path: Path) -> None:
    run = tmp_path / "reach-001"
    run.mkdir()
    program = "import sys,time; print('armchair: no'); sys.exit(2)"
    launcher, before = Launcher(["python3", "-c", program]), os.umask(0o022)
    seen: list[int] = []
    touch = Path.touch

    def watched(path: Path, *words: object, **named: object) -> None:
        touch(path, *words, **named)  # type: ignore[arg-type]
        seen.append(stat.S_IMODE(path.stat().st_mode))

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "touch", watched)
            with pytest.raises(ValueError, match="no"):
                launcher.teach([], tmp_path)
    finally:
        os.umask(before)
    assert seen == [0o644]
