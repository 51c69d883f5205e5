from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from armchair.cli import main
from armchair.ids import new_id
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question

Capture = pytest.CaptureFixture[str]
QUESTIONS = 150


def make_clip(value: float) -> Clip:
    none = torch.full((2, 1), value)
    return Clip(new_id(), none, none, none[:, 0], None, None, 0, 0, 0)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Two who look, one who always presses the same key and one who guesses, on the same questions."""
    rng = random.Random(0)
    run = RunDir.create(tmp_path, "reach", {"task": "reach"})
    with Store.open(run.store_file) as store:
        store.board.set_setting("repeat_share", 0.0)
        clips = [(make_clip(rng.random()), make_clip(rng.random())) for _ in range(QUESTIONS)]
        asked = [Question(new_id(), a.id, b.id, "uniform", 0) for a, b in clips]
        store.ask(asked, [clip for pair in clips for clip in pair])
        right = {
            q.id: float(a.reward.sum()) < float(b.reward.sum())
            for q, (a, b) in zip(asked, clips, strict=True)
        }
        for name in ("ann", "bob", "cem", "dee"):
            given: list[Answer] = []
            for question in store.claim(name, n=QUESTIONS, overlap=4):
                seen: Choice = "right" if right[question.id] else "left"
                guess: Choice = rng.choice(("left", "right"))
                said: dict[str, Choice] = {"ann": seen, "bob": seen, "cem": "left", "dee": guess}
                choice = said[name]
                given.append(Answer(new_id(), question.id, name, choice, 1.0, 2.0, 0.0))
            assert store.submit_all(given) == [True] * QUESTIONS
    return run


def test_who_does_not_look_is_flagged_and_left_out_by_one_command(run: RunDir, capsys: Capture) -> None:
    assert main(["annotators", str(run.path), "--exclude", "cem", "dee"]) == 0
    heads, *lines = capsys.readouterr().out.splitlines()
    assert heads.split()[:2] == ["annotator", "answers"]
    ends = {line.split()[0]: line[heads.index("counts") :].split(maxsplit=1) for line in lines}
    assert ends == {
        "ann": ["yes", "–"],
        "bob": ["yes", "–"],
        "cem": ["no", "always one side"],
        "dee": ["no", "at random"],
    }
    with Store.open(run.store_file, create=False) as store:
        assert len(store.preferences().target) == 2 * QUESTIONS
    assert main(["annotators", str(run.path), "--include", "dee", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["excluded"] for row in summary["annotators"]} == {
        "ann": False,
        "bob": False,
        "cem": True,
        "dee": False,
    }
    assert main(["doctor", str(run.path)]) == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nowhere"], "no run in nowhere"),
        (["postgresql://"], ""),
        (["--exclude", "anne"], "unknown annotator 'anne': did you mean 'ann'?"),
        (["--exclude", "ann", "--include", "ann"], "cannot be excluded and included at once"),
    ],
)
def test_bad_input(words: list[str], expected: str, run: RunDir, capsys: Capture) -> None:
    named = words if not words[0].startswith("--") else [str(run.path), *words]
    assert main(["annotators", *named]) == 2
    told = capsys.readouterr().err
    assert expected in told and told.count("\n") == 1
    with Store.open(run.store_file, create=False) as store:
        assert not any(person.excluded for person in store.people.people())


def test_a_run_that_nobody_answered_says_so(tmp_path: Path, capsys: Capture) -> None:
    run = RunDir.create(tmp_path, "reach", {})
    assert main(["annotators", str(run.path)]) == 2
    assert "has no questions" in capsys.readouterr().err
    Store.open(run.store_file).close()
    assert main(["annotators", str(run.path)]) == 0
    assert capsys.readouterr().out == "nobody has answered yet\n"
