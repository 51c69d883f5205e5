"""Configurations: what files may say, what is refused, flags over them, the way into a run and back."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from armchair.config.keys import UNGROUPED, flat
from armchair.config.points import flags_of_points
from armchair.config.read import (
    as_yaml,
    from_run,
    load_config,
    load_settings,
    preset_for,
    presets,
    task_of,
    with_flags,
)
from armchair.config.teach import FALLIBLE, FOREIGN_DEFAULTS, TeachConfig
from armchair.envs.spec import is_foreign
from armchair.errors import ConfigError, InvalidInput
from armchair.rewards.relations import CHOSEN
from armchair.runs.folder import RunDir
from armchair.tasks import TASKS

LABELS = TeachConfig().queries.labels
SKETCH = """\
env_name: BlockStacking-v0
ppo:
  learning_rate: 3e-4
  epochs: 10
  gamma: 0.99
  lam: 0.95
reward_model_path: trained_reward_model.pt
"""

_LINES = [f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join([f'*{chr(97 + k)}'] * 9)}]\n" for k in range(9)]
BOMB = "a: &a [1]\n" + "".join(_LINES)
MERGES = "a: &a {x: 1}\n" + "".join(line.replace("[", "{<<: [").replace("]", "]}") for line in _LINES)
"""Short texts that stand for 9^9 values, by aliases and by what is merged."""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_sketch_of_a_configuration_is_read_as_it_is(tmp_path: Path) -> None:
    assert yaml.safe_load(SKETCH)["ppo"]["learning_rate"] == "3e-4"  # a text, so the conversion is tested
    config, model = load_settings(write(tmp_path, SKETCH))
    assert config.task == "stack"
    assert model == Path("trained_reward_model.pt")
    ppo = config.ppo
    assert (ppo.learning_rate, ppo.epochs, ppo.gamma, ppo.lam) == (3e-4, 10, 0.99, 0.95)
    assert config == dataclasses.replace(TeachConfig(), task="stack", ppo=ppo)


@pytest.mark.parametrize("name", presets())
def test_a_preset_can_be_used_and_says_what_it_is_for(name: str) -> None:
    config = load_config(name)
    assert config.task in TASKS or is_foreign(config.task)
    source = Path(__file__).parents[2] / "src" / "armchair" / "config" / "presets" / f"{name}.yaml"
    assert re.match(r"# \w.*\.\n", source.read_text(encoding="utf-8"))


def test_where_people_answer_more_is_asked_and_more_members_vote() -> None:
    oracle, people = load_config("reach"), load_config("reach", people=True)
    assert people.queries.labels > oracle.queries.labels == 30
    assert people.reward.members > oracle.reward.members
    assert people.ppo == oracle.ppo
    # the last questions come while there are updates left to learn from them
    plan, asked = people.schedule, people.queries.labels - people.queries.first
    assert asked / plan.session * plan.session_every <= 0.8 * plan.updates
    bare = preset_for("gymnasium:Pusher-v5", people=True)
    assert bare == with_flags(FOREIGN_DEFAULTS, {"task": "gymnasium:Pusher-v5", **FALLIBLE})


def test_a_file_says_what_is_otherwise_where_people_answer(tmp_path: Path) -> None:
    path = write(tmp_path, "queries: {labels: 40}\nreward: {members: 7}\npeople: {labels: 80}\n")
    assert load_config(path).queries.labels == 40
    people = load_config(path, people=True)
    assert (people.queries.labels, people.reward.members) == (80, 7)  # what the file says goes over defaults


@pytest.mark.parametrize("people", [False, True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("people: {lables: 3}", "people: unknown key lables: did you mean queries.labels?"),
        (
            "people: {queries: {labels: 0}}",
            "people: queries.labels must be at least 1 and at most 1,000,000, got 0",
        ),
        ("people: 7", "people must be a section of keys and values, got 7"),
    ],
)
def test_what_is_wrong_for_people_is_said_in_any_case(
    tmp_path: Path, text: str, expected: str, people: bool
) -> None:
    with pytest.raises(ConfigError, match=re.escape(expected)):
        load_config(write(tmp_path, text), people=people)


def test_every_task_has_a_preset_of_its_own() -> None:
    assert {"block_stack", "pick_place", "push", "reach", "smoke"} <= set(presets())
    for task in TASKS:
        assert preset_for(task).task == task
    assert preset_for("stack") == load_config("block_stack")
    assert preset_for("push", "joint", "smoke") == load_config("smoke")
    assert preset_for("reach", "joint") == load_config("reach_joint")
    assert preset_for("gymnasium:Pusher-v5") == dataclasses.replace(
        FOREIGN_DEFAULTS, task="gymnasium:Pusher-v5"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("labls: 3", "unknown key labls: did you mean queries.labels? valid: task, seed, policy, env, "),
        (
            "queries: {updates: 3}",
            "did you mean schedule.updates or demonstrations.cloning.updates?",
        ),
        ("env: {labels: 3}", "unknown key env.labels: did you mean queries.labels? valid: engine, control, "),
        ("queries: {demos: no}", "unknown key queries.demos: did you mean demonstrations.source?"),
        ("source: scripted:3", "unknown key source: did you mean demonstrations.source? valid: task, "),
        ("cloning: {std: 1}", "unknown key cloning.std: did you mean "),
        ("labels: {}", "queries.labels must be a whole number such as 30, got {}"),
        ("queries: 3\nlabels: 3", "queries must be a section of keys and values, got 3"),
        ("env_nme: KukaReach-v0", "did you mean env_name?"),
        (
            "ppo: {learning_rte: 3}",
            "unknown key ppo.learning_rte: did you mean ppo.learning_rate? valid: hidden",
        ),
        ("ppo: {learning_rate: fast}", "ppo.learning_rate must be a number such as 0.001, got 'fast'"),
        ("ppo: {learning_rate: .nan}", "ppo.learning_rate must be a number such as 0.001, got nan"),
        ("ppo: {gamma: 1.5}", "ppo.gamma must be at least 0 and at most"),
        ("ppo: {hidden: 64}", "ppo.hidden must be a list such as [64, 64], got 64"),
        ("ppo: {hidden: [64, wide]}", "ppo.hidden[1] must be a whole number such as 64, got 'wide'"),
        ("ppo: {hidden: [0]}", "ppo.hidden must be at least 1 and at most 4,096, got 0"),
        ("ppo: {learning_rate_range: [1]}", "must be a list of 2 such as [0.0001, 0.003]"),
        ("ppo: 3", "ppo must be a section of keys and values, got 3"),
        ("reward: {inputs: rwa}", "reward.inputs cannot be 'rwa': did you mean 'raw'?"),
        ("reward: {drop: 2}", "reward.drop must be in [0, 1)"),
        ("labels: 3.5", f"queries.labels must be a whole number such as {LABELS}, got 3.5"),
        ("labels: true", f"queries.labels must be a whole number such as {LABELS}, got True"),
        ("labels: 0", "queries.labels must be at least 1 and at most 1,000,000, got 0"),
        ("same_start: 1", "queries.same_start must be true or false, got 1"),
        ("engine: no", "env.engine must be text such as mujoco, got False"),
        ("control: tol", "unknown env.control 'tol': did you mean 'tool'?"),
        ("task: raech", "unknown task 'raech': did you mean 'reach'?"),
        ("env_name: BlockStackin-v0", "did you mean 'BlockStacking-v0'?"),
        ("env_name: KukaReach-v0\ntask: reach", "has both task and env_name"),
        ("reward_model_path: 3", "reward_model_path must be text"),
        (f"first: {LABELS + 1}", f"queries.first must be at most queries.labels, {LABELS}"),
        ("clip_length: 51", "queries.clip_length must be at most 50"),
        ("- 1", "must hold keys and values"),
        ("a: [", "is not YAML"),
        ("num_envs: 1e9", "practice.num_envs must be at least 1 and at most 16,384, got 1,000,000,000"),
        ("rollout: 200000", "practice.rollout must be at least 1 and at most 100,000, got 200,000"),
        ("num_envs: 9000\nrollout: 9000", "num_envs times practice.rollout must be at most 4194304"),
        ("film_envs: 1e6", "queries.film_envs must be at least 1 and at most 1,024"),
        ("evaluate_episodes: 1e8", "evaluation.episodes must be at least 1 and at most 16,384"),
        ("clip_length: 1e9", "queries.clip_length must be at least 1 and at most 100,000"),
        ("labels: 1" + "0" * 17, "queries.labels must be at least 1 and at most 1,000,000"),
        ("seed: 1e18", "seed must be at least 0 and at most 1,000,000,000,000,000"),
        ("ppo: {hidden: [64, 1000000]}", "ppo.hidden must be at least 1 and at most 4,096"),
        (f"ppo: {{hidden: {[8] * 17}}}", "ppo.hidden must have at most 16 layers, got 17"),
        ("ppo: {minibatch: 1e12}", "ppo.minibatch must be at least 1 and at most 4,194,304"),
        ("reward: {members: 1000000}", "members must be at least 1 and at most 1000"),
        ("reward: {members: 1000, hidden: 4096}", "members times hidden squared must be at most"),
        ("reward: {epochs: 1e12}", "epochs must be at most 1e+06"),
        ("demonstrations: {implicit: {beats: 1000000000}}", "beats from 0 to 100000"),
        ("demonstrations: {cloning: {minibatch: 1000000000}}", "minibatch from 1 to 4194304"),
        ("env: {horizon: 1e9}", "env.horizon must be at least 0 and at most 100,000"),
        ("threads: 1e9", "env.threads must be at least 0 and at most 1,024"),
        ("labels: " + "9" * 10_000, "Exceeds the limit"),
        ("labels: 0x" + "f" * 100, "a whole number that is beyond 64 bits"),
        ("a: " + "[" * 5000, "inside each other more than 64 deep"),
        ("- " * 5000, "inside each other more than 64 deep"),
        (BOMB, "more than 20000 values"),
        (MERGES, "more than 20000 values"),
        ("labels: &a [*a]", "inside each other more than 64 deep"),
        ("labels: 2020-01-01", "has a date, of which nothing is made: quote it"),
        ("task: " + "x" * 70_000, "at most 65536 are read"),
        ('task: "\\ud800"', "text that is no Unicode"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_file_and_what_would_be_right(
    text: str, expected: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(path)
    assert expected in str(caught.value)


def test_numbers_may_be_written_as_texts_and_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "labels: 1e2\nppo:\n  clip: '0.1'\nreward:\n"))
    assert (config.queries.labels, config.ppo.clip) == (100, 0.1)
    assert isinstance(config.queries.labels, int)
    assert load_config(write(tmp_path, "# nothing\n")) == TeachConfig()


@pytest.mark.parametrize(
    ("name", "hint"),
    [("block_stak", "did you mean block_stack?"), ("nowhere/smoke.yaml", "did you mean smoke?")],
)
def test_a_file_that_does_not_exist_names_the_presets(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"no preset {name!r}: {hint} presets: block_stack, ")):
        load_config(name)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(str(tmp_path))


@pytest.mark.parametrize(
    ("env_name", "task"),
    [
        ("KukaReach-v0", "reach"),
        ("armchair/KukaPickPlace-v0", "pick_place"),
        ("RobotArmReach-v0", "gymnasium:armchair/RobotArmReach-v0"),
        ("Pendulum-v1", "gymnasium:Pendulum-v1"),
    ],
)
def test_an_environments_id_stands_for_a_task(env_name: str, task: str) -> None:
    assert task_of(env_name) == task


def test_flags_go_over_a_file_and_those_not_given_do_not() -> None:
    base = load_config("push")
    flags = {"seed": 7, "engine": None, "reward.inputs": "raw", "ppo.hidden": [32]}
    config = with_flags(base, flags)
    assert (config.seed, config.env.engine, config.queries.labels) == (
        7,
        base.env.engine,
        base.queries.labels,
    )
    assert (config.reward.inputs, config.ppo.hidden, config.ppo.epochs) == ("raw", (32,), base.ppo.epochs)
    assert with_flags(base, {"labels": 12}).queries.first == 12  # not more than were asked for
    assert with_flags(base, {"labels": 90}).queries.first == base.queries.first
    with pytest.raises(ConfigError, match="the command line: labels must be at least 1 and at most 1,0"):
        with_flags(base, {"labels": 0})


def test_a_run_gives_back_the_configuration_it_was_made_with(tmp_path: Path) -> None:
    changes = {
        "seed": 3,
        "ppo.learning_rate": 3e-5,
        "reward.chosen": ["tool-goal:way"],
        "reward.inputs": "chosen",
    }
    config = with_flags(load_config("block_stack"), changes)
    run = RunDir.create(tmp_path, "stack", {"command": "teach", **as_yaml(config)})
    assert from_run(RunDir.open(run.path).config()) == config
    with pytest.raises(ConfigError, match=r"config.yaml: unknown key ppo.gama"):
        from_run({"ppo": {"gama": 1}})


def test_chosen_inputs_are_those_of_the_task_unless_named() -> None:
    config = with_flags(load_config("push"), {"reward.inputs": "chosen"})
    assert config.reward.chosen == CHOSEN["push"]
    named = with_flags(load_config("push"), {"reward.inputs": "chosen", "reward.chosen": ["tool:height"]})
    assert named.reward.chosen == ("tool:height",)
    with pytest.raises(ConfigError, match="none are known for gymnasium:Pendulum-v1"):
        with_flags(load_config("pendulum"), {"reward.inputs": "chosen"})


def test_every_name_without_a_group_leads_to_a_setting_of_its_own() -> None:
    known = dict(flat(as_yaml(TeachConfig())))
    places = set(known) | {key.rpartition(".")[0] for key in known}
    assert set(UNGROUPED.values()) <= places
    assert len(set(UNGROUPED.values())) == len(UNGROUPED)


OLD = """\
task: reach
engine: mujoco
labels: 6
first: 4
session: 2
num_envs: 8
evaluate_every: 1
evaluate_episodes: 8
demos: scripted:2
starts: 0.5
clone: {updates: 50, learning_rate: 2e-3}
free:
reward:
  min_updates: 5
