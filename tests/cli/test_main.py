from __future__ import annotations

import json
import os
import subprocess
import sys
import types

import pytest

from armchair import __version__
from armchair.cli import COMMANDS, main
from armchair.errors import InvalidInput

Capture = pytest.CaptureFixture[str]


def test_help_names_every_command(capsys: Capture) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert "examples:" in out


def test_help_is_quick_since_it_loads_no_simulator_and_no_torch() -> None:
    assert loaded("['--help']", {"torch", "mujoco", "pybullet", "tyro"}) == "[]"


def test_help_of_a_command_loads_none_of_them_either() -> None:
    heavy = {"torch", "mujoco", "pybullet", "fastapi", "sqlalchemy", "streamlit", "pandas", "matplotlib"}
    assert loaded(", ".join(f"[{name!r}, '--help']" for name in COMMANDS), heavy) == "[]"


def loaded(commands: str, modules: set[str]) -> str:
    """Which of these modules some commands load."""
    program = (
        f"import sys\nfrom armchair.cli import main\nfor words in ({commands},):\n    main(words)\n"
        f"print(sorted({modules} & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stderr.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_examples(command: str, capsys: Capture) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: armchair {command}" in out
    assert "--json" in out
    assert f"  armchair {command}" in out.partition("examples:")[2]


def test_version(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"armchair {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["evns"], "armchair: unknown command 'evns': did you mean 'envs'? valid: "),
        (["envs", "--jsn"], "armchair: unknown flag '--jsn': did you mean --json? valid: --json, --help"),
        (["envs", "extra"], "armchair: unexpected argument 'extra' (see armchair envs --help)"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_exit_2(
    argv: list[str], expected: str, capsys: Capture
) -> None:
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(expected)
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_with_json_an_error_is_an_object_too(capsys: Capture) -> None:
    assert main(["doctor", "--json", "--verbos"]) == 2
    captured = capsys.readouterr()
    last = json.loads(captured.out.splitlines()[-1])
    assert last["command"] == "doctor"
    assert last["error"].startswith("unknown flag '--verbos'")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (InvalidInput("row 3\nis NaN"), 2, "armchair: row 3 is NaN\n"),
        (KeyboardInterrupt(), 130, "armchair: stopped by Ctrl-C\n"),
    ],
)
def test_a_command_that_stops(
    error: BaseException, status: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(argv: list[str]) -> int:
        raise error

    monkeypatch.setitem(sys.modules, "armchair.cli.commands.envs", types.SimpleNamespace(main=fail))
    assert main(["envs"]) == status
    assert capsys.readouterr().err == line


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(argv: list[str]) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(sys.modules, "armchair.cli.commands.envs", types.SimpleNamespace(main=fail))
    with pytest.raises(ZeroDivisionError):
        main(["envs"])


def test_a_reader_that_left_before_the_first_line() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = "import sys\nfrom armchair.cli import main\nsys.exit(main(['--help']))"
    run = subprocess.run([sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, b"")
