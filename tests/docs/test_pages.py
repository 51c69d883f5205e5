"""The tutorials and how-tos run: each Python block, and each line of a shell block that calls armchair.

A page's blocks run from top to bottom in one folder, with small settings (`shorter`, `SMALL`), beside a run
`runs/reach-001` unless the page teaches one first. A first line `# file: NAME` makes a block a file. What
asks a person, or shows something live, is ended once it has printed its link. A comment before a block gives
its markers: <!-- test: slow -->.
"""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOK = DOCS / "tutorials" / "thirty_answers.md"  # the site's build runs it
PAGES = [
    page
    for page in sorted([*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md"), *DOCS.glob("howto/*.md")])
    if page != NOTEBOOK
    and (page.parent != DOCS or page.name in ("index.md", "start.md", "install.md", "faq.md"))
]
BLOCK = re.compile(r"(?:<!-- test: ([\w ]+) -->\n)?```(python|sh|yaml)\n(.*?)```", re.DOTALL)
SMALL = """
import armchair
_teach = armchair.teach
_small = {"first": 4, "session": 2, "session_every": 1, "updates": 3, "film_envs": 4, "num_envs": 8,
          "rollout": 16, "evaluate_episodes": 8, "reward.min_updates": 5}
def _shorter(task=None, *, config=None, labels=None, **rest):
    given = {key: value for key, value in (config or {}).items() if not key.endswith(("labels", "updates"))}
    return _teach(task, config={**given, **_small}, labels=6, **rest)
armchair.teach = _shorter
"""


class Block(NamedTuple):
    """One block of a page."""

    language: str
    text: str
    markers: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    return [Block(language, code, tuple(marks.split())) for marks, language, code in BLOCK.findall(text)]


def calls(block: Block) -> list[list[str]]:
    """The words after `armchair`, line by line."""
    lines = [shlex.split(line, comments=True) for line in block.text.replace("\\\n", " ").splitlines()]
    return [words[1:] for words in lines if words[:1] == ["armchair"]]


def shorter(words: list[str]) -> list[str]:
    """The same command with little to do."""
    command, *rest = words
    rest = ["scripted:2" if word == "scripted:20" else word for word in rest]
    if command == "teach" and "--teacher" in rest:
        rest = [word for i, word in enumerate(rest) if word != "--labels" and rest[i - 1] != "--labels"]
        rest += ["--labels", "6", "--updates", "2"]
        if rest[0] == "reach":
            rest += ["--config", "smoke"]
        if "block_stack" in rest:
            rest += ["--demos", "scripted:2"]
    elif command == "compare":
        rest += ["--config", "smoke"]
    elif command == "train":
        rest += ["--steps", "600"]
    elif command == "evaluate" and "--episodes" not in rest:
        rest += ["--episodes", "8"]
    return [command, *rest]


def waits(words: list[str]) -> bool:
    """Whether a command goes on until somebody ends it."""
    kept = {"--html", "--video"}.intersection(words)
    return words[0] in ("serve", "label") or (
        (words[0] == "teach" and "--teacher" not in words) or (words[0] == "play" and not kept)
    )


def run(argv: list[str], cwd: Path) -> None:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"


def until_its_link(argv: list[str], cwd: Path) -> None:
    """Begin it, wait for the link that it prints, end it as Ctrl-C does."""
    told = cwd / "told.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(argv, cwd=cwd, stdout=out, stderr=out)
        try:
            end = time.monotonic() + 120
            while "http://" not in told.read_text(encoding="utf-8", errors="replace"):
                assert process.poll() is None and time.monotonic() < end, told.read_text(encoding="utf-8")
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in (0, 130, -signal.SIGINT), told.read_text(encoding="utf-8")
        finally:
            process.kill()
            process.wait()


def call(words: list[str], cwd: Path) -> None:
    """One command of a page."""
    argv = [sys.executable, "-m", "armchair.cli", *shorter(words)]
    if waits(words):
        argv += ["--no-open", "--port", "0", *(["--runs", "people"] if words[0] == "teach" else [])]
        until_its_link(argv, cwd)
    else:
        run(argv, cwd)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of reach, as a page's reader has one."""
    folder = tmp_path_factory.mktemp("taught")
    run([sys.executable, "-m", "armchair.cli", *shorter(["teach", "reach", "--teacher", "oracle"])], folder)
    return folder / "runs" / "reach-001"


def teaches_first(page: list[Block]) -> bool:
    """Whether the first thing that a page does to a run is to make it."""
    for block in page:
        if block.language == "python" and 'armchair.teach("reach"' in block.text:
            return True
        for words in calls(block) if block.language == "sh" else []:
            if "runs/reach-001" in words or (words[:2] == ["teach", "reach"] and "--teacher" in words):
                return "runs/reach-001" not in words
    return False


def run_page(page: list[Block], cwd: Path, taught: Path) -> None:
    if not teaches_first(page):
        shutil.copytree(taught, cwd / "runs" / "reach-001")
    program: list[str] = []
    for block in [*page, Block("sh", "", ())]:
        named = re.match(r"# file: (\S+)\n", block.text)
        if named:
            (cwd / named[1]).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            program.append(block.text)
        elif block.language == "sh":
            if program:
                (cwd / "page.py").write_text("\n".join([SMALL, *program]), encoding="utf-8")
                run([sys.executable, "page.py"], cwd)
                program = []
            for words in calls(block):
                call(words, cwd)


def params(*, slow: bool) -> list[object]:
    """A page's blocks without marks; with all of them where some have any."""
    found: list[object] = []
    for page in PAGES:
        all_ = blocks(page.read_text(encoding="utf-8"))
        chosen = all_ if slow else [block for block in all_ if not block.markers]
        marks = sorted({mark for block in chosen for mark in block.markers})
        if chosen and (marks or not slow):
            found.append(
                pytest.param(
                    chosen,
                    marks=[getattr(pytest.mark, mark) for mark in marks],
                    id=str(page.relative_to(DOCS)),
                )
            )
    return found


@pytest.mark.parametrize("page", params(slow=False))
def test_what_is_quick_on_a_page_runs(page: list[Block], tmp_path: Path, taught: Path) -> None:
    run_page(page, tmp_path, taught)


@pytest.mark.parametrize("page", params(slow=True))
def test_a_page_runs_from_top_to_bottom(page: list[Block], tmp_path: Path, taught: Path) -> None:
    run_page(page, tmp_path, taught)


def test_blocks_are_found_with_their_markers() -> None:
    text = "<!-- test: gl slow -->\n```sh\nmake x\narmchair play RUN # c\n```\n"
    text += "```python\n# file: a.py\nx = 1\n```\n"
    shell, code = blocks(text)
    assert (shell.markers, code.markers, calls(shell)) == (("gl", "slow"), (), [["play", "RUN"]])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_no_block_escapes(page: Path) -> None:
    """Fences of a language that nothing runs would go stale unseen; plain ones hold no command of ours."""
    text = page.read_text(encoding="utf-8")
    languages = set(re.findall(r"^```(\w+)", text, re.MULTILINE)) - {"python", "sh", "yaml"}
    assert not languages
    plain = re.findall(
        r"^```\n(.*?)^```",
        re.sub(r"^```\w.*?^```", "", text, flags=re.DOTALL | re.MULTILINE),
        re.DOTALL | re.MULTILINE,
    )
    assert not [line for block in plain for line in block.splitlines() if line.startswith("armchair ")]
