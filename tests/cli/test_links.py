"""Links: printed, opened without being seen by others, and who owns a run that others can reach."""

from __future__ import annotations

import stat
import time
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from armchair.cli import links, main
from armchair.cli.flags import PageFlags
from armchair.cli.links import Shown, check_page, invite, open_browser, show_links
from armchair.cli.report import Report
from armchair.errors import InvalidInput
from armchair.runs.folder import RunDir
from armchair.runs.home import state_folder
from armchair.store.store import Store

Capture = pytest.CaptureFixture[str]
LINK = "http://127.0.0.1:8642/login?a=1&b=2#secret-token"


def test_the_browser_is_opened_with_a_file_that_only_we_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(links, "REDIRECT_SECONDS", 0.3)
    monkeypatch.setenv("DISPLAY", ":0")
    open_browser(LINK)
    until = time.monotonic() + 10
    while not opened and time.monotonic() < until:
        time.sleep(0.01)
    (address,) = opened
    assert "secret-token" not in address and "127.0.0.1" not in address
    file = Path(unquote(urlsplit(address).path))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and file.is_relative_to(state_folder())
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert 'url=http://127.0.0.1:8642/login?a=1&amp;b=2#secret-token"' in file.read_text()
    while file.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not file.exists()


def test_without_a_place_for_the_file_none_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("opened"))
    open_browser(LINK)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (PageFlags(no_open=True), False),
        (PageFlags(no_open=True, host="0.0.0.0", invite=("bob",)), True),
        (PageFlags(no_open=True, https=True, allow_host=("labels.example.org",), invite=("bob",)), True),
    ],
)
def test_who_owns_the_run_is_said_where_others_can_reach_it(
    tmp_path: Path, flags: PageFlags, told: bool, capsys: Capture
) -> None:
    with Store.open(tmp_path / "armchair.db") as store:
        store.people.redeem(store.people.invite("olga", "owner"))
        show_links(store, invite(store, flags), flags, Shown("http://x", Report("label", False)))
    out = capsys.readouterr().out
    assert ("owners of this run, who may do everything on its page: olga, owner" in out) is told
    assert ("plain HTTP" in out) is (told and not flags.https)


@pytest.mark.parametrize("name", ["owner", "Owner", "ＯＷＮＥＲ"])
def test_nobody_is_invited_as_the_owner(name: str) -> None:
    with pytest.raises(InvalidInput, match="the name of whoever started the run"):
        check_page(PageFlags(port=0, invite=(name,)))


@pytest.mark.parametrize("flags", [{"host": "0.0.0.0"}, {"https": True}, {"allow_host": ("a.example",)}])
def test_others_are_let_in_only_once_somebody_is_invited(flags: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="say who may answer"):
        check_page(PageFlags(port=0, **flags))  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["label", "serve"])
def test_a_proxy_is_told_of_on_the_command_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    seen: list[SimpleNamespace] = []

    def listen(create: object, options: SimpleNamespace, **_: object) -> None:
        seen.append(options)

    monkeypatch.setattr("armchair.web.serve.listen", listen)
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    Store.open(run.store_file).close()
    where = [str(run.path), "--invite", "bob"] if command == "label" else ["--runs", str(tmp_path)]
    proxy = ["--https", "--allow-host", "labels.example.org", "--no-open", "--port", "0"]
    assert main([command, *where, *proxy]) == 0, capsys.readouterr().err
    assert seen[0].https and seen[0].hosts == ("labels.example.org",)


def test_the_plain_page_is_behind_the_same_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """No server of its own, and no process: the owner's link leads to it."""
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a process was started"))
    monkeypatch.setattr("armchair.web.serve.serve", lambda store, options, *, ready, until: ready("http://x"))
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    Store.open(run.store_file).close()
    assert main(["label", str(run.path), "--streamlit", "--no-open", "--port", "0"]) == 0
    assert "answer here: http://x/login?to=answer#" in capsys.readouterr().out