"""
NEW = """\
task: reach
env: {engine: mujoco}
queries: {labels: 6, first: 4}
schedule: {session: 2}
practice: {num_envs: 8}
demonstrations: {source: scripted:2, starts: 0.5, cloning: {updates: 50, learning_rate: 0.002}}
evaluation: {every: 1, episodes: 8}
reward: {min_updates: 5}
"""


def test_a_file_from_before_there_were_groups_says_the_same_and_is_told_what_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = load_config(write(tmp_path, NEW))
    assert capsys.readouterr().err == ""
    path = write(tmp_path, OLD)
    assert load_config(path) == load_config(path) == new
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path}: engine is env.engine now, labels is queries.labels now, first is" in line
    assert "evaluate_every is evaluation.every now" in line and "free is demonstrations.implicit now" in line
    assert "task" not in line and "reward" not in line


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("labels: 40\nqueries: {labels: 40}", "both labels and queries.labels"),
        ("queries: {first: 4, labels: 40}\nlabels: 50", "both queries.labels and labels"),
        ("demonstrations: {cloning: {std: 0.2}}\nclone: {std: 0.2}", "cloning.std and clone.std"),
    ],
)
def test_a_setting_by_its_old_and_its_new_name_is_refused(text: str, both: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(both)) as caught:
        load_config(write(tmp_path, text))
    assert "leave one out" in str(caught.value)


TRAINED = {"task": "push", "seed": 3, "policy": "runs/push-001", "env.control": "joint", "env.motion": True}
TRAINED |= {"practice.num_envs": 16, "practice.rollout": 64, "ppo.hidden": [128, 128], "ppo.gamma": 0.9}


@pytest.mark.parametrize(
    ("command", "expected"),
    [("teach", load_config("pick_place_demos")), ("train", with_flags(TeachConfig(), TRAINED))],
)
def test_a_run_from_before_there_were_groups_is_read_in_silence(
    command: str, expected: TeachConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(__file__).with_name(f"{command}_before_groups.yaml")
    assert from_run(yaml.safe_load(file.read_text(encoding="utf-8"))) == expected
    assert capsys.readouterr().err == ""


def test_points_are_a_table_with_names_of_ones_own(tmp_path: Path) -> None:
    text = "task: my:arm\nenv:\n  points: {hand: 0, aim: site:goal}\n  scalars: {gap: 3}\n  motion: true\n"
    config = load_config(write(tmp_path, text))
    assert config.env.points == {"hand": 0, "aim": "site:goal"}
    assert config.env.scalars == {"gap": 3}
    assert from_run(as_yaml(config)) == config
    over = with_flags(config, flags_of_points(["tip=4", "aim=body:a=b"], []))
    assert over.env.points == {"tip": 4, "aim": "body:a=b"}  # all anew, in the place of the file's
    assert over.env.scalars == {"gap": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "task: my:arm\nenv: {points: {hand: true}}",
            "env.points.hand must be a number of the observation or",
        ),
        (
            "task: my:arm\nenv: {points: {hand: [0, 1]}}",
            "env.points.hand must be a number of the observation",
        ),
        ("task: my:arm\nenv: {points: [0, 4]}", "env.points must be {hand: 0, goal: 7}, got [0, 4]"),
        ("task: my:arm\nenv: {scalars: {gap: 0.5}}", "env.scalars.gap must be a number of the observation"),
        ("task: my:arm\nenv: {points: {hand: grip}}", "env.points.hand cannot be 'grip': valid: 0,"),
        (
            "task: my:arm\nenv: {scalars: {hand: site:a}}",
            "env.scalars.hand cannot be 'site:a': valid: 0, KEY[0],",
        ),
        ("task: my:arm\nenv: {point: {hand: 0}}", "unknown key env.point: did you mean env.points?"),
    ],
)
def test_points_that_mean_nothing_are_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(write(tmp_path, text))


def test_points_on_the_command_line_have_a_name_and_a_place() -> None:
    for word in ("hand", "=4", "hand="):
        with pytest.raises(InvalidInput, match=rf"--points takes NAME=SOURCE, such as .* got '{word}'"):
            flags_of_points([word], [])


def test_a_preset_may_be_for_all_that_a_module_has() -> None:
    drawer = preset_for("metaworld:drawer-open-v3")
    assert (drawer.env.repeat, drawer.env.horizon, drawer.queries.wander) == (3, 50, "points")
    assert preset_for("gymnasium_robotics:FetchReach-v4").queries.labels == 30
    assert preset_for("gymnasium_robotics:FetchSlide-v4").queries == FOREIGN_DEFAULTS.queries
