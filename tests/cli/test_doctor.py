from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from armchair.cli import checks, main
from armchair.cli.checks import Check
from armchair.cli.commands import doctor, serve
from armchair.cli.flags import PageFlags
from armchair.engines.display import gl
from armchair.errors import RunError
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Answer, Clip, Question
from armchair.web import options

Capture = pytest.CaptureFixture[str]
GOOD = Check("disk", True, "12.0 GB free")
OPTIONAL = Check("GL egl", False, "not installed", "apt-get install libegl1")
ESSENTIAL = Check("engine mujoco", False, "not installed", "pip install mujoco", essential=True)


@pytest.mark.parametrize(
    ("found", "status", "last"),
    [
        ([GOOD], 0, "all is well"),
        ([GOOD, OPTIONAL], 0, "to mend: GL egl"),
        ([ESSENTIAL, GOOD], 1, "to mend: engine mujoco"),
    ],
)
def test_exit_status_tells_whether_something_essential_is_broken(
    found: list[Check], status: int, last: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(doctor, "run_checks", lambda: iter(found))
    assert main(["doctor"]) == status
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_a_line_says_what_is_wrong_and_how_to_mend_it() -> None:
    assert doctor.line_of(OPTIONAL) == "!!  GL egl         not installed; mend: apt-get install libegl1"
    assert doctor.line_of(GOOD) == "ok  disk           12.0 GB free"


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(doctor, "run_checks", lambda: iter([GOOD, ESSENTIAL]))
    assert main(["doctor", "--json"]) == 1
    summary = json.loads(capsys.readouterr().out)
    assert summary["success"] is False
    assert [check["name"] for check in summary["checks"]] == ["disk", "engine mujoco"]
    assert summary["checks"][1]["mend"] == "pip install mujoco"


def test_the_port_of_the_pages_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options.DEFAULT_PORT == PageFlags().port == serve.Args().port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(options, "DEFAULT_PORT", taken.getsockname()[1])
        (check,) = checks.check_ports()
        assert not check.ok and f"port {options.DEFAULT_PORT} of 127.0.0.1 is in use" in check.found
    (check,) = checks.check_ports()
    assert check.ok


def test_what_the_server_imports_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, pages = checks.check_server()
    assert server == Check("server", True, "imports", server.mend, True)
    assert pages.name == "pages"
    (tmp_path / "starlette.py").write_text("raise ImportError('libfoo is missing')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    server, _ = checks.check_server()
    assert not server.ok and server.essential and "libfoo is missing" in server.found


def test_pages_that_were_not_built_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks, "_python", lambda program: None)
    monkeypatch.setattr(checks, "files", lambda name: tmp_path)
    (tmp_path / "web" / "static").mkdir(parents=True)
    for name in checks.PAGES[1:]:
        (tmp_path / "web" / "static" / name).touch()
    server, pages = checks.check_server()
    assert server.ok and (pages.ok, pages.found) == (False, "not built: index.html")


def test_the_extras_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "missing", lambda name: ["matplotlib"] if name == "plots" else [])
    check = checks.check_extras()
    assert check.ok and check.found.endswith("optional: pip install 'armchair[plots]' for plots")
    assert check.found.startswith("clips, dashboard, gym, hub, judge, minari, onnx, parquet, postgres")


def test_no_gl_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "egl_devices", lambda: 0)
    monkeypatch.setattr(gl, "has_osmesa", lambda: False)
    monkeypatch.setattr(checks.sys, "platform", "linux")
    found = checks.check_gl()
    assert [check.ok for check in found] == [False, False]
    assert all("libegl1" in check.mend and "libosmesa6" in check.mend for check in found)
    assert not any(check.essential for check in found)


@pytest.mark.gl
def test_gl_draws_here() -> None:
    assert any(check.found == "draws" for check in checks.check_gl())


def test_a_crash_in_a_child_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "egl_devices", lambda: 1)
    monkeypatch.setattr(gl, "has_osmesa", lambda: False)
    monkeypatch.setattr(checks, "RENDER", "import os; os.abort()")
    assert [check.ok for check in checks.check_gl()] == [False, False]


def test_a_package_that_is_there_but_broken_is_essential(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gymnasium.py").write_text("raise ImportError('libfoo is missing')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(checks, "CORE_PACKAGES", ("gymnasium",))
    (check,) = checks.check_packages()
    assert (check.ok, check.essential) == (False, True)
    assert "libfoo is missing" in check.found


def test_the_checks_can_be_imported_without_torch() -> None:
    program = (
        "import sys\nsys.modules['torch'] = None\n"
        "from armchair.cli import checks\nprint(checks.check_gl()[0])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "mend what is wrong above first" in run.stdout


def test_bullet_on_a_newer_python_says_why_it_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "version_of", lambda package: None)
    monkeypatch.setattr(checks.sys, "version_info", (3, 13, 0))
    assert "no wheels for Python 3.12" in checks.check_bullet().found
    monkeypatch.setattr(checks.sys, "version_info", (3, 11, 7))
    assert "armchair[bullet]" in checks.check_bullet().found


def test_the_engine_for_gpus_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "version_of", lambda package: None)
    assert checks.check_warp().ok and "pip install 'armchair[warp]'" in checks.check_warp().found
    monkeypatch.setattr(checks, "version_of", lambda package: f"9 of {package}")
    assert checks.check_warp().found == "9 of mujoco_warp"


