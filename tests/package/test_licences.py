"""The licences of what is in the page's scripts travel with them, into every replay."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from armchair.envs.arm_env import make_env
from armchair.playback.replay_html import play_episodes, write_replay

WEB = Path(__file__).parents[2] / "src" / "armchair" / "web"
FRONTEND, STATIC = WEB / "frontend", WEB / "static"
THREE = "__THREE__"  # which three.js sets wherever it is at work
MIT = (
    r"This file contains three \d[\d.]*\.",
    r"Copyright © 2010-\d+ three\.js authors",
    "Permission is hereby granted, free of charge",
    "The above copyright notice and this permission notice shall be included in",
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND',
)


def carries_licence(text: str) -> bool:
    return all(re.search(pattern, text) for pattern in MIT)


@pytest.fixture
def scripts() -> dict[str, str]:
    """The scripts and pages of the bundle."""
    files = [*STATIC.glob("*.js"), *STATIC.glob("*.html")]
    if not files:
        pytest.skip("the page is not built here")
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def test_every_script_with_three_js_in_it_carries_its_licence(scripts: dict[str, str]) -> None:
    found = {name for name, text in scripts.items() if THREE in text}
    assert found == {"label.js", "play.js", "replay.js", "replay.html", "wish.js"}
    assert {name for name, text in scripts.items() if carries_licence(text)} == found


def test_a_replay_carries_it_too(scripts: dict[str, str], tmp_path: Path) -> None:
    env = make_env("reach", record_poses=True)
    episodes = play_episodes(env, lambda obs: env.script(), 1, seed=1)
    write_replay(tmp_path / "replay.html", env, episodes, task="reach", title="reach")
    env.close()
    assert carries_licence((tmp_path / "replay.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"LICENSE.md": "Do what you like."}, "This file contains @some/one 1.2.3.\n\nDo what you like."),
        ({}, "@some/one has no file with its licence"),
        ({"LICENSE": "so */ it ends"}, "cannot stand in a comment"),
    ],
)
def test_a_package_whose_licence_cannot_be_carried_is_not_bundled(
    files: dict[str, str], told: str, tmp_path: Path
) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node.js")
    folder = tmp_path / "node_modules" / "@some" / "one"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "@some/one", "version": "1.2.3"}')
    for name, text in files.items():
        (folder / name).write_text(text)
    inputs = {"src/a.ts": {}, "node_modules/@some/one/index.js": {}}
    made = {"outputs": {"out/a.js": {"inputs": inputs}, "out/b.js": {"inputs": {"src/b.ts": {}}}}}
    program = (
        f"import {{ notices }} from {json.dumps((FRONTEND / 'licences.mjs').as_uri())};"
        f"console.log(JSON.stringify(await notices({json.dumps(str(tmp_path))}, {json.dumps(made)})));"
    )
    words = ["node", "--input-type=module", "-e", program]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if len(files) == 1 and "ends" not in str(files):
        assert json.loads(done.stdout) == {"a.js": f"/*!\n{told}\n*/\n"}
    else:
        assert done.returncode != 0 and told in done.stderr
