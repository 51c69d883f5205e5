from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(("ci", "outcome"), [("", "skipped"), ("true", "failed")])
def test_a_test_without_its_browser_skips_or_fails_under_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    pytester.makeconftest((Path(__file__).parent / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers =\n  browser: opens a page\n")
    pytester.makepyfile(
        "import pytest\n@pytest.mark.browser\ndef test_page(): pass\ndef test_plain(): pass\n"
    )
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    result = pytester.runpytest_inprocess("-rsf")
    counts = result.parseoutcomes()
    # under CI the failure happens in the test's set-up, which pytest counts as an error
    assert counts == {"passed": 1, "errors" if outcome == "failed" else "skipped": 1}
    result.stdout.fnmatch_lines("*apt-get install chromium*")