def test_threads_are_right_only_when_blas_keeps_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    assert not checks.check_threads().ok
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert checks.check_threads().ok


def test_a_folder_that_cannot_be_written_is_essential(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert checks.check_disk(tmp_path).essential is False
    monkeypatch.setattr(checks.os, "access", lambda path, mode: False)
    check = checks.check_disk(tmp_path)
    assert (check.ok, check.essential) == (False, True)


# ---- a run


def make_run(root: Path) -> Path:
    """A run with three answers and a checkpoint."""
    run = RunDir.create(root, "reach", {"task": "reach"})
    run.save("state", {"weights": torch.arange(6.0)}, {"position": 3})
    with Store.open(run.store_file) as store:
        for number in range(3):
            left, right = (
                Clip(
                    new_id(),
                    torch.full((2, 3), 2.0 * number + k),
                    torch.ones(2, 1),
                    torch.ones(2),
                    None,
                    None,
                    0,
                    0,
                    0,
                )
                for k in range(2)
            )
            store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
            (question,) = store.claim("ann")
            store.submit(Answer(new_id(), question.id, "ann", "left", 1.0, 1.0, 12.0))
    return run.path


def test_a_sound_run_says_what_was_looked_at(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path)
    assert main(["doctor", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["success"]) == (str(run), True)
    found = {check["name"]: check["found"] for check in told["checks"]}
    assert list(found) == [
        "configuration",
        "database",
        "clips",
        "assets",
        "answers",
        "audit chain",
        "people",
        "checkpoints",
    ]
    assert found["clips"].startswith("6 clips") and "over 3 changes" in found["audit chain"]
    assert main(["doctor", str(tmp_path / "reach-002")]) == 2
    assert "did you mean" in capsys.readouterr().err


HARMS = {
    "UPDATE answers SET choice = 'right' WHERE seq = 2": (
        "audit chain",
        "change 2, is not what was recorded",
    ),
    "DELETE FROM answers WHERE seq = 2": ("audit chain", "change 2 is missing"),
    "UPDATE clips SET arrays = (SELECT arrays FROM clips LIMIT 1 OFFSET 3) WHERE rowid = 1": (
        "clips",
        "damaged",
    ),
    "UPDATE clips SET arrays = substr(arrays, 1, 40) WHERE rowid = 2": ("clips", "damaged"),
    "DELETE FROM clips WHERE rowid = 1": ("answers", "which is not there"),
    "UPDATE questions SET answered = 0 WHERE seq = 1": ("answers", "counts its answers wrongly"),
    "INSERT INTO annotators VALUES ('eve', 'person', 0, 1, 'annotator')": (
        "audit chain",
        "eve is marked excluded",
    ),
    "UPDATE meta SET value = '99' WHERE key = 'schema'": ("database", "schema 99"),
    "UPDATE meta SET value = '' WHERE key = 'head'": ("audit chain", "does not say where"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_altered_in_the_store_is_named(harm: str, tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path)
    with sqlite3.connect(run / "armchair.db") as raw:
        raw.execute(harm)
    raw.close()
    name, expected = HARMS[harm]
    assert main(["doctor", str(run), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    wrong = {check["name"]: check for check in told["checks"] if not check["ok"]}
    assert not told["success"] and expected in wrong[name]["found"] and "--backup" in wrong[name]["mend"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data + b"more",
        lambda data: (2**40).to_bytes(8, "little") + data[8:],
        lambda data: data.replace(b"[6]", b"[9]"),
        lambda data: b"",
    ],
)
def test_a_damaged_checkpoint_is_named(
    harm: Callable[[bytes], bytes], tmp_path: Path, capsys: Capture
) -> None:
    run = make_run(tmp_path)
    file = run / "checkpoints" / "state.safetensors"
    file.write_bytes(harm(file.read_bytes()))
    assert main(["doctor", str(run)]) == 1
    assert f"{file} is damaged" in capsys.readouterr().out
    with pytest.raises(RunError, match="is damaged"):
        RunDir.open(run).load("state")


def test_a_checkpoint_that_was_kept_aside_is_not_held_against_the_run(
    tmp_path: Path, capsys: Capture
) -> None:
    run = make_run(tmp_path)
    aside = run / "checkpoints" / "broken-000001"
    aside.mkdir()
    (aside / "state.safetensors").write_bytes(b"broken")
    assert main(["doctor", str(run)]) == 0
    assert "1 found damaged earlier and kept aside" in capsys.readouterr().out
    folder = run / "checkpoints" / "000002"
    folder.mkdir()
    assert main(["doctor", str(run)]) == 1
    assert "manifest.json is missing" in capsys.readouterr().out
