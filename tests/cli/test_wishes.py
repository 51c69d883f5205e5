"""Of a run that is taught another wish than the task's, no command tells the task's success or return."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from armchair.cli import main
from armchair.errors import MissingDependency
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.wishes import run_wish

Capture = pytest.CaptureFixture[str]
QUESTION = "Which one lands softly?"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDir, str]:
    """A run that was taught a style alone, and what was said meanwhile."""
    root, said = tmp_path_factory.mktemp("styled"), io.StringIO()
    argv = ["teach", "--config", "smoke", "--teacher", "oracle", "--style", "from_above", "--runs", str(root)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr("armchair.reports.drawn.film_policy", no_film)
        assert main(argv) == 0
    return RunDir.open(root / "reach-001"), said.getvalue()


@pytest.fixture
def styled(told: tuple[RunDir, str]) -> RunDir:
    return told[0]


def no_film(*_: object) -> Path:
    raise MissingDependency("nothing can be drawn here")


def wordless(text: str) -> None:
    """Nothing of the task's success or return is in it."""
    said = text.replace("the task's success and return say nothing of that", "")
    assert "success" not in said and "return" not in said


def test_teaching_a_style_tells_no_success(told: tuple[RunDir, str]) -> None:
    run, said = told
    wordless(said)
    assert 'taught "style from_above" after 6 answers' in said
    summary = json.loads((run.path / "summary.json").read_text())
    assert (summary["wish"], summary["success"], summary["return"]) == ("style from_above", None, None)
    assert (run.path / "curve.png").read_bytes().startswith(b"\x89PNG")
    replay = (run.path / "replay.html").read_text()
    assert "Episode 1" in replay and "Episode 1, " not in replay
    with Store.open(run.store) as store:
        status = store.board.status()
        assert status is not None and status.value["style"] == "style from_above"


def test_a_style_beside_the_task_keeps_it(styled: RunDir) -> None:
    config = styled.config()
    assert run_wish(styled) == "style from_above"
    other = RunDir.create(
        styled.path.parent, "both", {**config, "teacher": {**config["teacher"], "style_weight": 1.0}}
    )
    assert run_wish(other) is None


def test_evaluate_tells_what_is_known_of_the_wish(styled: RunDir, capsys: Capture) -> None:
    assert main(["evaluate", str(styled.path), "--json"]) == 0
    said = capsys.readouterr()
    wordless(said.err)
    told = json.loads(said.out)
    assert told["wish"] == "style from_above" and "success" not in told and 0 <= told["heldout_accuracy"] <= 1
    assert main(["evaluate", str(styled.path), "--relearn"]) == 2
    assert "which the true reward does not measure" in capsys.readouterr().err


def test_play_and_compare_tell_no_success_of_a_question_of_ones_own(
    taught: RunDir, tmp_path: Path, capsys: Capture
) -> None:
    with Store.open(taught.store) as store:
        store.board.set_setting("question", QUESTION)
    try:
        assert (
            main(
                ["play", str(taught.path), "--episodes", "1", "--html", str(tmp_path / "one.html"), "--json"]
            )
            == 0
        )
        said = capsys.readouterr()
        wordless(said.err)
        assert json.loads(said.out)["success"] is None
        assert '"Episode 1"' in (tmp_path / "one.html").read_text()
        assert (
            main(
                ["compare", "reach", "--config", "smoke", "--run", str(taught.path), "--runs", str(tmp_path)]
            )
            == 2
        )
        assert f'was taught "{QUESTION}"' in capsys.readouterr().err
        assert not (tmp_path / "compare-reach-001").exists()
    finally:
        with Store.open(taught.store) as store:
            store.board.set_setting("question", "")


def test_a_style_alone_is_not_compared(tmp_path: Path, capsys: Capture) -> None:
    argv = [
        "teach",
        "reach",
        "--teacher",
        "oracle",
        "--style",
        "from_above",
        "--compare",
        "--runs",
        str(tmp_path),
    ]
    assert main(argv) == 2
    assert "says nothing of a style" in capsys.readouterr().err
