"""A model as an annotator, against a server that stands in for one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from armchair.cli import main
from armchair.engines.display.scene_asset import SCENE, SCENE_TYPE
from armchair.envs.spec import EnvConfig, resolve_task
from armchair.ids import new_id
from armchair.judging.figures import read
from armchair.maths import generator
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.fit import fit
from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.types import Answer, Choice, Clip, Question, VisibleLayout

MODEL, FILE = "eyes/one-7b", "judge-eyes-one-7b.jsonl"
QUESTION = "Which one is closer to the ball?"
SURE, AGAINST = 0.9, 0.1  # guesses, of the better clip

MakeRun = Callable[..., RunDir]
Run = tuple[int, dict[str, Any]]
Judge = Callable[..., Run]


@pytest.fixture
def judge(server: Any, capsys: pytest.CaptureFixture[str]) -> Judge:
    """Runs the command with --json, to its end. -> its status and what it says last."""

    def run(where: RunDir, *flags: str, audit: float = 0.0) -> Run:
        capsys.readouterr()
        flags = ("--once", "--audit", str(audit), "--json", *flags)
        status = main(["judge", str(where.path), "--model", MODEL, "--base-url", server.url, *flags])
        return status, json.loads(capsys.readouterr().out.strip().splitlines()[-1])

    return run


def better(k: int) -> Choice:
    """The side of the better clip of the k-th question."""
    return "left" if k % 2 == 0 else "right"


def fates(run: RunDir) -> list[str]:
    """What became of the questions, in the order in which they were judged."""
    return [json.loads(line)["fate"] for line in (run.path / FILE).read_text().splitlines()]


def answer(store: Store, question: Question, choice: Choice, who: str = "ann") -> None:
    assert store.claim(who, only=question.id) == [question]
    assert store.submit(Answer(new_id(), question.id, who, choice, 1.0, 2.0, time.time()))


# ---- what is closed, and what is left to people


def test_what_both_orders_and_the_reward_model_say_is_answered(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run, server.mind = make_run([SURE, SURE, 0.3, SURE]), true_mind
    status, told = judge(run)
    assert (status, told["asked"], told["answered"], told["tokens"]) == (0, 4, 4, 8 * 940)
    with Store.open(run.store_file) as store:
        records = store.records()
        assert [record.answer.choice for record in records] == [better(k) for k in range(4)]
        assert {(r.answer.annotator, r.answer.strength) for r in records} == {(MODEL, 1.0)}
        assert store.annotators() == {MODEL: "model"}
        assert store.free("ann", 9) == [], "they are closed"
    assert told["flips"] == [0, 4]


def test_both_orders_are_shown_with_the_runs_question(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, server.mind = make_run([SURE]), true_mind
    judge(run)
    one, two = server.requests
    assert one.pictures == two.pictures[::-1] and len(set(one.pictures)) == 2
    assert one.text == two.text == f"The question: {QUESTION}"
    schema = one.body["response_format"]["json_schema"]
    assert schema["strict"] and schema["schema"]["properties"]["better"]["enum"] == [
        "first", "second", "neither", "cannot_tell"
    ]  # fmt: skip
    assert one.key == "Bearer none", "a server of one's own wants no key"


def test_the_key_is_that_of_the_environment(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    run, server.mind = make_run([SURE]), true_mind
    judge(run)
    assert {request.key for request in server.requests} == {"Bearer sk-1"}
    assert "sk-1" not in (run.path / FILE).read_text()


def test_a_model_that_takes_what_comes_first_answers_nothing(
    make_run: MakeRun, server: Any, judge: Judge
) -> None:
    run, server.mind = make_run([SURE] * 5), lambda request: server.said("first")
    _, told = judge(run)
    assert (told["asked"], told["answered"], told["left"]) == (5, 0, {"orders differ": 5})
    assert (told["flips"], told["toward_first"]) == ([5, 5], [5, 5])
    with Store.open(run.store_file) as store:
        assert store.records() == [] and len(store.free("ann", 9)) == 5, "people get all of them"


def test_nothing_is_closed_before_there_is_a_reward_model_nor_against_it(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run, server.mind = make_run([None, None, AGAINST, 0.2, 0.21]), true_mind
    _, told = judge(run)
    assert fates(run) == ["alone", "alone", "reward model", "reward model", "answered"]
    assert told["answered"] == 1
    with Store.open(run.store_file) as store:
        assert len(store.free("ann", 9)) == 4


def test_ties_count_where_both_orders_say_so_and_the_reward_model_is_not_sure(
    make_run: MakeRun, server: Any, judge: Judge
) -> None:
    run, server.mind = make_run([0.6, SURE]), lambda request: server.said("neither")
    judge(run)
    with Store.open(run.store_file) as store:
        (record,) = store.records()
    assert record.answer.choice == "tie"
    assert fates(run) == ["answered", "reward model"]


def test_the_audit_is_left_to_people_the_same_after_a_restart(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run, server.mind = make_run([SURE] * 16), true_mind
    judge(run, "--limit", "7", audit=0.4)
    judge(run, audit=0.4)
    once = fates(run)
    (run.path / FILE).unlink()
    judge(run, "--name", "again", audit=0.4)
    kept = once.count("audit")
    assert 0 < kept < 16 and len(once) == 16
    left = [json.loads(line) for line in (run.path / "judge-again.jsonl").read_text().splitlines()]
    assert {one["fate"] for one in left} == {"audit"} and len(left) == kept


# ---- replies that are none, servers that fail


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("The left one, I think.", {}),
        ('{"better": "third", "why": "x"}', {}),
        ('{"better": "first"}', {}),
        ("[]", {}),
        (None, {"refusal": "I do not judge robots."}),
    ],
)
def test_nonsense_is_cannot_tell(
    make_run: MakeRun, server: Any, judge: Judge, text: str | None, more: dict[str, str]
) -> None:
    run, server.mind = make_run([SURE]), lambda request: server.completed(text, **more)
    status, told = judge(run)
    assert (status, told["left"], told["tokens"]) == (0, {"cannot tell": 1}, 1880)
    kept = json.loads((run.path / FILE).read_text())
    assert kept["first"] == kept["second"] == "cannot_tell"
    assert (more.get("refusal") or text) in kept["why"][0]


def test_a_reply_without_choices_is_cannot_tell(make_run: MakeRun, server: Any, judge: Judge) -> None:
    run, server.mind = make_run([SURE]), lambda request: (200, {"choices": [], "usage": None})
    status, told = judge(run)
    assert (status, told["left"]) == (0, {"cannot tell": 1})
    assert told["tokens"] > 0, "what the server does not count is guessed"


def test_errors_that_pass_are_waited_for(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    tries: list[int] = []

    def mind(request: Any) -> object:
        tries.append(1)
        return (500, {"error": {"message": "busy"}}) if len(tries) <= 2 else true_mind(request)

    run, server.mind = make_run([SURE]), mind
    status, told = judge(run)
    assert (status, told["answered"], len(tries)) == (0, 1, 4)


def test_others_end_it_in_one_line_with_nothing_held(
    make_run: MakeRun, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, server.mind = make_run([SURE]), lambda request: (401, {"error": {"message": "no such key"}})
    status = main(["judge", str(run.path), "--model", MODEL, "--base-url", server.url])
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert status == 2
    assert f"{server.url} refuses to judge with 'eyes/one-7b': 401" in last and "no such key" in last
    with Store.open(run.store_file) as store:
        assert store.held(MODEL) == [] and len(store.free("ann", 9)) == 1


def test_a_server_that_speaks_another_language(
    make_run: MakeRun, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, server.mind = make_run([SURE]), lambda request: (200, b"<html>welcome</html>")
    assert main(["judge", str(run.path), "--model", MODEL, "--base-url", server.url]) == 2
    assert "speaks another language" in capsys.readouterr().err


def test_a_reply_that_takes_too_long(
    make_run: MakeRun, server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armchair.judging.asking.RETRIES", 0)

    def mind(request: Any) -> object:
        time.sleep(0.5)
        return server.said("first")

    run, server.mind = make_run([SURE]), mind
    flags = ["--base-url", server.url, "--timeout", "0.1"]
    assert main(["judge", str(run.path), "--model", MODEL, *flags]) == 2
    assert "no reply within 0.1 s" in capsys.readouterr().err


# ---- limits, ends and restarts


def test_the_budget_is_not_passed(make_run: MakeRun, server: Any, judge: Judge, true_mind: Any) -> None:
    run, server.mind = make_run([SURE] * 6), true_mind
    _, told = judge(run, "--tokens", "9000", "--reply", "100")
    # the first is taken to cost 2 * 2600; then 900 for the prompt are known, and 2 * 1000 must be left
    assert (told["asked"], told["tokens"]) == (4, 4 * 1880)
    assert "7520 tokens are used of --tokens 9000" in told["ended"]
    _, told = judge(run, "--tokens", "9000", "--reply", "100")
    assert (told["judged"], told["tokens"]) == (0, 7520), "what was used before counts"
    assert judge(run, "--tokens", "100")[1]["judged"] == 0


def test_a_restart_asks_nothing_again(make_run: MakeRun, server: Any, judge: Judge) -> None:
    run, server.mind = make_run([SURE] * 4), lambda request: server.said("first")
    _, told = judge(run, "--limit", "3")
    assert (told["judged"], len(server.requests)) == (3, 6)
    _, told = judge(run)
    assert (told["judged"], told["asked"], len(server.requests)) == (1, 4, 8)
    assert judge(run)[1]["judged"] == 0


def test_what_a_crash_kept_from_the_store_is_submitted_then(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, server.mind = make_run([SURE, SURE]), true_mind

    def crash(*_: object) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "submit", crash)
        assert judge(run)[0] == 2
    with (run.path / FILE).open("ab") as file:
        file.write(b'{"annotator": "eyes/one-7b", "quest')  # and a line was cut short
    _, told = judge(run)
    assert (told["asked"], told["answered"], len(server.requests)) == (2, 2, 4)
    with Store.open(run.store_file) as store:
        assert [record.answer.choice for record in store.records()] == ["left", "right"]


def test_a_question_that_was_lost_meanwhile_is_counted_so(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run = make_run([SURE, SURE])

    def mind(request: Any) -> object:
        with Store.open(run.store_file) as store:
            store.release(MODEL, [question.id for question in store.held(MODEL)])
        return true_mind(request)

    server.mind = mind
    status, told = judge(run)
    assert (status, told["answered"], told["left"]) == (0, 0, {"lost": 2})


@pytest.mark.slow
def test_it_waits_for_questions_until_the_run_is_done(
    make_run: MakeRun, server: Any, true_mind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, server.mind = make_run([SURE]), true_mind
    command = [sys.executable, "-m", "armchair.cli", "judge", str(run.path), "--audit", "0"]
    command += ["--model", MODEL, "--base-url", server.url]
    with Store.open(run.store_file) as store, _begun(command) as process:
        _until(lambda: len(store.records()) == 1)
        left, right = store.records()[0].question.right, store.records()[0].question.left
        store.ask([Question(new_id(), left, right, "uniform", 20, SURE)])
        _until(lambda: len(store.records()) == 2)
        assert process.poll() is None, "it waits for more"
        store.board.set_status({"phase": "done", "question": QUESTION})
        out = process.communicate(timeout=30)[0].decode()
    assert process.returncode == 0
    assert "2 questions judged now; nothing waits that it has not judged" in out


def test_ctrl_c_ends_it_with_nothing_held(make_run: MakeRun, server: Any) -> None:
    asked: list[int] = []

    def mind(request: Any) -> object:
        asked.append(1)
        time.sleep(2.0)
        return server.said("first")

    run, server.mind = make_run([SURE] * 3), mind
    command = [sys.executable, "-m", "armchair.cli", "judge", str(run.path)]
    command += ["--model", MODEL, "--base-url", server.url, "--json"]
    with Store.open(run.store_file) as store:
        with _begun(command) as process:
            _until(lambda: bool(asked))
            assert len(store.held(MODEL)) == 1
            os.kill(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert store.held(MODEL) == [] and len(store.free("ann", 9)) == 3
    assert process.returncode == 130, err
    assert json.loads(out)["ended"] == "it was asked to end"
    assert "the same command goes on from there" in err.decode().strip().splitlines()[-1]


@contextmanager
def _begun(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_two_at_once_under_one_name_are_refused(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from armchair.judging.verdicts import VerdictFile

    run = make_run([SURE])
    with VerdictFile(run.path, MODEL):
        code = "import sys; from armchair.cli import main; sys.exit(main(sys.argv[1:]))"
        flags = ["--model", MODEL, "--base-url", server.url]
        second = [sys.executable, "-c", code, "judge", str(run.path), *flags]
        ended = subprocess.run(second, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and "another `armchair judge` is at work" in ended.stderr


# ---- beside people


def test_paused_and_fully_answered_runs_are_left_alone(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run, server.mind = make_run([SURE] * 3), true_mind
    with Store.open(run.store_file) as store:
        store.board.set_setting("paused", True)
        assert judge(run)[1]["asked"] == 0
        store.board.set_setting("paused", False)
        store.board.set_setting("labels", 2)
        assert judge(run)[1]["answered"] == 2


def test_a_wishs_questions_are_asked_in_its_own_words(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any
) -> None:
    run, server.mind = make_run([SURE, SURE], wish="Which one moves more calmly?"), true_mind
    judge(run)
    assert {request.text for request in server.requests} == {"The question: Which one moves more calmly?"}
    with Store.open(run.store_file) as store:
        assert len(store.preferences(wish="slow").target) == 2 and len(store.preferences().target) == 0


def test_agreement_is_with_what_people_say_later(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, server.mind = make_run([SURE] * 4 + [AGAINST] * 3), true_mind
    judge(run, audit=1.0)
    with Store.open(run.store_file) as store:
        assert read(store)[0].audited.of == 0
        for k, question in enumerate(store.put()):
            answer(store, question, better(k) if k not in (0, 5) else better(k + 1))
        (found,) = read(store)  # as the dashboard does, long after the model
    assert (found.audited.hits, found.audited.of) == (3, 4)
    assert (found.handed_over.hits, found.handed_over.of) == (2, 3)
    _, told = judge(run, audit=1.0)
    assert (told["audited"], told["handed_over"], told["judged"]) == ([3, 4], [2, 3], 0)
    assert main(["annotators", str(run.path)]) == 0
    assert "75% of 4" in capsys.readouterr().out


def test_what_people_and_the_model_say_is_fitted_together_and_the_model_can_be_left_out(
    make_run: MakeRun, server: Any, judge: Judge, true_mind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run, server.mind = make_run([None] * 4 + [SURE] * 8), true_mind
    judge(run)
    with Store.open(run.store_file) as store:
        for k, question in enumerate(store.put()[:4]):
            answer(store, question, better(k + 1))  # people want the opposite here, so that it can be seen
        assert len(store.preferences().target) == 12
        assert _learned(store) > 0.6, "eight answers against four"
        assert main(["annotators", str(run.path), "--exclude", MODEL]) == 0
        assert len(store.preferences().target) == 4
        assert _learned(store) < 0.2, "people's alone"
        assert len(store.free("ann", 20)) == 8, "what it had answered is open again"
    capsys.readouterr()
    assert main(["judge", str(run.path), "--model", MODEL, "--base-url", server.url, "--limit", "99"]) == 2
    assert f"{MODEL} is excluded: include them again" in capsys.readouterr().err


def _learned(store: Store) -> float:
    """How probable a reward model that is fitted to all answers finds it that the better clip is better."""
    batch, rng = store.preferences(), generator(0, "fit")
    states = torch.cat((batch.left, batch.right)).flatten(0, 1)
    config = RewardConfig(members=3)
    ensemble, _ = fit(batch, states, VisibleLayout((), ("worth", "nothing")), config, rng)
    worse, good = torch.tensor([-1.0, 0.0]).expand(1, 8, 2), torch.tensor([1.0, 0.0]).expand(1, 8, 2)
    return float(ensemble.probability(worse, good).mean())


def test_it_cannot_pass_for_a_person(
    make_run: MakeRun, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run([SURE])
    with Store.open(run.store_file) as store:
        store.register("ann")
    flags = ["--model", MODEL, "--base-url", server.url, "--name", "ann"]
    assert main(["judge", str(run.path), *flags]) == 2
    assert "'ann' is a person in this run: give the model another name, --name" in capsys.readouterr().err


# ---- bad input


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--base-url", "file:///etc/passwd"], "--base-url takes the http or https address"),
        (["--base-url", "127.0.0.1:8000"], "--base-url takes the http or https address"),
        (["--base-url", "http://me:secret@host/v1"], "leave name and password out of --base-url"),
        (["--audit", "1.5"], "--audit is a share from 0 to 1, got 1.5"),
        (["--audit", "nan"], "--audit is a share from 0 to 1"),
        (["--tokens", "0"], "--tokens must be at least 1, got 0"),
        (["--limit", "-1"], "--limit must be at least 1, got -1"),
        (["--timeout", "0"], "--timeout is above 0"),
        (["--temperature", "3"], "--temperature is from 0 to 2"),
        (["--model", ""], "--model takes what the server calls the model"),
    ],
)
def test_bad_input(tmp_path: Path, flags: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    usual = ["--model", MODEL, "--base-url", "http://127.0.0.1:1/v1"]
    assert main(["judge", str(tmp_path / "none"), *usual, *flags]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert told in last and "secret" not in last


def test_without_its_package_it_says_what_to_install(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("armchair.offers.extras._is_there", lambda module: module != "openai")
    flags = ["--model", MODEL, "--base-url", "http://127.0.0.1:1/v1"]
    assert main(["judge", str(make_run([SURE]).path), *flags]) == 2
    assert "pip install 'armchair[judge]'" in capsys.readouterr().err


def test_a_database_alone_is_not_enough(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--model", MODEL, "--base-url", "http://127.0.0.1:1/v1"]
    assert main(["judge", "postgresql://user@host/reach", *flags]) == 2
    assert "armchair judge takes a run's folder" in capsys.readouterr().err


@pytest.mark.gl
def test_a_run_of_the_arm_itself_is_judged_by_its_poses(tmp_path: Path, server: Any, judge: Judge) -> None:
    spec = resolve_task("reach")
    env = spec.make(2, EnvConfig(), record=True)
    try:
        env.reset(0)
        steps = [env.step(torch.tensor([[0.5] * env.action_dim, [-0.5] * env.action_dim])) for _ in range(6)]
    finally:
        env.close()
    poses = torch.stack([step.poses for step in steps if step.poses is not None])
    visible = torch.stack([step.visible for step in steps])
    acted, reward = torch.zeros(6, env.action_dim), torch.zeros(6)
    left, right = (Clip(new_id(), visible[:, k], acted, reward, poses[:, k], None, 0, k, 0) for k in range(2))
    run, asset = RunDir.create(tmp_path, "reach", {"task": "reach"}), spec.scene_asset(EnvConfig())
    assert asset is not None
    with Store.open(run.store_file) as store:
        store.board.put_asset(SCENE, asset, SCENE_TYPE)
        store.ask([Question(new_id(), left.id, right.id, "uniform", 0)], [left, right])
    server.mind = lambda request: server.said("neither")
    status, told = judge(run)
    assert (status, told["asked"], told["left"]) == (0, 1, {"alone": 1})
    one, two = server.requests[0].pictures
    assert one != two and one[:2] == two[:2] == b"\xff\xd8"
