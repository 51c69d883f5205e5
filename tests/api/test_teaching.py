"""Having something taught from a program: own teachers, moments, strategies, and going on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import armchair
from armchair.cli import main
from armchair.config.teach import TeachConfig
from armchair.errors import ConfigError, InvalidInput
from armchair.feedback.acquisition import Predictions
from armchair.store.rows.records import Record


def prefer(left: armchair.Clip, right: armchair.Clip) -> str:
    """The higher one."""
    return "left" if left["tool"][:, 2].mean() > right["tool"][:, 2].mean() else "right"


def height(clip: armchair.Clip) -> torch.Tensor:
    """The same as a score."""
    return clip["tool"][:, 2].mean()


def first_rows(predictions: Predictions, n: int, rng: torch.Generator) -> torch.Tensor:
    """A strategy of one's own."""
    return torch.arange(n)


def tensors(run: armchair.Run) -> dict[str, torch.Tensor]:
    from armchair.runs.folder import RunDir

    return RunDir.open(run.path).load("state")[0]


def same(one: armchair.Run, other: armchair.Run) -> bool:
    a, b = tensors(one), tensors(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_preference_and_the_score_behind_it_teach_the_same(short: TeachConfig, runs: Path) -> None:
    by_choice = armchair.teach(teacher=prefer, config=short, runs=runs).finish()
    by_score = armchair.teach("reach", teacher=height, config=short, runs=runs).finish()
    assert same(by_choice, by_score)
    for row in by_choice.answers.to_dict("records"):
        left, right = (by_choice.clips[row[side]] for side in ("left", "right"))
        assert row["choice"] == prefer(left, right)


def test_a_run_goes_on_as_it_is_iterated_and_is_done_in_the_end(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(teacher="oracle", config=short, runs=runs)
    updates: list[int] = []
    for progress in run:
        updates.append(progress.updates)
        if progress.updates == 2:
            assert run.policy.env_steps == progress.env_steps  # of this moment
            assert len(run.metrics) >= 2 and not run.finished
            break
    updates += [progress.updates for progress in run]
    assert updates == [1, 2, 3, 4, 5, 6] and run.finished
    assert (run.path / "summary.json").is_file() and list(run) == []
    at_once = armchair.teach(teacher="oracle", config=short, runs=runs)
    assert at_once.success is not None and at_once.finished and same(run, at_once)


def test_moments_are_told_in_their_order(short: TeachConfig, runs: Path) -> None:
    told: list[str] = []
    on: armchair.Moments = {
        "question": lambda asked: told.append(f"question {asked.left.id != asked.right.id}"),
        "answer": lambda record: told.append(f"answer {record.answer.choice in ('left', 'right')}"),
        "fit": lambda report: told.append(f"fit {report.answers}"),
        "update": lambda progress: told.append(f"update {progress.updates}"),
        "evaluation": lambda found: told.append(f"evaluation {found.episodes}"),
    }
    armchair.teach(teacher=height, config=short, on=on, runs=runs).finish()
    assert told[:2] == ["question True"] * 2 and told.count("question True") == 8
    assert told.count("answer True") == 8
    assert [one for one in told if one.startswith("fit")] == ["fit 4", "fit 6", "fit 8"]
    assert [one for one in told if one.startswith("update")] == [f"update {k}" for k in range(1, 7)]
    assert told.index("answer True") < told.index("fit 4") < told.index("update 1")
    assert sum(one.startswith("evaluation") for one in told) == 2


def test_a_callback_may_stop_the_run_and_one_that_fails_does_too(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(teacher="oracle", config=short, on={"update": lambda p: run.stop()}, runs=runs)
    assert [progress.updates for progress in run] == [1] and run.finished

    def fail(record: Record) -> None:
        raise LookupError("not today")

    failing = armchair.teach(teacher="oracle", config=short, on={"answer": fail}, runs=runs)
    with pytest.raises(LookupError, match="not today"):
        failing.finish()
    assert failing.finished
    for stopped in (run, failing):
        gone_on = armchair.resume(stopped.path).finish()
        assert len(gone_on.answers) == 8 and gone_on.metrics["updates"].iloc[-1] == 6


def test_a_strategy_of_ones_own_chooses(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(teacher="oracle", config=short, strategy=first_rows, runs=runs).finish()
    assert {"own"} < set(run.answers["strategy"]) <= {"own", "uniform", "diverse"}
    with pytest.raises(InvalidInput, match="different rows"):
        armchair.teach(
            teacher="oracle",
            config=short,
            strategy=lambda p, n, rng: torch.zeros(n, dtype=torch.int64),
            runs=runs,
        ).finish()


def test_a_run_with_functions_of_its_own_is_resumed_with_them(
    short: TeachConfig, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = armchair.teach(teacher=prefer, strategy=first_rows, config=short, runs=runs).finish()
    run = armchair.teach(teacher=prefer, strategy=first_rows, config=short, runs=runs)
    next(iter(run))
    run.stop()
    assert main(["resume", str(run.path)]) == 2
    line = capsys.readouterr().err
    assert f"armchair.resume('{run.path}', teacher=prefer, strategy=first_rows)" in line
    assert line.count("\n") == 1
    with pytest.raises(InvalidInput, match="give that as teacher="):
        armchair.resume(run.path)
    with pytest.raises(InvalidInput, match="give that as strategy="):
        armchair.resume(run.path, teacher=prefer)
    assert same(armchair.resume(run.path, teacher=prefer, strategy=first_rows).finish(), whole)


def test_a_run_without_them_takes_none(done: armchair.Run) -> None:
    with pytest.raises(InvalidInput, match="leave teacher= out"):
        armchair.resume(done.path, teacher=prefer)


def test_several_annotators_share_the_questions(short: TeachConfig, runs: Path) -> None:
    both = {"ann": prefer, "bob": "oracle"}
    whole = armchair.teach(teacher=both, config=short, runs=runs).finish()
    assert dict(whole.answers["annotator"].value_counts()) == {"ann": 4, "bob": 4}
    run = armchair.teach(teacher=both, config=short, runs=runs)
    next(iter(run))
    run.stop()
    with pytest.raises(InvalidInput, match="give that as teacher="):
        armchair.resume(run.path)
    assert same(armchair.resume(run.path, teacher=both).finish(), whole)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"teacher": "orakel"}, "did you mean 'oracle'"),
        ({"teacher": 3}, "a teacher is a name such as 'oracle', prefer"),
        ({"teacher": lambda: "left"}, "takes 0 arguments"),
        ({"teacher": "oracle", "task": lambda: None}, "must be a function at the top of a module"),
        ({"teacher": {}}, "several teachers are given by the annotators' names"),
        ({"teacher": "oracle", "on": {"fits": print}}, "did you mean 'fit'"),
        ({"teacher": "oracle", "on": {"fit": 3}}, r"on\['fit'\] must be a function"),
        ({"teacher": "oracle", "config": {"lables": 3}}, "did you mean queries.labels"),
        ({"teacher": "oracle", "task": "reech"}, "did you mean 'reach'"),
        ({"teacher": "oracle", "task": "reach", "labels": 0}, "labels must be at least 1"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    given: dict[str, object], expected: str, runs: Path
) -> None:
    with pytest.raises(armchair.ArmchairError, match=expected):
        armchair.teach(**{"task": "reach", "runs": runs, **given})  # pyright: ignore
    assert not runs.exists()


def test_a_teacher_that_gives_no_answer_is_told_what_there_is(short: TeachConfig, runs: Path) -> None:
    with pytest.raises(InvalidInput, match=r"must return one of left, right, tie, .* got 'yes'"):
        armchair.teach(teacher=lambda left, right: "yes", config=short, runs=runs).finish()
    with pytest.raises(InvalidInput, match="a score must be finite"):
        armchair.teach(teacher=lambda clip: float("nan"), config=short, runs=runs).finish()


def test_without_a_teacher_people_answer(short: TeachConfig, runs: Path) -> None:
    run = armchair.teach(config=short, runs=runs)
    run.stop()
    assert run.finished and "name: person" in (run.path / "config.yaml").read_text(encoding="utf-8")


def test_settings_by_key_go_over_the_preset(runs: Path) -> None:
    run = armchair.teach("reach", teacher="oracle", labels=8, config={"seed": 3, "updates": 2}, runs=runs)
    assert (run.config.seed, run.config.queries.labels, run.config.schedule.updates) == (3, 8, 2)
    grouped = armchair.teach(teacher="oracle", config={"task": "reach", "ppo": {"std": 0.5}}, runs=runs)
    assert grouped.config.ppo.std == 0.5
    with pytest.raises(ConfigError, match=r"config: unknown queries\.strategy 'none': valid: uniform"):
        armchair.teach("reach", teacher="oracle", config={"queries": {"strategy": "none"}}, runs=runs)
