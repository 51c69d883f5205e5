"""`.ci/audit` passes only when every package was looked up and none has a known weakness."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit"
FINE = {"name": "numpy", "version": "2.0", "vulns": []}
WEAK = {"name": "yaml", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
SERVICE = "the package index's vulnerability service"
UNKNOWN = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        (json.dumps({"dependencies": [FINE]}), 0, "no known weakness in 1 packages"),
        (json.dumps({"dependencies": [FINE, WEAK, UNKNOWN]}), 1, "yaml 1.0: CVE-1 (mended in 1.1)"),
        (json.dumps({"dependencies": [FINE, UNKNOWN]}), 1, "1 of 2 packages could not be looked up (torch"),
        (json.dumps({"dependencies": []}), 1, "nothing was audited"),
        ("", 1, f"nothing was audited, {SERVICE} may be out of reach: no route"),
        ("[]", 1, "nothing was audited"),
    ],
)
def test_no_answer_is_not_a_clean_one(tmp_path: Path, said: str, status: int, told: str) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint({said!r})\nsys.exit('no route')\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        [sys.executable, str(AUDIT), str(program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
